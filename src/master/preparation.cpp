#include "master/preparation.hpp"

#include <fedasio/data/data_description.hpp>
#include <fedasio/plan/limits.hpp>
#include <fedasio/store/digest.hpp>
#include <fedasio/text/rare_branch.hpp>
#include <fedasio/wire/initial.hpp>
#include <fedasio/wire/message_type.hpp>

#include <boost/json/object.hpp>

#include "master/advice.hpp"
#include "master/answers.hpp"
#include "master/cancelled.hpp"
#include "master/initial_model.hpp"
#include "master/requests.hpp"
#include "master/same_data.hpp"
#include "master/standing.hpp"
#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>

namespace fedasio::master {
namespace {

namespace message_type = wire::message_type;

constexpr auto pause_between_deals = std::chrono::seconds(1);
// Counts by class of all clients together: they stand in events and on the page.
constexpr std::size_t most_counts = 200'000;

} // namespace

preparation::preparation(const setting& given, run_state& state, newcomers& coming, waiting& wait,
                         test_data& tests)
    : setting_(given), state_(state), newcomers_(coming), waiting_(wait), tests_(tests),
      dealing_(given, state, coming) {}

net::awaitable<void> preparation::prepare(net::clock::time_point until) {
    co_await prepare(until, net::clock::time_point::max());
}

net::awaitable<void> preparation::prepare_within(net::clock::time_point end) {
    co_await prepare(end, end);
}

net::awaitable<void> preparation::prepare(net::clock::time_point until, net::clock::time_point end) {
    const auto& time = setting_.rt.time;
    bool ready = false;
    while (!ready && time.now() < until) {
        co_await throw_if_cancelled();
        state_.members.roster.changed().reset();
        co_await prepare_present(end);
        const auto patience = dealing_.owners_may_return_until();
        const bool complete = dealing_.everybody_hosts() && !newcomers_.are_awaited();
        ready = complete && time.now() >= patience;
        if (!ready) {
            const auto pause = complete ? patience : time.now() + pause_between_deals;
            co_await waiting_.wait_for_change(std::min(until, pause));
        }
    }
    co_await throw_if_cancelled();
    if (!ready) {
        newcomers_.stop_awaiting();
    }
}

net::awaitable<void> preparation::prepare_present(net::clock::time_point end) {
    const auto& here = state_.members.roster.all();
    const worker_id newest = here.empty() ? 0 : here.rbegin()->first;
    dealing_.deal();
    co_await load_datasets(end);
    co_await ask_for_model(end);
    co_await distribute_model(end);
    // Who came while the first ones loaded was too late to be dealt clients, too early to be offered a place.
    for (auto late = here.upper_bound(newest); late != here.end(); ++late) {
        newcomers_.offer_place(late->second);
    }
}

bool preparation::needs_somebody_back() const {
    const bool nobody_has_room = !has_nobody() && dealing_.everybody_hosts();
    return (setting_.is_local() || nobody_has_room) && !newcomers_.are_awaited();
}

void preparation::advise() {
    if (has_advised_) {
        return;
    }
    const auto& model = state_.model;
    std::vector<std::uint64_t> samples;
    std::size_t classes = model.schema() ? model.schema()->classes.size() : 0;
    state_.members.roster.each_host([&](client_id client, const worker_ptr& host) {
        const auto& data = host->data.hosted().at(client);
        samples.push_back(data.samples);
        classes = std::max(classes, data.labels.size());
    });
    has_advised_ = !samples.empty();
    if (!has_advised_) {
        return;
    }
    const auto* const network = model.network();
    const auto on_units = network == nullptr ? std::string() : advice_on_units(classes, *network);
    const auto on_outputs = network == nullptr ? std::string() : advice_on_outputs(setting_.plan);
    for (const auto& text : {on_units, on_outputs}) {
        if (!text.empty()) {
            setting_.notice(noticed::severity::warning, text);
        }
    }
    if (const auto text = advice_on_steps(setting_.plan.local, samples); !text.empty()) {
        setting_.notice(noticed::severity::info, text);
    }
}

/// Brings every worker's data up to date with the clients that it is to host.
net::awaitable<void> preparation::load_datasets(net::clock::time_point end) {
    std::vector<worker_ptr> whom;
    for (const auto& [id, who] : state_.members.roster.all()) {
        if (who->data.is_current()) {
            state_.progress.note_loaded();
        } else if (who->unusable.empty() && !who->data.assigned().empty()) {
            whom.push_back(who);
        }
    }
    if (whom.empty()) {
        co_return;
    }
    state_.progress.enter(phase::loading_dataset);
    for (const auto& who : whom) {
        set_state(setting_, *who, worker_state::loading);
    }
    if (setting_.is_table() && !state_.model.schema()) {
        co_await learn_schema(whom, end);
        if (!state_.model.schema()) {
            co_return;
        }
        std::erase_if(whom, [](const worker_ptr& who) { return !who->unusable.empty(); });
    }
    co_await tests_.load(state_.model);
    co_await ask_to_load(whom, end);
    compare_data(setting_, state_.members, newcomers_, whom);
}

/// One encoding for all tables, and the model if it had to wait for that.
net::awaitable<void> preparation::learn_schema(std::vector<worker_ptr> whom, net::clock::time_point end) {
    auto tables = co_await survey_tables(setting_, newcomers_, std::move(whom), deadline_before(end));
    if (!tables) {
        co_return;
    }
    auto& model = state_.model;
    if (!model.is_there()) {
        auto job = [&](const std::stop_token& stop) {
            return make_model_of_tables(tables->schema, setting_.plan, setting_.options.memory_bytes,
                                        [&stop] { return stop.stop_requested(); });
        };
        auto made = co_await setting_.offload(std::move(job));
        model.build(std::move(made));
        setting_.events.publish(model_built{model.arrays().size()});
    }
    check_schema(setting_, *tables, *model.network());
    setting_.events.publish(data_understood{data::describe(tables->schema, tables->owners, tables->notes)});
    for (auto& note : tables->notes) {
        setting_.notice(noticed::severity::warning, std::move(note));
    }
    model.encode_tables_as(std::move(tables->schema));
}

net::awaitable<void> preparation::ask_to_load(std::vector<worker_ptr> whom, net::clock::time_point end) {
    const auto holdout = holdout_of(setting_.plan);
    const auto* const network = state_.model.network();
    const auto classes = network == nullptr ? 0 : network->output().size();
    const bool trainer_has_data = plan::is_for_trainer(setting_.plan.source);
    const bool wants_labels = !plan::is_regression(setting_.plan) && !trainer_has_data &&
                              classes <= plan::limits::shown_classes &&
                              classes * state_.members.clients_total(setting_.plan) <= most_counts;
    std::vector<net::call> calls;
    for (const auto& who : whom) {
        const auto& clients = who->data.assigned();
        const auto request = load_request(setting_, state_, clients, wants_labels);
        calls.emplace_back(who->connection, net::frame(message_type::load, wire::to_meta(request)),
                           wire::limits::loaded(clients.size(), wants_labels ? classes : 0));
    }
    auto on_reply = [&](std::size_t index, net::frame& reply) -> std::string {
        auto& who = *whom[index];
        if (who.evicted) {
            return "it was sent away";
        }
        auto loaded = wire::read_loaded(reply.meta);
        auto objection = objection_to(loaded, who.data.assigned(), holdout, classes, trainer_has_data);
        if (objection.empty()) {
            take_loaded(who, std::move(loaded));
        }
        return objection;
    };
    const auto deadline = state_.progress.deadline();
    const net::gather_policy policy(std::min(deadline, end));
    const auto answers = co_await net::gather(setting_.rt, std::move(calls), policy, on_reply);
    if (end < deadline && setting_.rt.time.now() >= end) {
        text::passes(text::rare_branch::load_cut_short);
    }
    reject_silent(whom, answers);
}

/// It can host what it was asked to.
void preparation::take_loaded(worker& who, wire::loaded loaded) {
    worker_assigned event{who.id, {}, loaded.digest};
    for (const auto& client : loaded.clients) {
        event.clients.push_back({client.client, client.samples, client.labels});
    }
    if (loaded.left_out != 0) {
        setting_.notice(noticed::severity::warning,
                        who.hello.name + " leaves out " + std::to_string(loaded.left_out) +
                            (std::holds_alternative<data::image_source>(setting_.plan.source)
                                 ? " images that cannot be used; it has named them in its log"
                                 : " rows whose label is missing or of no known class"));
    }
    state_.members.roster.host(who, loaded.clients, std::move(loaded.digest));
    who.proof.is_proven = true;
    if (who.standing.state != wire::standing::kind::resting) {
        tell_standing(setting_, who, {});
    }
    state_.progress.note_loaded();
    set_state(setting_, who, worker_state::ready);
    setting_.events.publish(std::move(event));
}

/// Of the worker that has the first client, where the plan leaves the model to trainers.
net::awaitable<void> preparation::ask_for_model(net::clock::time_point end) {
    if (state_.model.is_there() || !setting_.plan.model_from_trainer) {
        co_return;
    }
    std::vector<worker_ptr> whom;
    state_.members.roster.each_host([&](client_id, const worker_ptr& host) {
        if (whom.empty()) {
            whom.push_back(host);
        }
    });
    if (whom.empty()) {
        co_return;
    }
    std::vector<net::call> calls;
    const wire::initial what{setting_.plan.seed};
    calls.emplace_back(whom[0]->connection, net::frame(message_type::initial, wire::to_meta(what)),
                       wire::limits::initial_arrays);
    std::optional<nn::model_arrays> arrays;
    net::payload values;
    auto on_reply = [&](std::size_t, net::frame& reply) -> std::string {
        auto told = wire::read_initial_arrays(reply.meta);
        if (reply.body.size() != told.arrays.size() * sizeof(float)) {
            return "its trainer begins with " + std::to_string(reply.body.size()) +
                   " bytes of weights, but its arrays have " +
                   std::to_string(told.arrays.size() * sizeof(float));
        }
        arrays = std::move(told.arrays);
        values = std::move(reply.body);
        values.leave_window(); // it is kept, and updates need the room
        return {};
    };
    const net::gather_policy policy(deadline_before(end));
    const auto answers = co_await net::gather(setting_.rt, std::move(calls), policy, on_reply);
    reject_silent(whom, answers);
    if (arrays) {
        co_await use_model(*whom[0], *std::move(arrays), std::move(values));
    }
}

/// A trainer begins with these.
net::awaitable<void> preparation::use_model(worker& from, nn::model_arrays arrays, net::payload values) {
    auto job = [floats = values.floats()] {
        const bool finite = std::ranges::all_of(floats, [](float one) { return std::isfinite(one); });
        return finite ? store::weights_sha256(floats) : std::string();
    };
    const auto digest = co_await setting_.offload(std::move(job));
    if (digest.empty()) {
        newcomers_.reject(from, "its trainer begins with values that are not finite");
        co_return;
    }
    const auto count = arrays.all().size();
    auto make = [&] { return make_own_model(std::move(arrays), std::move(values), setting_.plan); };
    auto made = co_await setting_.offload(std::move(make));
    state_.model.build(std::move(made));
    setting_.events.publish(model_built{state_.model.arrays().size()});
    setting_.notice(noticed::severity::info, "the model is that of the trainer at " + from.hello.name + ": " +
                                                 std::to_string(count) + " arrays, SHA-256 " + digest);
}

net::awaitable<void> preparation::distribute_model(net::clock::time_point end) {
    if (!state_.model.is_there()) {
        co_return;
    }
    std::vector<worker_ptr> whom;
    std::vector<net::call> calls;
    for (const auto& [id, who] : state_.members.roster.all()) {
        if (who->data.is_current() && !who->has_model) {
            const auto request = model_request(setting_, state_);
            whom.push_back(who);
            calls.emplace_back(who->connection, net::frame(message_type::model, wire::to_meta(request)),
                               short_meta);
        }
    }
    if (whom.empty()) {
        co_return;
    }
    state_.progress.enter(phase::distributing_model);
    auto on_reply = [&](std::size_t index, net::frame&) -> std::string {
        whom[index]->has_model = true;
        return {};
    };
    const net::gather_policy policy(deadline_before(end));
    const auto answers = co_await net::gather(setting_.rt, std::move(calls), policy, on_reply);
    reject_silent(whom, answers);
}

/// Who refused, or was too slow.
void preparation::reject_silent(const std::vector<worker_ptr>& whom,
                                const std::vector<net::gathered>& answers) {
    for (std::size_t i = 0; i < whom.size(); ++i) {
        const bool is_slow = answers[i].result == net::outcome::timed_out;
        if ((is_slow || answers[i].result == net::outcome::refused) && !whom[i]->evicted) {
            newcomers_.reject(*whom[i], why_left_out(answers[i]), is_slow);
        }
    }
}

} // namespace fedasio::master
