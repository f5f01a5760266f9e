#include "method/arrays.hpp"

#include <cmath>
#include <stdexcept>
#include <string>

namespace fedasio::method {

namespace {

array sized(const block& part) {
    return array(static_cast<Eigen::Index>(part.size));
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
    for (std::size_t i = 0; i < part.size; ++i) {
        const auto value = static_cast<float>(values[static_cast<Eigen::Index>(i)]);
        if (!std::isfinite(value)) {
            throw std::overflow_error(std::string(what) + " " + std::to_string(part.first + i) + " of " +
                                      std::to_string(to.size()) + " is not a finite number");
        }
        to[part.first + i] = value + 0.0F; // -0 becomes +0
    }
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
    round.in_blocks(next.size(), [&](const block& part) { store(mean(round, part), next, part, "weight"); });
}

} // namespace fedasio::method
