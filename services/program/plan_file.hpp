#pragma once

#include <fedasio/plan/plan.hpp>

#include <filesystem>

namespace fedasio::program {

/// A plan whose model can be built, as far as that is known without the data; a mistake in it is said before
/// anything is opened. Throws std::exception.
plan::plan read_checked_plan(const std::filesystem::path& file, bool has_evaluator = false);

} // namespace fedasio::program
