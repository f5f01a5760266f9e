#include "master/own_metrics.hpp"

#include <fedasio/text/cut.hpp>
#include <fedasio/text/nearest.hpp>

#include "master/metric.hpp"
#include <algorithm>
#include <fmt/format.h>
#include <utility>

namespace fedasio::master {
namespace {

std::string names_of(const plan::own_metrics& told) {
    std::string names;
    for (const auto& [name, value] : told) {
        names += (names.empty() ? "" : ", ") + name;
    }
    constexpr std::size_t most = 200;
    return names.empty() ? "none" : text::shortened(names, most);
}

/// For whoever has misspelt one; empty if none is like it.
std::string meant_by(std::string_view name, const plan::own_metrics& told) {
    std::vector<std::string_view> names;
    for (const auto& [one, value] : told) {
        names.push_back(one);
    }
    const auto meant = text::nearest(name, names);
    return meant.empty() ? std::string() : fmt::format("; did you mean \"{}\"?", meant);
}

} // namespace

void metric_means::add(const plan::own_metrics& told, std::uint64_t samples) {
    const auto weight = static_cast<double>(samples);
    for (const auto& [name, value] : told) {
        auto& own = sums_[name];
        const auto share = value * weight; // by itself: the same bits where a machine could fuse the two
        own.value += share;
        own.samples += weight;
        ++own.clients;
    }
}

plan::own_metrics metric_means::finish() const {
    std::vector<std::pair<std::string_view, const sum*>> all;
    for (const auto& [name, own] : sums_) {
        if (own.samples > 0) {
            all.emplace_back(name, &own);
        }
    }
    std::ranges::sort(all, [](const auto& one, const auto& other) {
        return one.second->clients != other.second->clients ? one.second->clients > other.second->clients
                                                            : one.first < other.first;
    });
    all.resize(std::min(all.size(), plan::limits::round_metrics));
    plan::own_metrics means;
    for (const auto& [name, own] : all) {
        means.emplace(name, own->value / own->samples);
    }
    return means;
}

std::vector<std::string> metric_watch::take(const plan::plan& plan, const round_result& result) {
    std::vector<std::string> sentences;
    const auto look_at = [&](const std::string& key, const std::string& metric, const std::string& loss) {
        const auto [is_test, name] = plan::find_own_metric(metric);
        const bool is_of_test = is_test || metric.starts_with("test_");
        const bool is_there = metric_of(result, metric).has_value() || (name.empty() && !is_of_test);
        if (is_there || (is_of_test && result.test_samples == 0) || !told_.insert(key).second) {
            return;
        }
        if (name.empty()) {
            sentences.push_back(fmt::format(
                "the plan's {} is \"{}\", and the test of round {} has none: {}; let all that test "
                "tell what it takes, or name another metric in the plan, such as \"test_loss\"",
                key, metric, result.round, loss));
            return;
        }
        const auto& told = is_test ? result.test_metrics : result.train_metrics;
        sentences.push_back(fmt::format("the plan's {} is \"{}\", but no client tells a metric \"{}\" with "
                                        "its {} (in round {} they tell: "
                                        "{}{}): {}; let the trainer tell it, or name another one in the plan",
                                        key, metric, name, is_test ? "test" : "update", result.round,
                                        names_of(told), meant_by(name, told), loss));
    };
    look_at("keep_best", plan::best_metric(plan), "no model is kept as the best by it");
    if (plan.early_stopping) {
        look_at("early_stopping.metric", plan::stopping_metric(plan), "it ends no training");
    }
    if (plan.target_accuracy) {
        look_at("target_accuracy", "test_accuracy", "it is never reached");
    }
    return sentences;
}

} // namespace fedasio::master
