#include "master/evaluations.hpp"

#include <fedasio/net/gather.hpp>
#include <fedasio/plan/limits.hpp>
#include <fedasio/text/rare_branch.hpp>

#include "master/answers.hpp"
#include "master/cancelled.hpp"
#include "master/client_evaluation.hpp"
#include "master/evaluation_summary.hpp"
#include <algorithm>
#include <chrono>
#include <cmath>
#include <fmt/format.h>
#include <stdexcept>
#include <utility>

namespace fedasio::master {
namespace {

// Of one round; the others are in the report.
constexpr std::size_t most_notices = 20;
// What a lie is called in the report. Whoever lies is left out, and is not missed.
constexpr auto invalid = "invalid";
constexpr auto disproportionate = "out_of_proportion";
/// What a worker whose connection is lost has to leave the roster, before its clients are looked for again.
constexpr auto time_to_go = std::chrono::seconds(1);

/// In the unit of the label's column, for which the schema says what 0 and 1 are.
model_evaluated::value_counts in_label_unit(const test_result& result, const data::csv_schema& schema) {
    using histogram = nn::value_histogram;
    return {schema.label, schema.label_mean + histogram::lowest * schema.label_deviation,
            histogram::width * schema.label_deviation, result.histogram};
}

std::vector<std::string> classes_of(const global_model& model) {
    return model.schema() ? model.schema()->classes : std::vector<std::string>();
}

} // namespace

net::awaitable<void> evaluations::evaluate(round_state& round) {
    state_.progress.enter(phase::evaluating);
    if (tests_.samples()) {
        co_await evaluate_here(round);
    } else if (evaluator_.is_asked()) {
        co_await ask_evaluator(round);
    } else {
        co_await evaluate_where_data_is(round);
    }
    const bool is_cancelled = co_await net::is_cancelled();
    if (is_cancelled && !round.result.test_loss) {
        throw cancelled();
    }
    try {
        co_await evaluate_personal(round);
    } catch (const cancelled&) {
        co_return; // the test of the global model is over, and stays
    }
}

net::awaitable<void> evaluations::evaluate_here(round_state& round) {
    const auto& model = state_.model;
    const auto samples = tests_.samples();
    const auto result = co_await master::evaluate(setting_.rt, setting_.pool, samples, *model.network(),
                                                  model.weights().floats());
    if (!result) {
        throw cancelled();
    }
    take_metrics(round.result, result->metrics(model.label_unit()));
    round.result.test_samples = result->samples;
    const auto names = samples->class_names();
    tell(round.result.round, *result, {names.begin(), names.end()});
}

/// A process of the user's own has the test data. What clients hold out is not asked for, though they hold it
/// out all the same: the weights must not depend on who tests them.
net::awaitable<void> evaluations::ask_evaluator(round_state& round) {
    const auto found = co_await evaluator_.test(state_, round.result.round, state_.progress.deadline());
    if (found.samples == 0) {
        throw std::runtime_error("the evaluator tested no samples");
    }
    evaluation_terms terms;
    terms.is_open = true; // what its loss is, and what it tells besides, is its own
    terms.held_out = plan::limits::samples;
    if (const auto objection = objection_to(found, terms); !objection.empty()) {
        throw std::runtime_error("the evaluator's result is none: " + objection);
    }
    const auto unit = state_.model.label_unit();
    const auto summary = summarize({{0, found}}, terms, unit);
    take_metrics(round.result, summary.all.metrics(unit));
    round.result.test_samples = found.samples;
}

/// Without test data at the master, every client evaluates the new weights on what it holds out. Whose worker
/// is lost does so where another worker can do it, as when it trains, or when its owner comes back.
net::awaitable<void> evaluations::evaluate_where_data_is(round_state& round) {
    if (setting_.plan.test_fraction == 0) {
        co_return;
    }
    client_test test;
    co_await ask_clients(round, test, state_.progress.deadline());
    co_await conclude(round, test);
}

/// The clients' own models, of a strategy that gives them some, on what they hold out: those of clients that
/// have been in a round that counted.
net::awaitable<void> evaluations::evaluate_personal(round_state& round) {
    if (!setting_.plan.strategy->is_personal() || setting_.plan.test_fraction == 0) {
        co_return;
    }
    client_test test;
    test.personal = true;
    co_await ask_clients(round, test, state_.progress.deadline());
    if (test.results.empty()) {
        co_return;
    }
    auto job = [&, terms = terms_of_evaluations(setting_, state_.model), unit = state_.model.label_unit()] {
        return summarize(test.results, terms, unit);
    };
    const auto summary = co_await setting_.offload(std::move(job));
    round.result.personal_loss = summary.all.loss();
    round.result.personal_accuracy = summary.all.accuracy();
    round.result.personal_clients = static_cast<std::uint32_t>(test.results.size());
}

/// Asks every client that holds something out for its evaluation, until all have answered or been given up.
net::awaitable<void> evaluations::ask_clients(round_state& round, client_test& test,
                                              net::clock::time_point until) {
    co_await throw_if_cancelled();
    if (!setting_.is_local()) {
        co_await find_any_host(until);
    }
    state_.progress.enter(phase::evaluating);
    auto open = clients_to_ask(round, test.personal);
    for (bool goes_on = true; goes_on;) {
        state_.members.roster.changed().reset();
        client_evaluation asking(setting_, state_, newcomers_, round, test);
        open = co_await asking.gather(std::move(open), until);
        co_await throw_if_cancelled();
        goes_on = !open.empty() && setting_.rt.time.now() < until;
        if (goes_on && setting_.is_local()) {
            goes_on = co_await wait_for_owners(open, test, until);
        } else if (goes_on) {
            goes_on = co_await find_other_evaluators(open, until);
            if (goes_on) {
                text::passes(text::rare_branch::evaluation_moved);
            }
        }
        state_.progress.enter(phase::evaluating);
    }
    for (const auto client : open) {
        test.absent[client] = {net::to_string(net::outcome::lost), "its worker was lost"};
    }
}

/// Who was too slow for the training is not waited for once more.
std::vector<client_id> evaluations::clients_to_ask(const round_state& round, bool personal) const {
    std::vector<client_id> clients;
    state_.members.roster.each_host([&](client_id client, const worker_ptr& host) {
        if (host->data.hosted().at(client).held_out == 0) {
            return;
        }
        const auto& name = host->hello.name;
        const bool is_slow =
            round.behind.contains(name) || round.late.contains(name) ||
            (!setting_.plan.require_all && state_.members.pace.rests(name, round.result.round));
        const bool has_model = !personal || state_.memory.round_of(client) > 0;
        if (!is_slow && has_model) {
            clients.push_back(client);
        }
    });
    return clients;
}

/// Data that every worker reaches needs any worker.
net::awaitable<void> evaluations::find_any_host(net::clock::time_point until) {
    for (bool waits = true; waits;) {
        co_await preparation_.prepare_within(until);
        waits = preparation_.has_nobody();
        if (waits) {
            state_.members.roster.changed().reset();
            waits = co_await waiting_.wait_for_change(until);
        }
    }
}

/// True if a worker may take these clients over.
net::awaitable<bool> evaluations::find_other_evaluators(const std::vector<client_id>& clients,
                                                        net::clock::time_point until) {
    // Whoever has said goodbye is here for some moments more, and can be asked nothing.
    co_await waiting_.wait_for_change(std::min(until, setting_.rt.time.now() + time_to_go));
    co_await preparation_.prepare_within(until);
    auto& roster = state_.members.roster;
    if (preparation_.has_nobody()) {
        roster.changed().reset();
        co_await waiting_.wait_for_change(until);
        co_return true;
    }
    co_return std::ranges::any_of(clients, [&](auto client) { return roster.host_of(client) != nullptr; });
}

/// Partition `local`: each owner gets a moment to come back, once in a round. True if one of them has.
net::awaitable<bool> evaluations::wait_for_owners(const std::vector<client_id>& away, client_test& test,
                                                  net::clock::time_point until) {
    auto latest = net::clock::time_point::min();
    for (const auto client : away) {
        const auto moment = std::min(until, setting_.rt.time.now() + time_to_come_back);
        latest = std::max(latest, test.moments.try_emplace(client, moment).first->second);
    }
    while (!state_.progress.asked.is_stopping()) {
        state_.members.roster.changed().reset();
        co_await preparation_.prepare_present(until);
        const bool back = std::ranges::any_of(away, [&](client_id client) {
            const auto host = state_.members.roster.host_of(client);
            return host && host->has_model;
        });
        if (back) {
            co_return true;
        }
        if (setting_.rt.time.now() >= latest) {
            break;
        }
        state_.progress.enter(phase::waiting);
        co_await waiting_.wait_for_change(latest);
    }
    co_return false;
}

/// Makes the round's result of what the clients found.
net::awaitable<void> evaluations::conclude(round_state& round, client_test& test) {
    const auto& model = state_.model;
    const auto terms = terms_of_evaluations(setting_, model);
    const bool scaled = terms.classes > 0 || (model.schema() && model.schema()->standardize);
    const auto doubted = out_of_proportion(test.results, scaled ? 1.0 : 0.0);
    for (const auto& [client, why] : doubted) {
        test.results.erase(client);
        test.absent[client] = {disproportionate, why};
    }
    add_unreachable(test);
    auto job = [&, unit = model.label_unit()] { return summarize(test.results, terms, unit); };
    auto summary = co_await setting_.offload(std::move(job));

    auto& result = round.result;
    take_metrics(result, summary.all.metrics(model.label_unit()));
    take_medians(result, summary.median);
    result.test_samples = summary.all.samples;
    result.test_clients = static_cast<std::uint32_t>(test.results.size());
    for (const auto& [client, absence] : test.absent) {
        result.test_partial =
            result.test_partial || (absence.reason != invalid && absence.reason != disproportionate);
        if (result.test_dropped.size() < most_told_absences) {
            result.test_dropped.push_back({client, absence.reason});
        }
        summary.clients.push_back({client, 0, {}, absence.reason});
    }
    tell_absences(result.round, test);
    std::ranges::sort(summary.clients, {}, &clients_evaluated::one::client);
    if (!summary.clients.empty()) {
        clients_evaluated tested{result.round, std::move(summary.clients)};
        round.tested = tested;
        setting_.events.publish(std::move(tested));
    }
    tell(result.round, summary.all, classes_of(model));
}

void evaluations::add_unreachable(client_test& test) const {
    const auto look_at = [&](client_id client, const std::string& why) {
        const auto host = state_.members.roster.host_of(client);
        const bool nothing_held_out = host && host->data.hosted().at(client).held_out == 0;
        if (nothing_held_out || test.results.contains(client)) {
            return;
        }
        const auto absence = host ? untested{net::to_string(net::outcome::timed_out),
                                             "it was too slow in this round to be waited for once more"}
                                  : untested{"away", why};
        test.absent.try_emplace(client, absence);
    };
    if (setting_.is_local()) {
        for (const auto& [name, client] : state_.members.owners.all()) {
            look_at(client, "its owner is not here");
        }
    } else {
        for (client_id client = 0; client < setting_.plan.clients; ++client) {
            look_at(client, "no worker hosts it");
        }
    }
}

void evaluations::tell_absences(std::uint32_t round, const client_test& test) {
    std::erase_if(told_, [&](const auto& told) { return !test.absent.contains(told.first); });
    const auto name_of = [&](client_id client) {
        if (const auto* const owner = state_.members.owners.name_of(client)) {
            return " (" + *owner + ")";
        }
        const auto host = state_.members.roster.host_of(client);
        return host ? " (at " + host->hello.name + ")" : std::string();
    };
    std::size_t told = 0;
    std::size_t more = 0;
    for (const auto& [client, absence] : test.absent) {
        const bool is_new = told_.insert_or_assign(client, absence.reason).second;
        const bool is_silent = !is_new || absence.reason == net::to_string(net::outcome::cancelled);
        if (is_silent || told == most_notices) {
            more += is_silent ? 0 : 1;
            continue;
        }
        ++told;
        setting_.notice(noticed::severity::warning,
                        fmt::format("round {} was evaluated without client {}{}: {}", round, client,
                                    name_of(client),
                                    absence.detail.empty() ? absence.reason : absence.detail));
    }
    if (more > 0) {
        setting_.notice(noticed::severity::warning,
                        fmt::format("round {} was evaluated without {} more clients", round, more));
    }
}

void evaluations::tell(std::uint32_t round, const test_result& result,
                       std::vector<std::string> classes) const {
    if (result.samples == 0 || state_.model.network() == nullptr) {
        return;
    }
    if (result.regression) {
        tell_values(round, result);
        return;
    }
    model_evaluated event{round, result.samples, std::move(classes), result.confusion, result.wrong};
    if (!setting_.plan.class_names.empty()) {
        event.classes = setting_.plan.class_names;
    }
    while (event.classes.size() < state_.model.network()->output().size()) {
        event.classes.push_back(std::to_string(event.classes.size()));
    }
    setting_.events.publish(std::move(event));
}

/// Targets that nobody scaled lie anywhere, and the histogram has no place for them.
void evaluations::tell_values(std::uint32_t round, const test_result& result) const {
    const auto& schema = state_.model.schema();
    if (result.histogram.empty() || !schema || !schema->standardize) {
        return;
    }
    auto counts = in_label_unit(result, *schema);
    if (std::isfinite(counts.low)) {
        setting_.events.publish(model_evaluated{round, result.samples, {}, {}, {}, std::move(counts)});
    }
}

} // namespace fedasio::master
