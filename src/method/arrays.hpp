#pragma once

#include <fedasio/method/round_sum.hpp>
#include <fedasio/method/strategy.hpp>

#include <Eigen/Core>

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

// What strategies are written in: the values of a block as arrays of double, so that a step reads like the
// equations of its paper. Element by element: bits do not depend on the blocks.
namespace fedasio::method {

using array = Eigen::ArrayXd;

/// Of a block of the round's sum.
[[nodiscard]] array mean(const gathered_round& round, const block& part);
/// The mean minus x, before anything was rounded.
[[nodiscard]] array direction(const gathered_round& round, const block& part);
[[nodiscard]] array channel_mean(const gathered_round& round, std::size_t number, const block& part);

[[nodiscard]] array load(std::span<const float> from, const block& part);
/// Rounds to float32. Throws std::overflow_error, with `what` in its text, if a value is then not finite.
void store(const array& values, std::span<float> to, const block& part, std::string_view what);

/// An entry of the state; if it is not there or of another size, it is made of `size` values `first`.
std::vector<float>& entry(std::map<std::string, std::vector<float>>& state, const std::string& name,
                          std::size_t size, float first = 0);

/// next = the round's mean.
void take_mean(const gathered_round& round, std::span<float> next);

} // namespace fedasio::method
