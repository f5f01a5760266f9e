#pragma once

#include <fedasio/master/roster.hpp>
#include <fedasio/net/memory_stream.hpp>
#include <fedasio/plan/plan.hpp>
#include <fedasio/wire/evaluate.hpp>
#include <fedasio/wire/load.hpp>
#include <fedasio/wire/message_type.hpp>
#include <fedasio/wire/train.hpp>

#include <boost/json/object.hpp>

#include "master/run_state.hpp"
#include "master/setting.hpp"
#include "net/virtual_runtime.hpp"
#include "scratch_directory.hpp"
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace parts {

using namespace fedasio;
using namespace fedasio::master;

/// A network of six parameters on tables; the keys in `more` come after them.
inline std::string plan_text(const std::string& more = {}, const std::string& clients = R"("clients": 3)") {
    return R"({"model": {"input": [2], "layers": [{"type": "dense", "units": 2, "activation": "softmax"}]},
      "data": {"source": {"type": "csv", "train": "train.csv", "label": "label"},
               "partition": {"scheme": "iid"}}, "rounds": 10, )" +
           clients + more + "}";
}

/// The same where each worker brings data of its own.
inline std::string local_plan_text(const std::string& more = {}) {
    auto text = plan_text(more);
    const std::string shared = R"("iid")";
    return text.replace(text.find(shared), shared.size(), R"("local")");
}

/// Does what it is asked to: its clients have ten samples to train on and two to test with, learn to have 1
/// for every weight, and are right about one of the two.
inline void do_as_asked(net::connection& self, const net::frame& asked) {
    namespace message = wire::message_type;
    if (!asked.is_request()) {
        return;
    }
    if (asked.type == message::load) {
        wire::loaded loaded;
        for (const auto client : wire::read_load(asked.meta).clients) {
            loaded.clients.push_back({client, 10, 2});
        }
        self.reply(asked, wire::to_meta(loaded));
    } else if (asked.type == message::train) {
        const auto request = wire::read_train(asked.meta);
        const wire::update update{request.round, request.client, 10, 0.5, 0.75, 0.1};
        self.reply(asked, wire::to_meta(update), to_payload(std::vector<float>(6, 1.0F)));
    } else if (asked.type == message::evaluate) {
        wire::evaluation result;
        result.client = wire::read_evaluate(asked.meta).client;
        result.samples = 2;
        result.loss_sum = 1;
        result.correct = 1;
        self.reply(asked, wire::to_meta(result));
    } else {
        self.reply(asked);
    }
}

/// What the parts of a run stand on, under a virtual clock: all that they do is done in the calls of `world`,
/// what they offload too.
struct ground {
    explicit ground(const std::string& plan = plan_text())
        : given{world, world.executor(), events, {}, plan::parse_plan(plan, "plan"), {}}, state(given) {
        given.plan_digest = plan::plan_digest(given.plan);
        given.options.state_dir = folder.path();
        events.subscribe([this](const event& happened) { told.push_back(happened); });
        state.progress.begin_anew();
    }

    /// The model as it begins.
    void build_model() { state.model.build(make_initial_model(given.plan.model, given.plan, 0)); }

    ~ground() {
        for (const auto& [id, who] : state.members.roster.all()) {
            who->connection->abort(net::errc::closed);
        }
        for (const auto& peer : scripted) {
            peer->abort(net::errc::closed);
        }
        world.settle();
    }

    ground(const ground&) = delete;
    ground& operator=(const ground&) = delete;

    /// What a worker does with a request that it got on its connection.
    using script = std::function<void(net::connection&, const net::frame&)>;

    /// A worker whose other end answers by this script, and gets what it is sent.
    worker_ptr add(const std::string& name, script answer, std::uint32_t room = 0) {
        auto ends = net::make_memory_streams(world.executor());
        net::runtime& rt = world;
        net::connection_options options;
        options.limits = {1U << 20, 1U << 20};
        const auto peer = std::make_shared<net::connection>(rt, std::move(ends.second), options);
        peer->on_frame([self = peer.get(), answer = std::move(answer)](const net::frame& asked) {
            answer(*self, asked);
        });
        scripted.push_back(peer);
        wire::hello hello;
        hello.name = name;
        hello.clients = room;
        const auto who = state.members.roster.admit(
            std::move(hello), std::make_shared<net::connection>(rt, std::move(ends.first), options));
        peer->start();
        who->connection->start();
        return who;
    }

    /// A worker with a connection whose other end says nothing.
    worker_ptr add(const std::string& name, std::uint32_t room = 0) {
        auto ends = net::make_memory_streams(world.executor());
        peers.push_back(std::move(ends.second));
        wire::hello hello;
        hello.name = name;
        hello.clients = room;
        net::runtime& rt = world;
        return state.members.roster.admit(std::move(hello),
                                          std::make_shared<net::connection>(rt, std::move(ends.first)));
    }

    /// It was dealt these clients, has loaded `samples` of each, and has the model.
    void make_ready(const worker_ptr& who, const std::vector<client_id>& clients,
                    std::uint64_t samples = 10) {
        state.members.roster.assign(*who, clients);
        std::vector<wire::loaded::client_data> loaded;
        for (const auto client : clients) {
            loaded.emplace_back().client = client;
            loaded.back().samples = samples;
        }
        state.members.roster.host(*who, loaded, "digest");
        who->has_model = who->proof.is_proven = true;
    }

    /// What was told of this kind, in order.
    template <class Event>
    [[nodiscard]] std::vector<Event> all() const {
        std::vector<Event> found;
        for (const auto& happened : told) {
            if (const auto* one = std::get_if<Event>(&happened.what)) {
                found.push_back(*one);
            }
        }
        return found;
    }

    /// Some notice has this text in it.
    [[nodiscard]] bool has_notice(const std::string& text) const {
        for (const auto& one : all<noticed>()) {
            if (one.text.find(text) != std::string::npos) {
                return true;
            }
        }
        return false;
    }

    test::scratch_directory folder;
    net::testing::virtual_runtime world;
    event_source events{world.time()};
    std::vector<event> told;
    setting given;
    run_state state;
    std::vector<std::unique_ptr<net::stream>> peers;
    std::vector<net::connection_ptr> scripted;
};

} // namespace parts
