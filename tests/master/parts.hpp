#pragma once

#include <fedasio/master/events.hpp>
#include <fedasio/master/roster.hpp>
#include <fedasio/net/connection.hpp>
#include <fedasio/net/frame.hpp>
#include <fedasio/net/stream.hpp>

#include "master/run_state.hpp"
#include "master/setting.hpp"
#include "net/virtual_runtime.hpp"
#include "scratch_directory.hpp"
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <variant>
#include <vector>

namespace parts {

using namespace fedasio;
using namespace fedasio::master;

/// A network of six parameters on tables; the keys in `more` come after them.
std::string plan_text(const std::string& more = {}, const std::string& clients = R"("clients": 3)");

/// The same where each worker brings data of its own.
std::string local_plan_text(const std::string& more = {});

/// Does what it is asked to: its clients have ten samples to train on and two to test with, learn to have 1
/// for every weight, and are right about one of the two.
void do_as_asked(net::connection& self, const net::frame& asked);

/// What the parts of a run stand on, under a virtual clock: all that they do is done in the calls of `world`,
/// what they offload too.
struct ground {
    explicit ground(const std::string& plan = plan_text());
    ~ground();
    ground(const ground&) = delete;
    ground& operator=(const ground&) = delete;

    /// The model as it begins.
    void build_model();

    /// What a worker does with a request that it got on its connection.
    using script = std::function<void(net::connection&, const net::frame&)>;

    /// A worker whose other end answers by this script, and gets what it is sent.
    worker_ptr add(const std::string& name, script answer, std::uint32_t room = 0);

    /// A worker with a connection whose other end says nothing.
    worker_ptr add(const std::string& name, std::uint32_t room = 0);

    /// It was dealt these clients, has loaded `samples` of each, and has the model.
    void make_ready(const worker_ptr& who, const std::vector<client_id>& clients, std::uint64_t samples = 10);

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
    [[nodiscard]] bool has_notice(const std::string& text) const;

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
