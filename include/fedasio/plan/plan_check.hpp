#pragma once

#include <fedasio/plan/plan.hpp>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace fedasio::plan {

/// What is wrong with a plan's text, and where.
struct plan_fault {
    std::string path;    ///< such as `model.layers[2].units`; empty if the text is no JSON
    std::string message; ///< without the path
    // Of the key that is wrong, or else of the object that lacks it; from 1, columns in bytes.
    std::size_t line = 1;
    std::size_t column = 1;
};

struct plan_check {
    std::optional<plan> sound;
    plan_fault fault; ///< when there is no sound plan
    std::string note; ///< of a sound one, for people: memory_note(), where the parameters are known
};

/// Reads a plan as parse_checked_plan() does, for an editor. Never throws for what stands in the text.
[[nodiscard]] plan_check check_plan(std::string_view text, bool has_evaluator = false);

/// The keys of a plan with their types, ranges, defaults and a line of text each, as JSON
/// (`docs/api.md#schema`).
[[nodiscard]] std::string_view plan_schema();

} // namespace fedasio::plan
