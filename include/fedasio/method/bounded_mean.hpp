#pragma once

#include <fedasio/method/aggregate.hpp>

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <vector>

namespace fedasio::method {

/// The exact mean of a round's updates without those that are out of all proportion (norm bounding, after Sun
/// et al., "Can you really backdoor federated learning?", 2019, but against the round's own median): so that
/// no single client can throw the model away by weights that are merely finite.
///
/// An update counts if its norm ||update - base|| over its allowance is at most `factor` times the median
/// norm of all updates that came (of an even number the lower one), or at most an eighth of ||base||: what
/// moves the model so little cannot spoil it. Both are rounded up to a power of two, so that what counts is
/// known by the exponent alone: updates of one exponent are added to one sum as they come, and sums that do
/// not count are forgotten at the end. So the result depends neither on the order of arrival nor on what was
/// left out, and no update is kept.
///
/// Of one or two updates both count: their median says nothing. At least half of all that came always counts.
///
/// Memory: 8 bytes a parameter for all updates within an eighth of ||base||, and as many for each power of
/// two above it that occurs, of which 15 are told apart. Not thread-safe.
class bounded_mean {
public:
    /// Why an update was left out.
    struct left_out {
        std::size_t place = 0;
        double norm = 0;
        double median = 0; ///< of all that came
        double base = 0;   ///< the norm of the base
    };

    /// `base` is used until settle(). `factor` is a power of two; none: every update counts. Throws
    /// std::invalid_argument as exact_mean does.
    bounded_mean(std::span<const float> base, std::uint64_t max_total_weight,
                 std::optional<std::uint32_t> factor);

    /// As exact_mean::add. `place` names the update; `allowance` (at least 1) is how many times as far as
    /// others it may honestly go.
    [[nodiscard]] std::optional<rejection> add(std::size_t place, std::span<const float> values,
                                               std::uint64_t weight, double allowance = 1);

    /// Leaves out what is out of proportion, and says what. Call it once, when all have come.
    std::vector<left_out> settle();

    /// Of what counts; before settle() of all that came.
    [[nodiscard]] std::uint64_t updates() const;
    [[nodiscard]] std::uint64_t total_weight() const;
    /// After settle(), as exact_mean::result.
    void result(std::span<float> out) const;

private:
    struct arrival {
        std::size_t place = 0;
        double norm = 0;
        int step = 0;
    };

    [[nodiscard]] int step_of(double norm) const;

    std::span<const float> base_;
    std::uint64_t max_total_weight_;
    std::optional<std::uint32_t> factor_;
    float bound_;
    double base_norm_ = 0;
    int lowest_exponent_ = 0;
    std::vector<arrival> arrivals_;
    std::map<int, exact_mean> sums_; ///< by powers of two above the lowest exponent
};

/// ||one - other||, the same on every machine of an instruction set.
[[nodiscard]] double distance(std::span<const float> one, std::span<const float> other);

} // namespace fedasio::method
