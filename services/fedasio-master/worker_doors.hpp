#pragma once

#include <fedasio/master/run.hpp>
#include <fedasio/net/listener.hpp>
#include <fedasio/net/nursery.hpp>
#include <fedasio/net/runtime.hpp>
#include <fedasio/net/tcp.hpp>

#include "program/child_processes.hpp"
#include "settings.hpp"
#include <optional>
#include <string>

namespace fedasio::program {

/// Where workers come in: at the address that was asked for; and those that this master spawns, which have
/// no certificates, beside --tls through a door of their own on the loopback interface.
class worker_doors {
public:
    /// Listens from now on. Throws std::runtime_error with a remedy if it cannot, or if nothing protects an
    /// address that others reach.
    worker_doors(net::runtime& rt, const settings& from, master::run& run);

    [[nodiscard]] const net::address& local() const noexcept { return outer_.local; }

    /// Brings each worker to the run, until stop().
    void open(net::nursery& services);
    void stop();

    /// As many as the settings say. Throws std::system_error.
    void spawn_workers(child_processes& children) const;

private:
    struct door {
        door(net::runtime& rt, std::unique_ptr<net::acceptor> acceptor, const protection_options& protection,
             const news_handler& warn, net::listener::error_handler on_error);

        net::address local;
        net::listener listener;
    };

    master::run& run_;
    settings spawned_; ///< what spawned workers are given
    door outer_;
    std::optional<door> inner_;
};

} // namespace fedasio::program
