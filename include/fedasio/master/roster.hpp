#pragma once

#include <fedasio/master/events.hpp>
#include <fedasio/net/connection.hpp>
#include <fedasio/wire/hello.hpp>
#include <fedasio/wire/load.hpp>
#include <fedasio/wire/standing.hpp>

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace fedasio::master {

/// A connected worker, and what it has been given so far.
struct worker {
    worker_id id = 0;
    wire::hello hello;
    net::connection_ptr connection;
    worker_state state = worker_state::joined;

    std::vector<client_id> assigned;                       ///< what it is to host
    std::map<client_id, wire::loaded::client_data> hosted; ///< what it has loaded
    std::string data_digest;                               ///< of what it has loaded; empty: not told
    bool data_current = false;                             ///< `hosted` is what `assigned` asks for
    bool has_model = false;
    std::uint32_t weights_version = 0; ///< 0: none
    net::clock::time_point measured;   ///< when its last measurements were published
    bool is_proven = false;  ///< it has loaded its data and, unless it was told it with the others, the model
    bool is_proving = false; ///< it loads them beside the rounds
    bool is_awaited = true;  ///< while it loads, a round that needs it may wait for it
    bool is_slow = false;    ///< `unusable` because it did not load in time
    unsigned rejections = 0; ///< in this training
    std::unique_ptr<net::alarm> next_offer;

    std::string unusable;    ///< why it gets no clients, if so
    wire::standing standing; ///< as it was told
    bool evicted = false;    ///< said goodbye to; it is here until it has gone
};

using worker_ptr = std::shared_ptr<worker>;

/// The workers that are connected, by number. Numbers rise in order of arrival and are never used twice.
class roster {
public:
    explicit roster(net::runtime& rt) : changed_(rt.executor) {}

    worker_ptr admit(wire::hello hello, net::connection_ptr connection);
    void remove(const worker_ptr& who);
    [[nodiscard]] bool has_name(const std::string& name) const;

    [[nodiscard]] const std::map<worker_id, worker_ptr>& all() const noexcept { return workers_; }

    /// The worker that has loaded this client's data; null if there is none.
    [[nodiscard]] worker_ptr host_of(client_id client) const;
    /// Every client whose data is loaded somewhere, and where.
    [[nodiscard]] std::map<client_id, worker_ptr> hosts() const;

    /// Set whenever somebody comes or goes; whoever waits resets it.
    [[nodiscard]] net::event& changed() noexcept { return changed_; }

    [[nodiscard]] const net::event& changed() const noexcept { return changed_; }

    /// Bytes to and from all workers since the start, those that left included.
    [[nodiscard]] std::uint64_t bytes_sent() const;
    [[nodiscard]] std::uint64_t bytes_received() const;

private:
    std::map<worker_id, worker_ptr> workers_;
    net::event changed_;
    worker_id last_id_ = 0;
    std::uint64_t departed_sent_ = 0;
    std::uint64_t departed_received_ = 0;
};

} // namespace fedasio::master
