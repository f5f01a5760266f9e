#include "master/newcomers.hpp"

#include <fedasio/text/rare_branch.hpp>
#include <fedasio/wire/message_type.hpp>
#include <fedasio/wire/standing.hpp>

#include <boost/asio/this_coro.hpp>
#include <boost/json/object.hpp>

#include "master/answers.hpp"
#include "master/requests.hpp"
#include "master/standing.hpp"
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

bool knows_strategy(const worker& who, const method::strategy& strategy) {
    return !strategy.has_client_half() ||
           std::ranges::find(who.hello.strategies, strategy.name()) != who.hello.strategies.end();
}

newcomers::newcomers(const setting& given, run_state& state)
    : setting_(given), state_(state), members_(state.members), joining_(given.rt.executor) {}

void newcomers::begin_training() {
    for (const auto& [id, who] : members_.roster.all()) {
        who->proof.next_offer.reset();
        who->proof.rejections = 0;
        who->proof.is_slow = false;
        who->proof.is_awaited = true;
        if (!who->evicted) {
            who->unusable.clear();
        }
    }
}

net::awaitable<void> newcomers::end_training() {
    joining_.cancel();
    co_await joining_.join();
}

void newcomers::reject(worker& who, const std::string& reason, bool is_slow) {
    // An owner that never had usable data does not keep a client that another owner could be.
    if (setting_.is_local() && who.data.hosted().empty() &&
        members_.participation.rounds_of(who.hello.name) == 0) {
        members_.owners.forget(who.hello.name);
    }
    text::passes(text::rare_branch::worker_left_out);
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
    set_state(setting_, who, worker_state::joined);
    tell_standing(setting_, who, {standing::kind::left_out, reason});
}

/// In a training under way a newcomer loads beside the rounds, and so does who was rejected before.
void newcomers::offer_place(const worker_ptr& who) {
    if (knows_strategy(*who, *setting_.plan.strategy) && state_.progress.asked.is_training() &&
        state_.progress.has_loaded() && who->is_here() && !who->proof.is_proven && !who->proof.is_proving) {
        who->proof.is_proving = true;
        joining_.spawn(prove(who));
    }
}

/// Lets a worker load its data and take the model once, so that what the round asks of it later is done in a
/// moment; then it is dealt clients as the others are.
net::awaitable<void> newcomers::prove(worker_ptr who) {
    co_await boost::asio::this_coro::throw_if_cancelled(false);
    const auto client =
        setting_.is_local()
            ? members_.owners.client_of(who->hello.name).value_or(members_.owners.first_free())
            : 0;
    set_state(setting_, *who, worker_state::loading);
    auto request = load_request(setting_, state_, {client}, false);
    request.clients_total = std::max(request.clients_total, client + 1);
    net::frame load(message_type::load, wire::to_meta(request));
    auto answer =
        co_await who->connection->request(std::move(load), short_meta, setting_.rt.time.now() + time_to_load);
    if (answer.result == net::outcome::reply && !who->evicted) {
        net::frame model(message_type::model, wire::to_meta(model_request(setting_, state_)));
        answer = co_await who->connection->request(std::move(model), short_meta, state_.progress.deadline());
    }
    who->proof.is_proving = false;
    if (who->evicted || !who->connection->is_open()) {
        co_return;
    }
    if (answer.result == net::outcome::reply) {
        text::passes(text::rare_branch::newcomer_proved);
        who->proof.is_proven = who->has_model = true;
        who->unusable.clear();
        set_state(setting_, *who, worker_state::ready);
        members_.roster.changed().set();
    } else if (answer.result == net::outcome::refused || answer.result == net::outcome::timed_out) {
        reject(*who, answer.reason.empty() ? net::to_string(answer.result) : answer.reason);
    }
}

bool newcomers::are_awaited() const {
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
bool newcomers::is_expected_back(const std::string& owner) const {
    const auto* const left = members_.owners.absence_of(owner);
    return left == nullptr || setting_.rt.time.now() < left->since + state_.progress.patience();
}

void newcomers::stop_awaiting() {
    for (const auto& [id, who] : members_.roster.all()) {
        who->proof.is_awaited = who->proof.is_awaited && !who->proof.is_proving;
    }
}

} // namespace fedasio::master
