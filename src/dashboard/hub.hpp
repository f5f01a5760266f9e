#pragma once

#include <fedasio/dashboard/board.hpp>
#include <fedasio/dashboard/server.hpp>
#include <fedasio/master/commands.hpp>
#include <fedasio/net/event.hpp>
#include <fedasio/net/runtime.hpp>

#include "gate.hpp"
#include "router.hpp"
#include "wire.hpp"
#include <cstdint>
#include <list>
#include <map>
#include <memory>
#include <string>

namespace fedasio::dashboard {

/// What the sessions of one server share.
struct hub {
    struct connection {
        wire* line = nullptr;
        bool is_idle = false; ///< between two requests
    };

    hub(net::runtime& runtime, server_options limits, master::command_handler handler,
        std::span<const asset> assets, const server_protection& rules, bool loopback_only,
        std::uint16_t port);

    net::runtime& rt;
    server_options options;
    master::command_handler commands;
    archive_reader archive;
    board folded;
    router routes;
    gate entrance;
    std::string content_policy; ///< of every answer
    bool may_be_framed = false;
    /// Wake stream writers; set and reset at once, for nobody waits who has not looked before.
    net::event changed; ///< with each event
    net::event paced;   ///< at most once in `stream_interval`: who takes many events in one message
    std::unique_ptr<net::alarm> next_pace;
    bool has_news = false; ///< since `paced` was set

    /// The last message of many events, for all clients that are at the same place.
    struct {
        std::uint64_t after = 0;
        std::uint64_t last = 0;
        shared_text text;
    } batch;

    std::list<connection> connections;
    std::map<std::string, std::size_t> connections_from; ///< by host
    std::size_t streams = 0;
    std::size_t bytes_to_send = 0; ///< of answers under way
    std::size_t bytes_to_read = 0; ///< at most, of what viewers are sending
    std::size_t predictions = 0;   ///< under way
    std::size_t histograms = 0;    ///< likewise
    bool is_stopping = false;

    /// Everybody, at once.
    void wake();
    /// That there is an event.
    void tell();
    void pace();
    /// As many of the events after `place` as one message may hold; moves the place.
    shared_text batch_after(std::uint64_t& place);
};

/// Serves one connection until it is over. `overloaded`: answers 503 and closes.
awaitable<void> serve_connection(std::shared_ptr<hub> shared, std::unique_ptr<net::stream> fresh,
                                 bool overloaded);

} // namespace fedasio::dashboard
