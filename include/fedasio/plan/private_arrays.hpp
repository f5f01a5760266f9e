#pragma once

#include <fedasio/nn/model_arrays.hpp>

#include <span>
#include <string>
#include <string_view>

namespace fedasio::plan {

/// A name by which a client's state holds its private arrays: all of them, one after the other.
inline constexpr std::string_view private_state = "private";

/// The same arrays, where those that `names` (the plan's `model.private`) match stay at the client, and no
/// others. In a name `*` stands for any text, which may be empty. Throws std::invalid_argument, for people,
/// for a name that matches no array, and where nothing would be left to learn together.
[[nodiscard]] nn::model_arrays with_private(const nn::model_arrays& all, std::span<const std::string> names);

/// Copies the values of the arrays `from` to where the same arrays lie in `to`.
void rearrange(const nn::model_arrays& from, std::span<const float> values, const nn::model_arrays& to,
               std::span<float> into);

} // namespace fedasio::plan
