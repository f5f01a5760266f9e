#include <fedasio/wire/message_type.hpp>
#include <fedasio/wire/standing.hpp>

#include <boost/asio/this_coro.hpp>
#include <boost/json/object.hpp>

#include "master/answers.hpp"
#include "master/machine.hpp"
#include <algorithm>
#include <utility>

namespace fedasio::master {
namespace {

namespace message_type = wire::message_type;
using standing = wire::standing;

constexpr auto first_pause = std::chrono::seconds(1);
constexpr auto longest_pause = std::chrono::minutes(5);
/// A disk that hangs is asked once, and has as long as it likes: nobody waits for it.
constexpr auto time_to_load = std::chrono::hours(24);

/// Doubles with each rejection.
net::clock::duration pause_after(unsigned rejections) {
    const auto doublings = std::min(rejections, 10U) - 1;
    return std::min<net::clock::duration>(first_pause * (1U << doublings), longest_pause);
}

} // namespace

/// It gets no clients, until its data does when it is offered a place again: after a while, beside the
/// rounds.
void machine::reject(worker& who, const std::string& reason, bool is_slow) {
    // An owner that never had usable data does not keep a client that another owner could be.
    if (setting_.is_local() && who.data.hosted().empty() &&
        members_.participation.rounds_of(who.hello.name) == 0) {
        members_.owners.forget(who.hello.name);
    }
    who.unusable = reason;
    who.proof.is_slow = is_slow;
    members_.roster.assign(who, {});
    who.has_model = false;
    who.proof.is_proven = false;
    who.proof.is_awaited = false;
    who.weights_version = 0;
    ++who.proof.rejections;
    const auto pause = is_slow ? net::clock::duration::zero() : pause_after(who.proof.rejections);
    who.proof.next_offer = setting_.rt.time.at(setting_.rt.time.now() + pause, [this, id = who.id] {
        if (const auto rejected = members_.roster.find(id)) {
            offer_place(rejected);
        }
    });
    members_.roster.changed().set();
    set_state(who, worker_state::joined);
    tell_standing(who, {standing::kind::left_out, reason});
}

/// In the worker's own log too: the people who can mend it read that one.
void machine::tell_standing(worker& who, wire::standing now) {
    if (now.state == who.standing.state && now.reason == who.standing.reason) {
        return;
    }
    who.standing = now;
    who.connection->send(net::frame(message_type::standing, wire::to_meta(now)));
    setting_.events.publish(worker_standing{who.id, who.hello.name, now.state, now.reason});
    if (now.state == standing::kind::left_out) {
        setting_.notice(noticed::severity::error, who.hello.name + " cannot take part: " + now.reason);
    } else if (now.state == standing::kind::no_client) {
        setting_.notice(noticed::severity::warning, who.hello.name + " has no client: " + now.reason);
    } else if (now.state == standing::kind::resting) {
        setting_.notice(noticed::severity::warning, who.hello.name + " is asked less often: " + now.reason);
    }
}

/// In a training under way a newcomer loads beside the rounds, and so does who was rejected before.
void machine::offer_place(const worker_ptr& who) {
    if (knows_strategy(*who) && progress_.asked.is_training() && progress_.has_loaded() && who->is_here() &&
        !who->proof.is_proven && !who->proof.is_proving) {
        who->proof.is_proving = true;
        joining_.spawn(prove(who));
    }
}

/// Lets a worker load its data and take the model once, so that what the round asks of it later is done in a
/// moment; then it is dealt clients as the others are.
net::awaitable<void> machine::prove(worker_ptr who) {
    co_await boost::asio::this_coro::throw_if_cancelled(false);
    const auto client =
        setting_.is_local()
            ? members_.owners.client_of(who->hello.name).value_or(members_.owners.first_free())
            : 0;
    set_state(*who, worker_state::loading);
    auto request = load_request({client}, false);
    request.clients_total = std::max(request.clients_total, client + 1);
    net::frame load(message_type::load, wire::to_meta(request));
    auto answer =
        co_await who->connection->request(std::move(load), short_meta, setting_.rt.time.now() + time_to_load);
    if (answer.result == net::outcome::reply && !who->evicted) {
        net::frame model(message_type::model, wire::to_meta(model_request()));
        answer = co_await who->connection->request(std::move(model), short_meta, progress_.deadline());
    }
    who->proof.is_proving = false;
    if (who->evicted || !who->connection->is_open()) {
        co_return;
    }
    if (answer.result == net::outcome::reply) {
        who->proof.is_proven = who->has_model = true;
        who->unusable.clear();
        set_state(*who, worker_state::ready);
        members_.roster.changed().set();
    } else if (answer.result == net::outcome::refused || answer.result == net::outcome::timed_out) {
        reject(*who, answer.reason.empty() ? net::to_string(answer.result) : answer.reason);
    }
}

/// Whether a round had better wait for somebody who is loading: without it not every client that the round
/// needs has a worker, and it has not been waited for in vain before.
bool machine::newcomer_is_awaited() const {
    std::uint64_t room = 0;
    std::uint64_t owners = 0;
    bool loads = false;
    for (const auto& [id, who] : members_.roster.all()) {
        const bool is_here = who->is_here() && who->unusable.empty();
        const bool is_owner = setting_.is_local() && members_.owners.contains(who->hello.name);
        if (is_here && who->proof.is_proven) {
            room += who->hello.clients == 0 ? setting_.plan.clients : who->hello.clients;
            owners += is_owner ? 1 : 0;
        }
        loads = loads || (is_here && who->proof.is_proving && who->proof.is_awaited &&
                          (!setting_.is_local() || (is_owner && is_expected_back(who->hello.name))));
    }
    return loads && (setting_.is_local() ? owners < members_.owners.needed(setting_.plan)
                                         : room < setting_.plan.clients);
}

/// An owner that has not contributed for the time of a step since it left is not waited for, however often it
/// comes.
bool machine::is_expected_back(const std::string& owner) const {
    const auto* const left = members_.owners.absence_of(owner);
    return left == nullptr || setting_.rt.time.now() < left->since + progress_.patience();
}

/// What was waited for in vain once is not waited for again: it may still come.
void machine::stop_awaiting() {
    for (const auto& [id, who] : members_.roster.all()) {
        who->proof.is_awaited = who->proof.is_awaited && !who->proof.is_proving;
    }
}

} // namespace fedasio::master
