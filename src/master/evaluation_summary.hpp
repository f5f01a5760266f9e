#pragma once

#include <fedasio/master/evaluation.hpp>
#include <fedasio/master/events.hpp>
#include <fedasio/wire/evaluate.hpp>

#include "master/evaluation_check.hpp"
#include <map>
#include <vector>

namespace fedasio::master {

/// What clients found by themselves, in all and one by one.
struct evaluation_summary {
    test_result all;
    test_metrics median; ///< of the clients; without recall and own metrics
    std::vector<clients_evaluated::one> clients;
};

/// Added in the order of the clients: a sum of doubles depends on it. What only some of them told is left out
/// of `all`, since it would be of nobody knows which part; but an own metric is of those that tell it. `unit`
/// as in test_result::metrics().
[[nodiscard]] evaluation_summary summarize(const std::map<client_id, wire::evaluation>& results,
                                           const evaluation_terms& terms, double unit);

/// Of the clients' medians in the round.
void take_medians(round_result& into, const test_metrics& median);

} // namespace fedasio::master
