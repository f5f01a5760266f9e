#include <fedasio/nn/score_counts.hpp>
#include <fedasio/text/field_error.hpp>
#include <fedasio/wire/evaluate.hpp>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include "master/evaluation_check.hpp"
#include "master/evaluation_summary.hpp"
#include "meta.hpp"
#include "target.hpp"
#include <cmath>
#include <map>
#include <optional>
#include <utility>

// The evaluations of a round's clients, {"clients": [{...}, ...]} behind a byte that says what was asked for.
// What those that no check refuses come to is a result: numbers, and no more counts than samples.

namespace {

namespace fuzz = fedasio::fuzz;
namespace master = fedasio::master;
namespace wire = fedasio::wire;

master::evaluation_terms terms_of(unsigned kind) {
    master::evaluation_terms terms;
    terms.held_out = 1000;
    terms.is_open = kind == 0;
    terms.histogram = kind == 1;
    terms.classes = kind < 2 ? 0 : kind < 4 ? kind : 200;
    terms.cross_entropy = kind % 2 == 0;
    const fedasio::nn::score_counts scores(terms.classes);
    terms.score_cells = scores.histograms() * scores.bins();
    return terms;
}

std::map<master::client_id, wire::evaluation> taken(const boost::json::object& meta,
                                                    const master::evaluation_terms& terms) {
    std::map<master::client_id, wire::evaluation> results;
    const auto* const all = meta.if_contains("clients");
    if (all == nullptr || !all->is_array()) {
        return results;
    }
    for (const auto& one : all->get_array()) {
        const auto* const told = one.if_object();
        if (told == nullptr) {
            continue;
        }
        try {
            auto result = wire::read_evaluation(*told);
            if (master::objection_to(result, terms).empty()) {
                results[result.client] = std::move(result);
            }
        } catch (const fedasio::text::field_error&) {
            continue;
        }
    }
    return results;
}

void check(const std::optional<double>& number) {
    fuzz::require(!number || std::isfinite(*number), "what a test tells is a number");
}

void check(const master::test_metrics& metrics) {
    for (const auto& one :
         {metrics.loss, metrics.accuracy, metrics.r2, metrics.rmse, metrics.mae, metrics.auc}) {
        check(one);
    }
    for (const auto& one : metrics.recall) {
        check(one);
    }
    for (const auto& [name, value] : metrics.own) {
        check(value);
    }
}

} // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) {
        return 0;
    }
    const auto meta = fuzz::received(fuzz::as_text(data + 1, size - 1));
    if (!meta) {
        return 0;
    }
    const auto terms = terms_of(data[0] % 5U);
    auto results = taken(*meta, terms);
    for (const auto& [client, why] : master::out_of_proportion(results, 1)) {
        fuzz::require(!why.empty() && results.erase(client) == 1, "who does not count is one of the clients");
    }
    const auto summary = master::summarize(results, terms, 2);
    check(summary.all.metrics(2));
    check(summary.median);
    for (const auto& one : summary.clients) {
        check(one.metrics);
    }
    std::uint64_t counted = 0;
    for (const auto& cell : summary.all.histogram) {
        counted += cell.count;
    }
    fuzz::require(summary.all.correct <= summary.all.samples && counted <= summary.all.samples,
                  "nothing is counted twice");
    return 0;
}
