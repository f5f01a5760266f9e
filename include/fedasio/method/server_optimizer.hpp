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
