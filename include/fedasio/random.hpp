#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <utility>

namespace fedasio {

/// What a random stream is drawn for. The number is part of the stream's key: never renumber.
enum class purpose : std::uint32_t {
    weights = 1,      ///< initial weights of the model
    partition = 2,    ///< how samples are dealt to clients
    cohort = 3,       ///< which clients take part in a round
    shuffle = 4,      ///< order of a client's samples in a local epoch
    dropout = 5,      ///< dropout masks of a client in a round
    holdout = 6,      ///< which local samples are held out for evaluation
    augmentation = 7, ///< how a client varies its images in a round
};

/// What a stream is drawn for in one of several passes that a client makes over its data in one round
/// (`shuffle`, `dropout` and `augmentation`): the pass, from 0, times 65536 is added to the purpose's number.
/// So pass 0 is the purpose itself. `pass` is at most 65535.
[[nodiscard]] constexpr purpose in_pass(purpose what, std::uint32_t pass) noexcept {
    return static_cast<purpose>(static_cast<std::uint32_t>(what) + (pass << 16U));
}

/// A counter-based stream of random numbers (Philox4x32-10, Salmon et al., "Parallel random numbers: as easy
/// as 1, 2, 3", SC 2011). The stream is a pure function of its key (seed, purpose, round, client): any client
/// on any worker draws the same numbers, whatever was drawn before elsewhere. Every draw below is defined by
/// this class alone, not by a standard library's distributions, so the numbers are the same on every
/// platform.
///
/// Satisfies UniformRandomBitGenerator. Copying copies the position. Not thread-safe; streams are cheap (64
/// bytes).
class random_stream {
public:
    using result_type = std::uint32_t;

    random_stream(std::uint64_t seed, purpose what, std::uint32_t round = 0,
                  std::uint32_t client = 0) noexcept;

    static constexpr result_type min() { return 0; }

    static constexpr result_type max() { return 0xffffffffU; }

    /// 32 uniform bits.
    result_type operator()() noexcept;
    /// The next words, as by so many calls, but several times as fast.
    void fill(std::span<std::uint32_t> words) noexcept;
    /// Uniform in [0, bound), without bias. `bound` must not be 0.
    std::uint32_t below(std::uint32_t bound) noexcept;
    /// Uniform in [0, 1), 24 bits.
    float uniform() noexcept;
    /// Uniform in [0, 1), 53 bits.
    double uniform_double() noexcept;
    /// Standard normal (Box-Muller, one value a call).
    double normal() noexcept;
    /// Gamma(shape, 1) by Marsaglia and Tsang (2000); `shape` > 0.
    double gamma(double shape) noexcept;

    /// Fisher-Yates.
    template <class T>
    void shuffle(std::span<T> items) noexcept {
        for (std::size_t i = items.size(); i > 1; --i) {
            std::swap(items[i - 1], items[below(static_cast<std::uint32_t>(i))]);
        }
    }

private:
    [[nodiscard]] std::array<std::uint32_t, 4> block(std::uint32_t number) const noexcept;

    std::array<std::uint32_t, 2> key_;
    std::array<std::uint32_t, 4> counter_;
    std::array<std::uint32_t, 4> block_{};
    unsigned used_ = 4;
};

} // namespace fedasio
