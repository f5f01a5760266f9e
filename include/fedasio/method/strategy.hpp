#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace fedasio::method {

/// How updates become the next global weights. `fedavg`: their mean, weighted by samples (McMahan et al.,
/// 2017). `fedavgm`: server momentum over that mean (Hsu et al., 2019).
struct strategy_spec {
    enum class kind { fedavg, fedavgm };

    kind type = kind::fedavg;
    double server_learning_rate = 1.0; ///< fedavgm only
    double server_momentum = 0.9;      ///< fedavgm only
};

/// The clients of a round, ascending: max(1, round(fraction * clients)) of those `available`, or all of these
/// if they are fewer. Drawn without replacement by random_stream(seed, purpose::cohort, round): all of the
/// plan's `clients` are put in an order that depends on nothing else, and the first available ones are taken.
/// So a client that is away changes the choice only where it would have been chosen itself.
///
/// `available` must be ascending without repetition and below `clients`, 0 < fraction <= 1:
/// std::invalid_argument.
[[nodiscard]] std::vector<std::uint32_t> select_cohort(std::span<const std::uint32_t> available,
                                                       std::uint32_t clients, double fraction,
                                                       std::uint64_t seed, std::uint32_t round);

/// Turns the mean of a round's updates into the next global weights. Not thread-safe.
class server_optimizer {
public:
    server_optimizer(const strategy_spec& spec, std::size_t parameters);

    /// `fedavg`: next = mean, bit for bit. `fedavgm`: v = momentum * v + (current - mean); next = current -
    /// learning_rate * v, computed in double, v and next kept in float. `next` may be `current` or `mean`.
    /// Throws std::invalid_argument unless all three have as many values as there are parameters, and
    /// std::overflow_error if a value of v or next is not finite: then v is as before, and `next` of no use.
    void apply(std::span<const float> current, std::span<const float> mean, std::span<float> next);

    /// Takes the last `apply` back: v is what it was before. Once.
    void undo() { velocity_.swap(spare_); }

    /// What a checkpoint must keep, empty for `fedavg`, else v. Writable, so that a checkpoint can be
    /// restored.
    [[nodiscard]] std::span<float> state() { return velocity_; }

    [[nodiscard]] std::span<const float> state() const { return velocity_; }

private:
    strategy_spec spec_;
    std::size_t parameters_;
    std::vector<float> velocity_;
    std::vector<float> spare_; ///< the velocity before the last step
};

} // namespace fedasio::method
