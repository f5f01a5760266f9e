#pragma once

#include <fedasio/master/events.hpp>
#include <fedasio/net/connection.hpp>
#include <fedasio/wire/hello.hpp>
#include <fedasio/wire/load.hpp>
#include <fedasio/wire/standing.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace fedasio::master {

/// The clients that a worker is to host, and what it has loaded of them. Only the roster changes it, since it
/// keeps an index of who hosts whom.
class hosting {
public:
    using counts = std::map<client_id, wire::loaded::client_data>;

    [[nodiscard]] const std::vector<client_id>& assigned() const noexcept { return assigned_; }

    [[nodiscard]] const counts& hosted() const noexcept { return hosted_; }

    /// `hosted` is what `assigned` asks for.
    [[nodiscard]] bool is_current() const noexcept { return is_current_; }

    /// Of what it loaded last; empty: not told.
    [[nodiscard]] const std::string& digest() const noexcept { return digest_; }

private:
    friend class roster;

    std::vector<client_id> assigned_;
    counts hosted_;
    std::string digest_;
    bool is_current_ = false;
};

/// Whether a worker has shown that it can take part, and when it may try again.
struct trial {
    bool is_proven = false;  ///< it has loaded its data and, unless it was told it with the others, the model
    bool is_proving = false; ///< it loads them beside the rounds
    bool is_awaited = true;  ///< while it loads, a round that needs it may wait for it
    bool is_slow = false;    ///< `unusable` because it did not load in time
    unsigned rejections = 0; ///< in this training
    std::unique_ptr<net::alarm> next_offer;
};

/// A connected worker, and what it has been given so far.
struct worker {
    worker_id id = 0;
    wire::hello hello;
    net::connection_ptr connection;
    worker_state state = worker_state::joined;
    hosting data;
    trial proof;
    bool has_model = false;
    std::uint32_t weights_version = 0; ///< 0: none
    net::clock::time_point measured;   ///< when its last measurements were published

    std::string unusable;    ///< why it gets no clients, if so
    wire::standing standing; ///< as it was told
    bool evicted = false;    ///< said goodbye to; it is here until it has gone

    /// Connected for certain.
    [[nodiscard]] bool is_here() const { return connection->is_open() && !evicted; }
};

using worker_ptr = std::shared_ptr<worker>;

/// The workers that are connected, by number, by name and by the clients that they host: each is found in
/// O(log n) of n workers. Numbers rise in order of arrival and are never used twice; no two have one name.
class roster {
public:
    explicit roster(net::runtime& rt) : changed_(rt.executor) {}

    worker_ptr admit(wire::hello hello, net::connection_ptr connection);
    void remove(const worker_ptr& who);

    [[nodiscard]] const std::map<worker_id, worker_ptr>& all() const noexcept { return workers_; }

    /// Null if there is none.
    [[nodiscard]] worker_ptr find(worker_id id) const;
    [[nodiscard]] worker_ptr find(std::string_view name) const;

    [[nodiscard]] bool has_name(const std::string& name) const { return names_.contains(name); }

    /// Somebody of this name is connected for certain.
    [[nodiscard]] bool is_here(std::string_view name) const;

    /// Whether together they have room for so many clients. `one_each`: none takes more than one, whatever it
    /// says.
    [[nodiscard]] bool has_room_for(std::uint64_t clients, bool one_each) const;

    /// What `who` is to host. If that changes, it has nothing of it yet.
    void assign(worker& who, std::vector<client_id> clients);
    /// `who` has loaded the data of all that it was assigned. Nobody else hosts them any more.
    void host(worker& who, const std::vector<wire::loaded::client_data>& clients, std::string digest);
    /// It hosts nobody any more.
    void forget_data(worker& who);
    /// As if all had just come: for another run.
    void begin_anew();

    /// The worker that has loaded this client's data and can be asked; null if there is none.
    [[nodiscard]] worker_ptr host_of(client_id client) const;

    /// `what(client, worker)` for every client with such a worker, in the order of the clients. It must not
    /// change who hosts whom.
    template <class Function>
    void each_host(Function what) const {
        for (std::size_t client = 0; client < hosts_.size(); ++client) {
            if (const auto& who = hosts_[client]; who && who->connection->is_open()) {
                what(static_cast<client_id>(client), who);
            }
        }
    }

    /// Set whenever somebody comes or goes; whoever waits resets it.
    [[nodiscard]] net::event& changed() noexcept { return changed_; }

    [[nodiscard]] const net::event& changed() const noexcept { return changed_; }

    /// Bytes to and from all workers since the start, those that left included.
    [[nodiscard]] std::uint64_t bytes_sent() const;
    [[nodiscard]] std::uint64_t bytes_received() const;

    /// What must always hold and does not; empty: all does.
    [[nodiscard]] std::string broken_invariant() const;

private:
    std::map<worker_id, worker_ptr> workers_;
    std::map<std::string, worker_ptr, std::less<>> names_;
    std::vector<worker_ptr> hosts_; ///< by client; those of lost connections too, as long as they are here
    std::uint64_t room_ = 0;        ///< of those that name a bound
    std::size_t unbounded_ = 0;     ///< the others
    net::event changed_;
    worker_id last_id_ = 0;
    std::uint64_t departed_sent_ = 0;
    std::uint64_t departed_received_ = 0;
};

} // namespace fedasio::master
