#pragma once

#include <fedasio/text/json_field.hpp>

#include <span>
#include <string>
#include <string_view>

/// What people mean who know the words of another framework, or write a key of the plan into the wrong
/// object.
namespace fedasio::plan {

/// The remedy for a key that the object at hand does not take, `here` being those that it takes: "did you
/// mean `units`?", "write `learning_rate` in local.optimizer". Empty if no key of the plan comes near.
[[nodiscard]] std::string remedy_for_key(std::string_view key, std::span<const std::string_view> here);

/// The same for a word that is none of the choices.
[[nodiscard]] std::string remedy_for_choice(std::string_view word, std::span<const std::string_view> choices);

/// Both, for the readers of plans.
extern const text::word_help plan_words;

} // namespace fedasio::plan
