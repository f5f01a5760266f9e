#include "master/client_training.hpp"

#include <fedasio/plan/private_arrays.hpp>
#include <fedasio/wire/cancel.hpp>
#include <fedasio/wire/limits.hpp>
#include <fedasio/wire/message_type.hpp>
#include <fedasio/wire/refusal_code.hpp>
#include <fedasio/wire/train.hpp>

#include <boost/json/object.hpp>

#include "master/sending.hpp"
#include "master/standing.hpp"
#include <algorithm>
#include <fmt/format.h>
#include <set>
#include <utility>

namespace fedasio::master {
namespace {

namespace message_type = wire::message_type;

/// It was not waited for to the end.
bool is_late(const net::gathered& answer) {
    return answer.result == net::outcome::timed_out || answer.result == net::outcome::not_needed;
}

} // namespace

client_training::client_training(const setting& given, run_state& state, newcomers& coming,
                                 round_state& round, std::vector<std::size_t> places,
                                 std::uint32_t safe_round)
    : setting_(given), state_(state), newcomers_(coming), round_(round), places_(std::move(places)),
      safe_round_(safe_round) {}

net::awaitable<std::vector<std::size_t>> client_training::gather(net::clock::time_point until) {
    std::vector<client_id> clients;
    clients.reserve(places_.size());
    for (const auto place : places_) {
        clients.push_back(round_.result.cohort[place]);
    }
    kept_ = co_await states_of(setting_, state_, std::move(clients));
    receivers_ = receivers_among(setting_, state_.model, round_.hosts_of(places_));
    const auto first = receivers_.size();
    state_.progress.enter(first == 0 ? phase::training : phase::distributing_weights);
    auto peers = choose_peers();
    net::request_maker make = [this](std::size_t index) { return request(index); };
    net::reply_judge on_reply = [this](std::size_t index, net::frame& reply, net::verdict judged) {
        judge(index, reply, std::move(judged));
    };
    net::arrival_handler on_arrival = [this, first](std::size_t index) {
        if (index >= first) {
            set_state(setting_, *round_.hosts[places_[index - first]], worker_state::sending);
        }
    };
    const auto& model = state_.model.state();
    const auto limits =
        wire::limits::update(model.weights.size(), model.channels.size(), state_.memory.is_here());
    const bool needs_all = round_.needed >= round_.result.cohort.size();
    const auto lacking = round_.needed - std::min(round_.needed, round_.count());
    net::gather_policy policy(until, needs_all ? net::gather_policy::all : lacking);
    policy.counted_from = first;
    const auto answers = co_await net::gather(setting_.rt, std::move(peers), std::move(make), limits, policy,
                                              std::move(on_reply), std::move(on_arrival));
    co_return settle(answers);
}

std::vector<net::connection_ptr> client_training::choose_peers() {
    std::vector<net::connection_ptr> peers;
    peers.reserve(receivers_.size() + places_.size());
    for (const auto& who : receivers_) {
        peers.push_back(who->connection);
    }
    for (const auto place : places_) {
        const auto& host = round_.hosts[place];
        peers.push_back(host->connection);
        ++open_[host->id];
        if (host->state != worker_state::receiving) {
            set_state(setting_, *host, worker_state::training);
        }
    }
    return peers;
}

net::frame client_training::request(std::size_t index) const {
    const auto first = receivers_.size();
    if (index < first) {
        return weights_request(state_.model);
    }
    const auto& kept = kept_[index - first];
    wire::train request{round_.result.round, round_.result.cohort[places_[index - first]],
                        state_.model.version()};
    request.state_round = kept.round;
    request.safe_round = kept.round == 0 ? 0 : safe_round_;
    request.state = kept.listed;
    return net::frame(message_type::train, wire::to_meta(request), kept.body);
}

/// Why this is no update of the client at `place`, whatever is in its `bytes`; empty: it is.
std::string client_training::objection_to(std::size_t place, const wire::update& update,
                                          std::size_t bytes) const {
    if (update.round != round_.result.round || update.client != round_.result.cohort[place] ||
        update.samples != round_.samples[place]) {
        return "it is not the update that was asked for";
    }
    if (update.accuracy && plan::is_regression(setting_.plan)) {
        return "a regression has no accuracy";
    }
    const auto& model = state_.model.state();
    const auto wanted =
        model.shared.size() * (1 + model.channels.size()) + wire::floats_of(update.state) * sizeof(float);
    if (bytes != wanted || (!update.state.empty() && !state_.memory.is_here())) {
        return fmt::format("its body has {} bytes instead of {}", bytes, wanted);
    }
    const auto own = model.own.floats().size();
    const std::vector<wire::state_array> all_own{{std::string(plan::private_state), own}};
    if (own > 0 && state_.memory.is_here() && update.state != all_own) {
        return fmt::format("it does not bring the {} values of the arrays that stay at the client", own);
    }
    return {};
}

void client_training::judge(std::size_t index, net::frame& reply, net::verdict judged) {
    const auto first = receivers_.size();
    if (index < first) {
        state_.progress.enter(phase::training);
        set_state(setting_, *receivers_[index], worker_state::training);
        judged({});
        return;
    }
    const auto place = places_[index - first];
    auto& host = *round_.hosts[place];
    set_state(setting_, host, --open_[host.id] == 0 ? worker_state::ready : worker_state::training);
    const auto update = wire::read_update(reply.meta);
    if (auto objection = objection_to(place, update, reply.body.size()); !objection.empty()) {
        judged(std::move(objection));
        return;
    }
    net::verdict counted = [this, place, update, id = host.id, judged = std::move(judged)](std::string why) {
        if (why.empty()) {
            round_.updates[place] = update;
            setting_.events.publish(client_updated{update.round, update.client, id, update.samples,
                                                   update.loss, update.accuracy, update.seconds});
        }
        judged(std::move(why));
    };
    round_.intake->take(place, update, std::move(reply.body), std::move(counted));
}

std::vector<std::size_t> client_training::settle(const std::vector<net::gathered>& answers) {
    const auto first = receivers_.size();
    std::set<worker_ptr> without_weights;
    for (std::size_t index = 0; index < first; ++index) {
        if (is_late(answers[index])) {
            without_weights.insert(receivers_[index]);
        }
    }
    settle_weights(newcomers_, receivers_, answers);
    std::set<worker_ptr> late;
    std::vector<std::size_t> lost;
    for (std::size_t index = 0; index < places_.size(); ++index) {
        const auto place = places_[index];
        const auto& host = round_.hosts[place];
        const auto& answer = answers[first + index];
        const bool had_none = without_weights.contains(host);
        if (is_late(answer)) {
            late.insert(host);
            if (had_none || host->state == worker_state::sending) {
                round_.behind.insert(host->hello.name);
            }
        }
        if (answer.result == net::outcome::lost) {
            lost.push_back(place);
        } else {
            settle_answer(place, answer, had_none);
        }
    }
    for (const auto& who : late) {
        const wire::cancel message{round_.result.round};
        who->connection->send(net::frame(message_type::cancel, wire::to_meta(message)));
    }
    for (const auto& who : round_.hosts_of(places_)) {
        if (who->connection->is_open()) {
            set_state(setting_, *who, worker_state::ready);
        }
    }
    return lost;
}

/// Who gave no update is dropped, with the reason.
void client_training::settle_answer(std::size_t place, const net::gathered& answer, bool had_no_weights) {
    const auto& [result, code, reason, withdrawn] = answer;
    if (result == net::outcome::timed_out) {
        round_.late.insert(round_.hosts[place]->hello.name);
        round_.drop(setting_, place, net::to_string(result),
                    had_no_weights ? "it did not take the weights in time" : reason);
    } else if (result == net::outcome::refused && code == "invalid") {
        round_.drop(setting_, place, "invalid", reason);
    } else if (result != net::outcome::reply && result != net::outcome::cancelled) {
        const bool diverged = result == net::outcome::refused && code == wire::refusal_code::diverged;
        round_.diverged += diverged ? 1 : 0;
        round_.drop(setting_, place, net::to_string(result), reason);
    }
}

} // namespace fedasio::master
