#include "history/spread.hpp"

#include <boost/json/value.hpp>

#include <algorithm>
#include <cstddef>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

namespace fedasio::history {
namespace {

namespace json = boost::json;

constexpr std::size_t most_worst = 5;

struct result {
    const json::object* client = nullptr;
    double value = 0;
};

/// Of those that count and have one.
std::vector<result> results_of(const json::array& clients, std::string_view metric) {
    std::vector<result> found;
    for (const auto& one : clients) {
        const auto* const client = one.if_object();
        const auto* const value = client == nullptr ? nullptr : client->if_contains(metric);
        const auto* const reason = client == nullptr ? nullptr : client->if_contains("reason");
        if (value != nullptr && value->is_number() && reason != nullptr && reason->is_string() &&
            reason->get_string().empty()) {
            found.push_back({client, value->to_number<double>()});
        }
    }
    // Of equal ones the first client comes first.
    std::ranges::sort(found, {}, [](const result& one) { return std::pair(one.value, one.client); });
    return found;
}

/// Between neighbours in proportion.
double quantile(std::span<const result> ascending, double share) {
    const auto place = share * static_cast<double>(ascending.size() - 1);
    const auto below = static_cast<std::size_t>(place);
    const auto above = std::min(below + 1, ascending.size() - 1);
    return ascending[below].value +
           (ascending[above].value - ascending[below].value) * (place - static_cast<double>(below));
}

} // namespace

std::optional<json::object> spread_of(std::uint32_t round, const json::array& clients) {
    const bool has_accuracies = std::ranges::any_of(clients, [](const json::value& one) {
        const auto* const client = one.if_object();
        const auto* const value = client == nullptr ? nullptr : client->if_contains("accuracy");
        return value != nullptr && value->is_number();
    });
    const std::string_view metric = has_accuracies ? "accuracy" : "rmse";
    auto found = results_of(clients, metric);
    if (found.size() < 2) {
        return std::nullopt;
    }
    json::object spread{{"round", round},
                        {"clients", found.size()},
                        {"of", metric},
                        {"low", quantile(found, 0.1)},    // NOLINT(readability-magic-numbers)
                        {"median", quantile(found, 0.5)}, // NOLINT(readability-magic-numbers)
                        {"high", quantile(found, 0.9)}};  // NOLINT(readability-magic-numbers)
    if (!has_accuracies) {
        std::ranges::reverse(found);
    }
    json::array worst;
    for (const auto& one : std::span(found).first(std::min(found.size(), most_worst))) {
        worst.push_back(json::object{{"client", one.client->at("client")},
                                     {"value", one.value},
                                     {"samples", one.client->at("samples")}});
    }
    spread["worst"] = std::move(worst);
    return spread;
}

} // namespace fedasio::history
