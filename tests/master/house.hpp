#pragma once

#include <fedasio/master/run.hpp>
#include <fedasio/net/event.hpp>
#include <fedasio/net/listener.hpp>
#include <fedasio/net/memory_stream.hpp>
#include <fedasio/net/nursery.hpp>
#include <fedasio/worker/worker.hpp>

#include <boost/asio/thread_pool.hpp>

#include "net/live_runtime.hpp"
#include "scratch_directory.hpp"
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace house {

using namespace fedasio;

/// A table that two classes share, and a plan that learns it in fractions of a second.
std::string table(int rows);
std::string plan_text(const std::filesystem::path& table, const std::string& more = R"(, "rounds": 2)");

/// A master and its workers in this process, without sockets.
class federation_of {
public:
    federation_of(const plan::plan& plan, master::run_options options);
    ~federation_of();
    federation_of(const federation_of&) = delete;
    federation_of& operator=(const federation_of&) = delete;

    void add_worker(const std::string& name, bool tell_labels = true);

    /// One that says hello and goes, again and again.
    void add_flapping_worker(const std::string& name);

    net::awaitable<master::command_answer> order(master::command what) {
        return run_.execute(std::move(what));
    }

    /// Serves while the script goes on, or until the master ends by itself.
    void play(net::awaitable<void> script);
    /// Within the script: until an event made this true. Throws when nothing happens any more.
    net::awaitable<void> until(std::function<bool()> condition);

    template <class Event>
    [[nodiscard]] std::vector<Event> all() const {
        std::vector<Event> found;
        for (const auto& happened : events) {
            if (const auto* one = std::get_if<Event>(&happened.what)) {
                found.push_back(*one);
            }
        }
        return found;
    }

    std::vector<master::event> events;
    master::phase now = master::phase::waiting;

private:
    net::testing::live_runtime live_;
    net::runtime& rt_ = live_;
    boost::asio::thread_pool pool_{2};
    master::event_source source_{rt_.time};
    master::run run_;
    net::memory_network network_;
    net::listener listener_;
    net::nursery everybody_{rt_.executor};
    net::nursery serving_{rt_.executor};
    net::event news_{rt_.executor};
};

} // namespace house
