#pragma once

#include <fedasio/master/roster.hpp>
#include <fedasio/net/memory_stream.hpp>
#include <fedasio/plan/plan.hpp>

#include "master/run_state.hpp"
#include "master/setting.hpp"
#include "net/virtual_runtime.hpp"
#include "scratch_directory.hpp"
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
};

} // namespace parts
