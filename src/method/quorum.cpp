#include <fedasio/method/quorum.hpp>

#include <algorithm>
#include <cmath>

namespace fedasio::method {

std::uint64_t quorum(double share, std::uint64_t count) {
    const auto all = static_cast<double>(count);
    const auto is_enough = [&](std::uint64_t k) { return static_cast<double>(k) / all >= share; };
    // The product is off by a rounding, so its ceiling by one at most.
    auto k = std::min(count, static_cast<std::uint64_t>(std::ceil(share * all)));
    while (k > 0 && is_enough(k - 1)) {
        --k;
    }
    while (k < count && !is_enough(k)) {
        ++k;
    }
    return k;
}

std::uint32_t clients_per_round(double fraction, std::uint32_t clients) {
    if (clients == 0) {
        return 0;
    }
    return static_cast<std::uint32_t>(std::max(1LL, std::llround(fraction * clients)));
}

} // namespace fedasio::method
