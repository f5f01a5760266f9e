#include "method/arrays.hpp"

#include "method/wide_clones.hpp"
#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <stdexcept>
#include <string>

namespace fedasio::method {

namespace {

array sized(const block& part) {
    return array(static_cast<Eigen::Index>(part.size));
}

/// Whether all are finite.
FEDASIO_WIDE_CLONES
bool round_to(const double* values, float* to, std::size_t count) {
    bool fine = true;
    for (std::size_t i = 0; i < count; ++i) {
        const auto value = static_cast<float>(values[i]);
        fine &= std::abs(value) <= std::numeric_limits<float>::max();
        to[i] = value + 0.0F; // -0 becomes +0
    }
    return fine;
}

void store_span(std::span<const double> values, std::span<float> to, const block& part,
                std::string_view what) {
    const auto out = to.subspan(part.first, part.size);
    if (round_to(values.data(), out.data(), values.size())) {
        return;
    }
    const auto wrong = std::ranges::find_if_not(out, [](float value) { return std::isfinite(value); });
    throw std::overflow_error(std::string(what) + " " +
                              std::to_string(part.first + static_cast<std::size_t>(wrong - out.begin())) +
                              " of " + std::to_string(to.size()) + " is not a finite number");
}

std::span<double> span_of(array& values) {
    return {values.data(), static_cast<std::size_t>(values.size())};
}

} // namespace

array mean(const gathered_round& round, const block& part) {
    array result = sized(part);
    round.sum->mean(part, span_of(result));
    return result;
}

array direction(const gathered_round& round, const block& part) {
    array result = sized(part);
    round.sum->direction(part, span_of(result));
    return result;
}

array channel_mean(const gathered_round& round, std::size_t number, const block& part) {
    array result = sized(part);
    round.sum->channel_mean(number, part, span_of(result));
    return result;
}

array load(std::span<const float> from, const block& part) {
    const auto values = from.subspan(part.first, part.size);
    return Eigen::Map<const Eigen::ArrayXf>(values.data(), static_cast<Eigen::Index>(values.size()))
        .cast<double>();
}

void store(const array& values, std::span<float> to, const block& part, std::string_view what) {
    store_span({values.data(), part.size}, to, part, what);
}

std::vector<float>& entry(std::map<std::string, std::vector<float>>& state, const std::string& name,
                          std::size_t size, float first) {
    auto& values = state[name];
    if (values.size() != size) {
        values.assign(size, first);
    }
    return values;
}

void take_mean(const gathered_round& round, std::span<float> next) {
    round.in_blocks(next.size(), [&](const block& part) {
        std::array<double, 1024> means; // stays in the fastest cache
        for (std::size_t done = 0; done < part.size; done += means.size()) {
            const block piece{part.first + done, std::min(means.size(), part.size - done)};
            const auto values = std::span(means).first(piece.size);
            round.sum->mean(piece, values);
            store_span(values, next, piece, "weight");
        }
    });
}

} // namespace fedasio::method
