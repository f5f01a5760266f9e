#pragma once

#include <fedasio/net/reconnect.hpp>
#include <fedasio/net/stream.hpp>

#include "sim/world.hpp"
#include <cstddef>
#include <memory>
#include <set>
#include <string>
#include <vector>

namespace fedasio::sim {

/// What may happen to bytes on their way; the probabilities are per write.
struct weather {
    double corrupt = 0;    ///< one bit turns over
    double reset = 0;      ///< the connection breaks; what is on its way is lost
    double half_close = 0; ///< one side hears the end of the other, which goes on
    double stall = 0;      ///< nothing arrives for up to 20 s
    double refuse = 0;     ///< a dial fails; some only after a while
    duration delay = std::chrono::milliseconds(5);
};

/// Streams between processes. Writes are split and delayed, each connection on its own, so that what
/// different peers send overtakes each other; bytes of one connection keep their order.
class network {
public:
    explicit network(world& in);
    network(const network&) = delete;
    network& operator=(const network&) = delete;
    ~network();

    /// One listener at a time.
    [[nodiscard]] std::unique_ptr<net::acceptor> listen(process& where);
    [[nodiscard]] net::dialer dial_from(process& where);

    /// Cuts a process off: nothing passes, and nobody notices, until `heal`.
    void cut(const std::string& name);
    void heal();
    /// The machine of a process is gone: its peers hear nothing of it. Before `process::kill`.
    void lose(const process& dead);
    /// Breaks one of the connections of a process.
    void break_one(const process& of);

    [[nodiscard]] std::size_t open_streams() const noexcept;

    weather now;

private:
    struct pipe;
    struct connection;
    struct booth;
    class end;
    class door;

    static net::awaitable<net::opened> dial(network& in, process& where);

    world& world_;
    std::set<std::string> cut_off_;
    std::shared_ptr<booth> listening_;
    std::vector<std::weak_ptr<connection>> connections_;
    std::size_t dialled_ = 0;
    std::size_t open_ = 0;
};

} // namespace fedasio::sim
