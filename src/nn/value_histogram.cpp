#include <fedasio/nn/value_histogram.hpp>

#include <algorithm>

namespace fedasio::nn {
namespace {

std::size_t bin_of(double value) noexcept {
    constexpr double last = value_histogram::bins - 1;
    const double place = (value - value_histogram::lowest) / value_histogram::width;
    return place >= 0 ? static_cast<std::size_t>(std::min(place, last)) : 0; // nor is a NaN
}

} // namespace

void value_histogram::count(double output, double target) noexcept {
    ++counts_[bins * bin_of(target) + bin_of(output)];
}

void value_histogram::add(std::span<const cell> cells) noexcept {
    for (const auto& [place, samples] : cells) {
        counts_[place] += samples;
    }
}

void value_histogram::add(const value_histogram& other) noexcept {
    for (std::size_t i = 0; i < most_cells; ++i) {
        counts_[i] += other.counts_[i];
    }
}

std::vector<value_histogram::cell> value_histogram::occupied() const {
    std::vector<cell> cells;
    for (std::size_t place = 0; place < most_cells; ++place) {
        if (counts_[place] > 0) {
            cells.push_back({static_cast<std::uint32_t>(place), counts_[place]});
        }
    }
    return cells;
}

double least_squares(std::span<const value_histogram::cell> cells) noexcept {
    constexpr std::size_t bins = value_histogram::bins;
    double sum = 0;
    for (const auto& [place, samples] : cells) {
        const auto [low, high] = std::minmax({place / bins, place % bins});
        const auto between = high > low ? high - low - 1 : 0;
        const double apart = value_histogram::width * static_cast<double>(between);
        sum += apart * apart * static_cast<double>(samples);
    }
    return sum;
}

} // namespace fedasio::nn
