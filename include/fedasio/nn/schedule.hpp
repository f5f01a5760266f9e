#pragma once

#include <cstdint>

namespace fedasio::nn {

/// How the learning rate changes from round to round: it is optimizer_spec::learning_rate times
/// factor(schedule, round). With t = round - 1, the number of rounds before:
///
///  - `constant`     1
///  - `step`         factor^floor(t / every)
///  - `exponential`  factor^t
///  - `cosine`       minimum + (1 - minimum) (1 + cos(pi min(t, rounds) / rounds)) / 2
///                   (Loshchilov and Hutter, 2017, without restarts)
///
/// All are 1 in the first round and never grow. A member that the kind does not use is not looked at.
struct schedule {
    enum class kind { constant, step, exponential, cosine };

    kind type = kind::constant;
    double factor = 1.0;     ///< `step`, `exponential`: for each change; above 0, at most 1
    std::uint32_t every = 1; ///< `step`: rounds from one change to the next; at least 1
    std::uint32_t rounds =
        1;                ///< `cosine`: rounds until `minimum` is reached, in round rounds + 1; at least 1
    double minimum = 0.0; ///< `cosine`: what remains in the end; at least 0, at most 1

    friend bool operator==(const schedule&, const schedule&) = default;
};

/// What the learning rate of a round is multiplied by: at most 1, and at least 0, which `cosine` reaches if
/// its minimum is 0, and a power may round to. Rounds count from 1. A power is made of multiplications alone,
/// so it has the same bits everywhere; a cosine is the C library's.
///
/// Throws std::invalid_argument when the round is 0 or a number that the kind uses is out of range, and says
/// which.
[[nodiscard]] double factor(const schedule& schedule, std::uint32_t round);

} // namespace fedasio::nn
