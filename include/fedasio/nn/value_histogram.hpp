#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace fedasio::nn {

/// How often a regression's outputs came out how far from which targets: a histogram in two dimensions, whose
/// counts of two sets of samples add up to those of both, whoever counted. It is made for targets of mean 0
/// and deviation 1: each axis has 24 bins of width 0.25 from -3 to 3, and what lies beyond them stands in the
/// first and the last. A bin holds its lower edge.
class value_histogram {
public:
    static constexpr std::size_t bins = 24; ///< of each axis
    static constexpr std::size_t most_cells = bins * bins;
    static constexpr double lowest = -3; ///< edge of the first bin
    static constexpr double width = 0.25;

    /// Samples that are counted together.
    struct cell {
        std::uint32_t place = 0; ///< bins * the target's bin + the output's bin
        std::uint64_t count = 0;

        friend bool operator==(const cell&, const cell&) = default;
    };

    /// What is no number stands in the first bin.
    void count(double output, double target) noexcept;
    /// The cells lie within most_cells.
    void add(std::span<const cell> cells) noexcept;
    void add(const value_histogram& other) noexcept;

    /// The cells with a sample in them, in the order of their places.
    [[nodiscard]] std::vector<cell> occupied() const;

private:
    std::array<std::uint64_t, most_cells> counts_{};
};

/// The least that the sum of squared errors of such samples can be: of two values so many bins apart.
[[nodiscard]] double least_squares(std::span<const value_histogram::cell> cells) noexcept;

} // namespace fedasio::nn
