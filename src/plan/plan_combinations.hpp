#pragma once

#include <fedasio/plan/plan.hpp>
#include <fedasio/text/json_field.hpp>

namespace fedasio::plan {

/// Refuses what no single key shows to be wrong: throws text::field_error, with the place below `root`, the
/// reason and the remedy.
void check_together(const plan& what, const text::json_field& root);

} // namespace fedasio::plan
