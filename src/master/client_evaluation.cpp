#include <fedasio/net/offload.hpp>
#include <fedasio/plan/limits.hpp>
#include <fedasio/wire/evaluate.hpp>
#include <fedasio/wire/message_type.hpp>

#include <boost/json/object.hpp>

#include "master/answers.hpp"
#include "master/client_memory.hpp"
#include "master/evaluation_check.hpp"
#include "master/evaluation_summary.hpp"
#include "master/machine.hpp"
#include "master/round_state.hpp"
#include <algorithm>
#include <chrono>
#include <fmt/format.h>
#include <utility>

namespace fedasio::master {
namespace {

namespace message_type = wire::message_type;

// Of one round; the others are in the report.
constexpr std::size_t most_notices = 20;
// What a lie is called in the report. Whoever lies is left out, and is not missed.
constexpr auto invalid = "invalid";
constexpr auto disproportionate = "out_of_proportion";
/// What a worker whose connection is lost has to leave the roster, before its clients are looked for again.
constexpr auto time_to_go = std::chrono::seconds(1);

} // namespace

/// Lets these clients evaluate, and adds what they find to `test`; returns those whose worker was lost.
net::awaitable<std::vector<client_id>> machine::evaluate_clients(round_state& round,
                                                                 std::vector<client_id> clients,
                                                                 client_test& test,
                                                                 net::clock::time_point until) {
    std::vector<worker_ptr> hosts;
    std::vector<std::uint64_t> held_out;
    std::vector<client_id> lost;
    std::erase_if(clients, [&](client_id client) {
        auto host = members_.roster.host_of(client);
        const bool ready = host && host->has_model;
        if (ready) {
            held_out.push_back(host->data.hosted().at(client).held_out);
            hosts.push_back(std::move(host));
        } else {
            lost.push_back(client);
        }
        return !ready;
    });
    const auto terms = terms_of_evaluations();
    const auto classes = terms.classes <= plan::limits::shown_classes ? terms.classes : 0;
    const auto limits = wire::limits::evaluation(classes * classes, terms.score_cells);
    const auto receivers = receivers_among(hosts);
    const auto first = receivers.size();
    std::vector<net::connection_ptr> peers;
    for (const auto& who : receivers) {
        peers.push_back(who->connection);
    }
    for (const auto& host : hosts) {
        peers.push_back(host->connection);
    }
    const auto states = test.personal ? co_await states_of(clients) : std::vector<sent_state>(clients.size());
    auto make = [&, version = model_.version()](std::size_t index) {
        if (index < first) {
            return weights_request();
        }
        const auto i = index - first;
        wire::evaluate request{round.result.round, clients[i], version, classes > 0 && !test.personal,
                               terms.score_cells > 0 && !test.personal};
        request.personal = test.personal;
        request.state_round = states[i].round;
        request.state = states[i].listed;
        return net::frame(message_type::evaluate, wire::to_meta(request), states[i].body);
    };
    auto on_reply = [&](std::size_t index, net::frame& reply) -> std::string {
        if (index < first) {
            set_state(*receivers[index], worker_state::ready);
            return {};
        }
        const auto i = index - first;
        auto result = wire::read_evaluation(reply.meta);
        if (result.client != clients[i]) {
            return "it is not the evaluation that was asked for";
        }
        auto own_terms = terms;
        own_terms.held_out = held_out[i];
        auto objection = master::objection_to(result, own_terms);
        if (objection.empty()) {
            test.results[clients[i]] = std::move(result);
        }
        return objection;
    };
    const auto answers = co_await net::gather(setting_.rt, std::move(peers), std::move(make), limits,
                                              net::gather_policy(until), on_reply);
    settle_weights(receivers, answers);
    for (std::size_t i = 0; i < clients.size(); ++i) {
        const auto& [how, code, reason, withdrawn] = answers[first + i];
        if (how == net::outcome::timed_out) {
            round.late.insert(hosts[i]->hello.name);
        }
        if (how == net::outcome::lost) {
            lost.push_back(clients[i]);
        } else if (how == net::outcome::refused && code == invalid) {
            test.absent[clients[i]] = {invalid, reason};
        } else if (how != net::outcome::reply) {
            test.absent[clients[i]] = {net::to_string(how), reason};
        }
    }
    co_return lost;
}

/// What all evaluations have in common.
evaluation_terms machine::terms_of_evaluations() const {
    evaluation_terms terms;
    terms.classes = plan::is_regression(setting_.plan) ? 0 : model_.network().output().size();
    terms.cross_entropy = setting_.plan.model.objective == nn::loss::cross_entropy;
    const nn::score_counts scores(terms.classes);
    terms.score_cells = scores.histograms() * scores.bins();
    return terms;
}

/// Without test data at the master, every client evaluates the new weights on what it holds out. Whose worker
/// is lost does so where another worker can do it, as in train_cohort(), or when its owner comes back.
net::awaitable<void> machine::evaluate_where_data_is(round_state& round) {
    if (setting_.plan.test_fraction == 0) {
        co_return;
    }
    client_test test;
    const bool whole = co_await ask_clients(round, test, progress_.deadline());
    if (whole) {
        co_await conclude(round, test);
    }
}

/// The clients' own models, of a strategy that gives them some, on what they hold out: those of clients that
/// have been in a round that counted.
net::awaitable<void> machine::evaluate_personal(round_state& round) {
    if (!setting_.plan.strategy->is_personal() || setting_.plan.test_fraction == 0) {
        co_return;
    }
    client_test test;
    test.personal = true;
    const bool whole = co_await ask_clients(round, test, progress_.deadline());
    if (!whole || test.results.empty()) {
        co_return;
    }
    auto job = [&, terms = terms_of_evaluations(), unit = model_.label_unit()] {
        return summarize(test.results, terms, unit);
    };
    const auto summary = co_await setting_.offload(std::move(job));
    round.result.personal_loss = summary.all.loss();
    round.result.personal_accuracy = summary.all.accuracy();
    round.result.personal_clients = static_cast<std::uint32_t>(test.results.size());
}

/// Asks every client that holds something out for its evaluation, until all have answered or been given up.
/// False if it was cancelled.
net::awaitable<bool> machine::ask_clients(round_state& round, client_test& test,
                                          net::clock::time_point until) {
    // Data that every worker reaches needs any worker.
    bool cancelled = co_await net::is_cancelled();
    bool waits = !setting_.is_local();
    while (waits && !cancelled) {
        co_await prepare_workers(until);
        waits = dealt_ == 0;
        if (waits) {
            members_.roster.changed().reset();
            waits = co_await wait_for(&machine::roster_has_changed, until);
        }
        cancelled = co_await net::is_cancelled();
    }
    progress_.enter(phase::evaluating);
    std::vector<client_id> open;
    for (const auto& [client, host] : members_.roster.hosts()) {
        // Who was too slow for the training is not waited for once more.
        const auto& name = host->hello.name;
        const bool is_slow = round.behind.contains(name) || round.late.contains(name) ||
                             (!setting_.plan.require_all && members_.pace.rests(name, round.result.round));
        const bool has_model = !test.personal || memory_.round_of(client) > 0;
        if (host->data.hosted().at(client).held_out > 0 && !is_slow && has_model) {
            open.push_back(client);
        }
    }
    for (bool goes_on = true; goes_on;) {
        members_.roster.changed().reset();
        open = co_await evaluate_clients(round, open, test, until);
        cancelled = co_await net::is_cancelled();
        goes_on = !open.empty() && !cancelled && setting_.rt.time.now() < until;
        if (goes_on && setting_.is_local()) {
            goes_on = co_await wait_for_owners(open, test, until);
        } else if (goes_on) {
            goes_on = co_await find_other_evaluators(open, until);
        }
        progress_.enter(phase::evaluating);
    }
    cancelled = co_await net::is_cancelled();
    if (cancelled) {
        co_return false;
    }
    for (const auto client : open) {
        test.absent[client] = {net::to_string(net::outcome::lost), "its worker was lost"};
    }
    co_return true;
}

/// True if a worker may take these clients over.
net::awaitable<bool> machine::find_other_evaluators(const std::vector<client_id>& clients,
                                                    net::clock::time_point until) {
    // Whoever has said goodbye is here for some moments more, and can be asked nothing.
    co_await wait_for(&machine::roster_has_changed, std::min(until, setting_.rt.time.now() + time_to_go));
    co_await prepare_workers(until);
    if (dealt_ == 0) {
        members_.roster.changed().reset();
        co_await wait_for(&machine::roster_has_changed, until);
        co_return true;
    }
    co_return std::ranges::any_of(clients,
                                  [&](auto client) { return members_.roster.host_of(client) != nullptr; });
}

/// Partition `local`: each owner gets a moment to come back, once in a round. True if one of them has.
net::awaitable<bool> machine::wait_for_owners(const std::vector<client_id>& away, client_test& test,
                                              net::clock::time_point until) {
    auto latest = net::clock::time_point::min();
    for (const auto client : away) {
        const auto moment = std::min(until, setting_.rt.time.now() + time_to_come_back);
        latest = std::max(latest, test.moments.try_emplace(client, moment).first->second);
    }
    bool cancelled = co_await net::is_cancelled();
    while (!cancelled && !progress_.asked.is_stopping()) {
        members_.roster.changed().reset();
        co_await load_datasets();
        co_await distribute_model();
        const bool back = std::ranges::any_of(away, [&](client_id client) {
            const auto host = members_.roster.host_of(client);
            return host && host->has_model;
        });
        if (back) {
            co_return true;
        }
        if (setting_.rt.time.now() >= latest) {
            break;
        }
        progress_.enter(phase::waiting);
        co_await wait_for(&machine::roster_has_changed, latest);
        cancelled = co_await net::is_cancelled();
    }
    co_return false;
}

/// Makes the round's result of what the clients found.
net::awaitable<void> machine::conclude(round_state& round, client_test& test) {
    const auto terms = terms_of_evaluations();
    const bool scaled = terms.classes > 0 || (model_.schema() && model_.schema()->standardize);
    const auto doubted = out_of_proportion(test.results, scaled ? 1.0 : 0.0);
    for (const auto& [client, why] : doubted) {
        test.results.erase(client);
        test.absent[client] = {disproportionate, why};
    }
    add_unreachable(test);
    auto job = [&, unit = model_.label_unit()] { return summarize(test.results, terms, unit); };
    auto summary = co_await setting_.offload(std::move(job));

    auto& result = round.result;
    take_metrics(result, summary.all.metrics(model_.label_unit()));
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
        checkpoints_.note_tested(tested);
        setting_.events.publish(std::move(tested));
    }
    tell_evaluation(result.round, summary.all,
                    model_.schema() ? model_.schema()->classes : std::vector<std::string>());
}

/// Clients of the run that nobody could ask. A resumed run must find the same, so they follow from who is
/// known to be an owner and not from who was here before.
void machine::add_unreachable(client_test& test) const {
    const auto hosts = members_.roster.hosts();
    const auto look_at = [&](client_id client, const std::string& why) {
        const auto found = hosts.find(client);
        const bool nothing_held_out =
            found != hosts.end() && found->second->data.hosted().at(client).held_out == 0;
        if (nothing_held_out || test.results.contains(client)) {
            return;
        }
        const auto absence = found == hosts.end()
                                 ? untested{"away", why}
                                 : untested{net::to_string(net::outcome::timed_out),
                                            "it was too slow in this round to be waited for once more"};
        test.absent.try_emplace(client, absence);
    };
    if (setting_.is_local()) {
        for (const auto& [name, client] : members_.owners.all()) {
            look_at(client, "its owner is not here");
        }
    } else {
        for (client_id client = 0; client < setting_.plan.clients; ++client) {
            look_at(client, "no worker hosts it");
        }
    }
}

/// Each absence once, until the client is in a test again.
void machine::tell_absences(std::uint32_t round, const client_test& test) {
    std::erase_if(told_absences_, [&](const auto& told) { return !test.absent.contains(told.first); });
    const auto name_of = [&](client_id client) {
        if (const auto* const owner = members_.owners.name_of(client)) {
            return " (" + *owner + ")";
        }
        const auto host = members_.roster.host_of(client);
        return host ? " (at " + host->hello.name + ")" : std::string();
    };
    std::size_t told = 0;
    std::size_t more = 0;
    for (const auto& [client, absence] : test.absent) {
        const bool is_new = told_absences_.insert_or_assign(client, absence.reason).second;
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

net::awaitable<void> machine::evaluate_model(round_state& round) {
    progress_.enter(phase::evaluating);
    if (test_data_.samples()) {
        const auto result = co_await evaluate(setting_.rt, setting_.pool, test_data_.samples(),
                                              model_.network(), model_.weights().floats());
        if (!result) {
            co_return;
        }
        take_metrics(round.result, result->metrics(model_.label_unit()));
        round.result.test_samples = result->samples;
        tell_evaluation(round.result.round, *result, test_data_.samples()->class_names());
    } else {
        co_await evaluate_where_data_is(round);
    }
    const bool cancelled = co_await net::is_cancelled();
    if (!cancelled) {
        co_await evaluate_personal(round);
    }
}

void machine::tell_evaluation(std::uint32_t round, const test_result& result,
                              std::span<const std::string> classes) {
    if (result.regression || result.samples == 0) {
        return;
    }
    model_evaluated event{
        round, result.samples, {classes.begin(), classes.end()}, result.confusion, result.wrong};
    while (event.classes.size() < model_.network().output().size()) {
        event.classes.push_back(std::to_string(event.classes.size()));
    }
    setting_.events.publish(std::move(event));
}

} // namespace fedasio::master
