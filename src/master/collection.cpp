#include "master/collection.hpp"

#include <fedasio/text/rare_branch.hpp>

#include "master/answers.hpp"
#include "master/cancelled.hpp"
#include "master/client_training.hpp"
#include <algorithm>
#include <fmt/format.h>
#include <memory>
#include <numeric>
#include <utility>

namespace fedasio::master {
namespace {

/// Sketches of more would take memory that grows with the clients.
constexpr std::size_t most_compared = 2000;
/// So often a client goes on in one round where its owner alone can train it.
constexpr unsigned most_moves = 3;

/// What may help a client whose values are out of bounds.
std::string remedy_for(const plan::plan& plan) {
    const std::string rate = "; a lower local.optimizer.learning_rate";
    const bool has_own_optimizer = plan::is_trainers_own(plan) || plan::is_for_trainer(plan.source);
    return rate +
           (has_own_optimizer ? ", or that of an optimizer of the trainer's own, may help" : " may help");
}

void note_how_it_ended(const round_state& round) {
    const auto has = [&](net::outcome how) {
        const std::string reason = net::to_string(how);
        return std::ranges::any_of(round.result.dropped,
                                   [&](const auto& one) { return one.reason == reason; });
    };
    if (round.count() == 0) {
        text::passes(text::rare_branch::round_without_update);
    } else if (has(net::outcome::not_needed)) {
        text::passes(text::rare_branch::quorum_before_all);
    } else if (has(net::outcome::timed_out)) {
        text::passes(text::rare_branch::deadline_below_quorum);
    }
}

} // namespace

net::awaitable<void> collection::collect(round_state& round, std::uint32_t safe_round) {
    const auto until = state_.progress.deadline();
    co_await begin_intake(round);
    std::vector<std::size_t> open(round.result.cohort.size());
    std::iota(open.begin(), open.end(), std::size_t{0});
    std::vector<std::size_t> homeless;
    while (!open.empty()) {
        client_training training(setting_, state_, newcomers_, round, std::move(open), safe_round);
        const auto lost = co_await training.gather(until);
        co_await throw_if_cancelled();
        homeless.insert(homeless.end(), lost.begin(), lost.end());
        open = co_await find_other_hosts(round, homeless, until);
    }
    for (const auto place : homeless) {
        round.drop(setting_, place, net::to_string(net::outcome::lost),
                   round.hosts[place]->connection->end_reason());
    }
    note_how_it_ended(round);
    co_await leave_out_of_proportion(round);
    co_await throw_if_cancelled();
}

/// Where the updates go. What they are measured against is looked at as a whole, so not on this thread.
net::awaitable<void> collection::begin_intake(round_state& round) {
    const auto& plan = setting_.plan;
    const auto& cohort = round.result.cohort;
    intake_terms terms;
    terms.strategy = plan.strategy;
    terms.local = plan.local.in_round(round.result.round);
    terms.base = state_.model.state().shared;
    terms.channels = state_.model.state().channels;
    terms.cohort = cohort;
    terms.samples = round.samples;
    terms.norm_bound = plan.norm_bound;
    const auto& arrays = state_.model.arrays();
    terms.untrained = arrays.shared() - arrays.trained();
    terms.counters = arrays.shared() - arrays.counters();
    terms.arrays = arrays;
    terms.remedy = remedy_for(plan);
    terms.compares = setting_.options.compare_updates && cohort.size() <= most_compared;
    round.updates.resize(cohort.size());
    auto job = [&] { return std::make_shared<update_intake>(setting_.rt, setting_.pool, std::move(terms)); };
    round.intake = co_await setting_.offload(std::move(job));
}

/// Finds workers for the clients at the places `homeless`, takes those that have one out of it, and returns
/// them. While none has one and the round still needs them, it waits: a moment if only their owners will do,
/// or if no worker has room for them, else until `until`.
net::awaitable<std::vector<std::size_t>> collection::find_other_hosts(round_state& round,
                                                                      std::vector<std::size_t>& homeless,
                                                                      net::clock::time_point until) {
    std::vector<std::size_t> found;
    const auto soon = std::min(until, setting_.rt.time.now() + time_to_come_back);
    bool waits = !homeless.empty() && round.count() < round.needed;
    while (waits) {
        state_.members.roster.changed().reset();
        co_await preparation_.prepare_present(until);
        std::erase_if(homeless, [&](std::size_t place) {
            const bool fits = move_to_other_host(round, place);
            if (fits) {
                found.push_back(place);
            }
            return fits;
        });
        waits = found.empty() && !state_.progress.asked.is_stopping();
        if (waits) {
            state_.progress.enter(phase::waiting);
            waits = co_await waiting_.wait_for_change(preparation_.needs_somebody_back() ? soon : until);
        }
        co_await throw_if_cancelled();
    }
    co_return found;
}

/// True if some worker is ready for the client at this place, with the same samples.
bool collection::move_to_other_host(round_state& round, std::size_t place) {
    const auto client = round.result.cohort[place];
    const auto host = state_.members.roster.host_of(client);
    const bool is_ready =
        host && host->has_model && host->data.hosted().at(client).samples == round.samples[place];
    // An owner that comes and goes must not hold the round for ever.
    if (!is_ready || (setting_.is_local() && ++round.moves[place] > most_moves)) {
        return false;
    }
    round.hosts[place] = host;
    text::passes(setting_.is_local() ? text::rare_branch::owner_back : text::rare_branch::client_moved);
    if (state_.memory.round_of(client) > 0) {
        text::passes(text::rare_branch::state_moved);
    }
    setting_.notice(noticed::severity::info,
                    fmt::format("{} goes on at {} in round {}", state_.members.name_of(client),
                                host->hello.name, round.result.round));
    return true;
}

/// Known only now that all have come: how far is far is for the round itself to say.
net::awaitable<void> collection::leave_out_of_proportion(round_state& round) {
    auto job = [&] { return round.intake->settle(); };
    const auto found = co_await setting_.offload(std::move(job));
    for (const auto& [client, norm, median, base] : found) {
        round.leave_out(setting_, client, "out_of_proportion",
                        fmt::format("its update moves the model by {:.3g}, the round's median one by "
                                    "{:.3g}; the model's own norm is {:.3g}",
                                    norm, median, base));
    }
}

} // namespace fedasio::master
