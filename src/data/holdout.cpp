#include <fedasio/data/holdout.hpp>
#include <fedasio/random.hpp>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <stdexcept>

namespace fedasio::data {

holdout split_holdout(std::span<const std::uint32_t> indices, double fraction, std::uint64_t seed,
                      std::uint32_t client) {
    if (std::isnan(fraction) || fraction < 0 || fraction >= 1) {
        throw std::invalid_argument("holdout: the fraction must be at least 0 and less than 1");
    }
    holdout split;
    if (indices.empty()) {
        return split;
    }
    const auto wanted =
        static_cast<std::size_t>(std::llround(fraction * static_cast<double>(indices.size())));
    const std::size_t held = std::min(wanted, indices.size() - 1);
    std::vector<std::uint32_t> order(indices.size());
    std::iota(order.begin(), order.end(), 0U);
    random_stream(seed, purpose::holdout, 0, client).shuffle(std::span(order));
    std::vector<bool> is_held(indices.size());
    for (std::size_t i = 0; i < held; ++i) {
        is_held[order[i]] = true;
    }
    for (std::size_t i = 0; i < indices.size(); ++i) {
        (is_held[i] ? split.held_out : split.train).push_back(indices[i]);
    }
    return split;
}

std::uint64_t most_held_out(std::uint64_t samples, double fraction) {
    if (samples == 0) {
        return 0;
    }
    const auto share = std::ceil(fraction * static_cast<double>(samples));
    return std::min(static_cast<std::uint64_t>(share), samples - 1);
}

} // namespace fedasio::data
