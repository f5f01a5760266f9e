#pragma once

#include <fedasio/master/roster.hpp>
#include <fedasio/master/stranger_log.hpp>
#include <fedasio/net/connection.hpp>
#include <fedasio/net/frame.hpp>
#include <fedasio/net/receive_window.hpp>
#include <fedasio/net/runtime.hpp>
#include <fedasio/net/stream.hpp>

#include "master/newcomers.hpp"
#include "master/run_state.hpp"
#include "master/setting.hpp"
#include <memory>
#include <string>
#include <utility>

namespace fedasio::master {

/// Workers that come and go: from a stranger's first frame to the end of its connection.
class admission {
public:
    admission(const setting& given, run_state& state, newcomers& coming);

    /// Serves one worker from its hello to its end: the session of a net::listener.
    net::awaitable<void> admit(std::unique_ptr<net::stream> wire);

    /// A peer that did not become a worker, and why; of many only their number is told.
    void turned_away(std::string what) { strangers_.add(std::move(what)); }

    /// The run is over: who is turned away from now on is not told of.
    void end() { strangers_.end(); }

private:
    worker_ptr introduce(net::connection& connection, const net::frame& first,
                         const std::string& proved_name);
    void hear(worker& who, const net::frame& message);
    void part_from(const worker_ptr& who, bool is_graceful);

    std::shared_ptr<net::receive_window> window_; ///< for the updates of all
    const setting& setting_;
    members& members_;
    const progress& progress_;
    newcomers& newcomers_;
    stranger_log strangers_;
};

} // namespace fedasio::master
