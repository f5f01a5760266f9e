#include <fedasio/method/cohort.hpp>
#include <fedasio/method/quorum.hpp>
#include <fedasio/random.hpp>

#include <algorithm>
#include <cmath>
#include <functional>
#include <numeric>
#include <stdexcept>

namespace fedasio::method {

std::vector<std::uint32_t> select_cohort(std::span<const std::uint32_t> available, std::uint32_t clients,
                                         double fraction, std::uint64_t seed, std::uint32_t round) {
    if (std::isnan(fraction) || fraction <= 0.0 || fraction > 1.0) {
        throw std::invalid_argument("select_cohort: the fraction must be greater than 0 and at most 1");
    }
    if (std::ranges::adjacent_find(available, std::ranges::greater_equal()) != available.end() ||
        (!available.empty() && available.back() >= clients)) {
        throw std::invalid_argument(
            "select_cohort: the available clients must be ascending and below `clients`");
    }
    const auto wanted = clients_per_round(fraction, clients);
    std::vector<std::uint32_t> order(clients);
    std::iota(order.begin(), order.end(), 0U);
    random_stream(seed, purpose::cohort, round).shuffle(std::span(order));
    std::vector<std::uint32_t> cohort;
    for (const std::uint32_t client : order) {
        if (cohort.size() == wanted) {
            break;
        }
        if (std::ranges::binary_search(available, client)) {
            cohort.push_back(client);
        }
    }
    std::ranges::sort(cohort);
    return cohort;
}

} // namespace fedasio::method
