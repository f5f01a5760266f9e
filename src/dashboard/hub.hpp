#pragma once

#include <fedasio/dashboard/board.hpp>
#include <fedasio/dashboard/server.hpp>
#include <fedasio/master/commands.hpp>
#include <fedasio/net/event.hpp>
#include <fedasio/net/runtime.hpp>

#include <boost/asio/ip/tcp.hpp>

#include "router.hpp"
#include <list>
#include <memory>

namespace fedasio::dashboard {

using tcp = boost::asio::ip::tcp;

/// What the sessions of one server share.
struct hub {
    struct connection {
        tcp::socket* socket = nullptr;
        bool is_idle = false; ///< between two requests
    };

    hub(net::runtime& runtime, server_options limits, master::command_handler handler, std::string plan,
        std::span<const asset> assets, bool loopback_only);

    net::runtime& rt;
    server_options options;
    master::command_handler commands;
    archive_reader archive;
    board folded;
    router routes;
    /// Wakes every stream writer; set and reset at once, for nobody waits who has not looked before.
    net::event changed;
    std::list<connection> connections;
    std::size_t streams = 0;
    bool is_stopping = false;

    void wake();
};

/// Serves one connection until it is over. `overloaded`: answers 503 and closes.
awaitable<void> serve_connection(std::shared_ptr<hub> shared, tcp::socket socket, bool overloaded);

} // namespace fedasio::dashboard
