#pragma once

#include <fedasio/net/clock.hpp>
#include <fedasio/net/runtime.hpp>

#include <boost/asio/ip/tcp.hpp>

#include <memory>

namespace fedasio::dashboard {

/// Closes a socket when a deadline passes, which ends whatever waits on it. The socket must outlive it.
class watchdog {
public:
    watchdog(net::runtime& rt, boost::asio::ip::tcp::socket& socket) : time_(rt.time), socket_(socket) {}

    /// Replaces the deadline by one that is `patience` away.
    void arm(net::clock::duration patience) {
        alarm_ = time_.at(time_.now() + patience, [this] {
            fired_ = true;
            boost::system::error_code ignored;
            socket_.close(ignored);
        });
    }

    void disarm() noexcept { alarm_.reset(); }

    [[nodiscard]] bool has_fired() const noexcept { return fired_; }

private:
    net::clock& time_;
    boost::asio::ip::tcp::socket& socket_;
    std::unique_ptr<net::alarm> alarm_;
    bool fired_ = false;
};

} // namespace fedasio::dashboard
