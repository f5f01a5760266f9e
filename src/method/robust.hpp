#pragma once

#include "method/arrays.hpp"
#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace fedasio::method {

/// A rule that looks at every update of the round, and at nothing but their values: clients count alike.
class robust_rule : public strategy {
public:
    [[nodiscard]] intake takes() const override { return intake::all; }

protected:
    /// Throws std::invalid_argument if there are fewer updates than fewest_updates().
    void require_updates(const gathered_round& round) const;
};

/// next = rule(the values of one parameter in all updates), parameter by parameter. `rule` may reorder them.
void by_coordinate(const gathered_round& round, std::span<float> next,
                   const std::function<double(std::span<float> values)>& rule);

/// Of an even number the mean of the middle two. Reorders the values.
[[nodiscard]] double median_of(std::span<float> values);

/// next = the plain mean of these updates.
void take_mean_of(const gathered_round& round, const std::vector<std::size_t>& chosen, std::span<float> next);

/// Adds up what `work` gives for each block, `count` numbers at a time, in the order of the blocks.
[[nodiscard]] std::vector<double>
sum_over_blocks(const gathered_round& round, std::size_t count,
                const std::function<void(const block&, std::span<double>)>& work);

/// ||y - z||^2 of every update y.
[[nodiscard]] std::vector<double> squared_distances_to(const gathered_round& round,
                                                       std::span<const double> z);

/// Krum: Blanchard et al., "Machine learning with adversaries: Byzantine tolerant gradient descent", NeurIPS
/// 2017. The score of an update is the sum of the n - f - 2 smallest squared distances to others, of n.
class krum_scores {
public:
    krum_scores(const gathered_round& round, std::uint32_t f);

    /// One of each of these updates, in their order.
    [[nodiscard]] std::vector<double> of(const std::vector<std::size_t>& updates) const;
    /// The `count` best of all, best first; of equal ones the lower client.
    [[nodiscard]] std::vector<std::size_t> best(std::size_t count) const;

private:
    std::size_t clients_;
    std::uint32_t f_;
    std::vector<double> squared_; ///< distances, clients_ x clients_
};

/// All that are not among `chosen`, by client.
[[nodiscard]] std::vector<passed_over>
all_but(const gathered_round& round, const std::vector<std::size_t>& chosen, const std::string& reason);

} // namespace fedasio::method
