#include "master/round_state.hpp"

#include "master/own_metrics.hpp"
#include <algorithm>
#include <unordered_set>
#include <utility>

namespace fedasio::master {

std::vector<worker_ptr> round_state::hosts_of(std::span<const std::size_t> places) const {
    std::vector<worker_ptr> found;
    for (const auto i : places) {
        found.push_back(hosts[i]);
    }
    return found;
}

std::vector<std::string_view> round_state::contributors() const {
    std::vector<std::string_view> names;
    std::unordered_set<std::string_view> seen;
    for (std::size_t i = 0; i < updates.size(); ++i) {
        if (updates[i] && seen.insert(hosts[i]->hello.name).second) {
            names.emplace_back(hosts[i]->hello.name);
        }
    }
    return names;
}

void round_state::drop(const setting& given, std::size_t place, std::string reason, std::string detail) {
    const auto client = result.cohort[place];
    const auto& host = *hosts[place];
    result.dropped.push_back({client, reason});
    trouble = reason + (detail.empty() ? "" : " (" + detail + ")");
    given.events.publish(
        client_dropped{result.round, client, host.id, std::move(reason), std::move(detail), host.hello.name});
}

void round_state::leave_out(const setting& given, client_id client, std::string reason, std::string detail) {
    const auto found = std::ranges::lower_bound(result.cohort, client);
    const auto place = static_cast<std::size_t>(found - result.cohort.begin());
    updates[place].reset();
    intake->forget(client);
    drop(given, place, std::move(reason), std::move(detail));
}

void round_state::take_losses() {
    double loss = 0;
    double hits = 0;
    double weight = 0;
    bool classification = true;
    metric_means own_metrics;
    for (const auto& update : updates) {
        if (update) {
            const auto own = static_cast<double>(update->samples);
            loss += update->loss * own;
            hits += update->accuracy.value_or(0) * own;
            weight += own;
            own_metrics.add(update->metrics, update->samples);
            classification = classification && update->accuracy.has_value();
        }
    }
    result.train_metrics = own_metrics.finish();
    if (weight > 0) {
        result.train_loss = loss / weight;
        result.train_accuracy = classification ? std::optional(hits / weight) : std::nullopt;
    }
}

} // namespace fedasio::master
