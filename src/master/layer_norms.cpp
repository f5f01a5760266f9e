#include "master/layer_norms.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <numeric>
#include <vector>

namespace fedasio::master {
namespace {

/// Sums of squares, in lanes that the compiler turns into vectors.
class square_sums {
public:
    void add(std::span<const float> before, std::span<const float> after) {
        const auto whole = after.size() / lanes * lanes;
        for (std::size_t i = 0; i < whole; i += lanes) {
            for (std::size_t k = 0; k < lanes; ++k) {
                add(k, before[i + k], after[i + k]);
            }
        }
        for (std::size_t i = whole; i < after.size(); ++i) {
            add(i % lanes, before[i], after[i]);
        }
    }

    [[nodiscard]] double weights() const { return length(weights_); }

    [[nodiscard]] double update() const { return length(update_); }

private:
    static constexpr std::size_t lanes = 16;
    using sums = std::array<double, lanes>;

    void add(std::size_t lane, float before, float after) {
        const double now = after;
        const double change = now - before;
        weights_[lane] += now * now;
        update_[lane] += change * change;
    }

    static double length(const sums& squares) {
        return std::sqrt(std::accumulate(squares.begin(), squares.end(), 0.0));
    }

    sums weights_{};
    sums update_{};
};

/// How many units no weight into them was moved of. A row of the array holds one weight of each.
std::uint32_t still_units(std::size_t units, std::span<const float> before, std::span<const float> after) {
    std::vector<std::uint32_t> moves(units);
    for (std::size_t row = 0; row < after.size(); row += units) {
        for (std::size_t unit = 0; unit < units; ++unit) {
            moves[unit] |= after[row + unit] != before[row + unit] ? 1U : 0U;
        }
    }
    return static_cast<std::uint32_t>(std::ranges::count(moves, 0U));
}

layers_measured::one measure(const nn::model_array& array, bool ends_in_units, std::span<const float> before,
                             std::span<const float> after) {
    before = before.subspan(array.offset, array.size);
    after = after.subspan(array.offset, array.size);
    square_sums squares;
    squares.add(before, after);
    layers_measured::one result{array.name, squares.weights(), squares.update()};
    // An array of one dimension is a bias.
    if (ends_in_units && array.dims.size() > 1 && array.dims.back() > 0) {
        result.units = static_cast<std::uint32_t>(array.dims.back());
        result.still = still_units(result.units, before, after);
    }
    return result;
}

} // namespace

layers_measured measure_layers(std::uint32_t round, const nn::model_arrays& arrays, bool ends_in_units,
                               std::span<const float> before, std::span<const float> after) {
    layers_measured event{round, {}};
    for (const auto& array : arrays.all()) {
        if (array.role == nn::array_role::trained && event.arrays.size() < most_measured_arrays) {
            event.arrays.push_back(measure(array, ends_in_units, before, after));
        }
    }
    return event;
}

} // namespace fedasio::master
