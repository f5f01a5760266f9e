#include "parts.hpp"

#include <fedasio/net/memory_stream.hpp>
#include <fedasio/plan/plan.hpp>
#include <fedasio/wire/evaluate.hpp>
#include <fedasio/wire/hello.hpp>
#include <fedasio/wire/load.hpp>
#include <fedasio/wire/message_type.hpp>
#include <fedasio/wire/train.hpp>

#include <algorithm>
#include <utility>

namespace parts {

std::string plan_text(const std::string& more, const std::string& clients) {
    return R"({"model": {"input": [2], "layers": [{"type": "dense", "units": 2, "activation": "softmax"}]},
      "data": {"source": {"type": "csv", "train": "train.csv", "label": "label"},
               "partition": {"scheme": "iid"}}, "rounds": 10, )" +
           clients + more + "}";
}

std::string local_plan_text(const std::string& more) {
    auto text = plan_text(more);
    const std::string shared = R"("iid")";
    return text.replace(text.find(shared), shared.size(), R"("local")");
}

void do_as_asked(net::connection& self, const net::frame& asked) {
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

ground::ground(const std::string& plan)
    : given{world, world.executor(), events, {}, plan::parse_plan(plan, "plan"), {}}, state(given) {
    given.plan_digest = plan::plan_digest(given.plan);
    given.options.state_dir = folder.path();
    events.subscribe([this](const event& happened) { told.push_back(happened); });
    state.progress.begin_anew();
}

ground::~ground() {
    for (const auto& [id, who] : state.members.roster.all()) {
        who->connection->abort(net::errc::closed);
    }
    for (const auto& peer : scripted) {
        peer->abort(net::errc::closed);
    }
    world.settle();
}

void ground::build_model() {
    state.model.build(make_initial_model(given.plan.model, given.plan, 0));
}

worker_ptr ground::add(const std::string& name, script answer, std::uint32_t room) {
    auto ends = net::make_memory_streams(world.executor());
    net::runtime& rt = world;
    net::connection_options options;
    options.limits = {1U << 20, 1U << 20};
    const auto peer = std::make_shared<net::connection>(rt, std::move(ends.second), options);
    peer->on_frame(
        [self = peer.get(), answer = std::move(answer)](const net::frame& asked) { answer(*self, asked); });
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

worker_ptr ground::add(const std::string& name, std::uint32_t room) {
    auto ends = net::make_memory_streams(world.executor());
    peers.push_back(std::move(ends.second));
    wire::hello hello;
    hello.name = name;
    hello.clients = room;
    net::runtime& rt = world;
    return state.members.roster.admit(std::move(hello),
                                      std::make_shared<net::connection>(rt, std::move(ends.first)));
}

void ground::make_ready(const worker_ptr& who, const std::vector<client_id>& clients, std::uint64_t samples) {
    state.members.roster.assign(*who, clients);
    std::vector<wire::loaded::client_data> loaded;
    for (const auto client : clients) {
        loaded.emplace_back().client = client;
        loaded.back().samples = samples;
    }
    state.members.roster.host(*who, loaded, "digest");
    who->has_model = who->proof.is_proven = true;
}

bool ground::has_notice(const std::string& text) const {
    const auto found = all<noticed>();
    return std::ranges::any_of(found,
                               [&](const noticed& one) { return one.text.find(text) != std::string::npos; });
}

} // namespace parts
