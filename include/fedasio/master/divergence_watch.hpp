#pragma once

#include <fedasio/net/buffer.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace fedasio::master {

/// Notices a training that leads nowhere: for five rounds in a row the typical client has lost over a hundred
/// times what it lost when the training began, or what guessing costs if that is more. So a spike is none,
/// nor is one client that says nonsense. Keeps the weights from which clients trained well the last time.
class divergence_watch {
public:
    static constexpr int rounds_in_a_row = 5;
    static constexpr double factor = 100;

    /// A training begins with these weights. `guessing` is the loss of who knows nothing; 0: unknown.
    void begin(double guessing, std::uint32_t round, net::payload weights);
    /// A round is finished, in which clients lost this much with the weights `base`; infinity for those whose
    /// training gave no numbers.
    void take(std::uint32_t round, std::vector<double> losses, const net::payload& base);

    /// The weights may be on their way to nowhere: nothing that should be kept.
    [[nodiscard]] bool is_suspicious() const noexcept { return in_a_row_ > 0; }

    [[nodiscard]] bool has_diverged() const noexcept { return in_a_row_ >= rounds_in_a_row; }

    /// The good weights are in force again.
    void calm() noexcept { in_a_row_ = 0; }

    [[nodiscard]] const net::payload& good_weights() const noexcept { return good_; }

    /// The number of the round after which these were the weights.
    [[nodiscard]] std::uint32_t good_round() const noexcept { return good_round_; }

    /// The sentence on why.
    [[nodiscard]] std::string reason() const;

private:
    double level_ = 0;
    double loss_ = 0; ///< of the typical client in the last round
    int in_a_row_ = 0;
    bool has_begun_ = false;
    std::uint32_t good_round_ = 0;
    net::payload good_;
};

} // namespace fedasio::master
