#pragma once

#include <fedasio/net/runtime.hpp>
#include <fedasio/net/tcp.hpp>

#include <chrono>
#include <cstdint>
#include <string>

namespace fedasio::net {

/// How masters are found on a local network: one UDP datagram a second to an administratively scoped
/// multicast group (RFC 2365), on every interface that the master listens on, loopback included.
struct discovery_options {
    std::string group = "239.192.70.77";
    std::uint16_t port = 7701;
    clock::duration interval = std::chrono::seconds(1);
};

/// Makes the master that listens on `where` known until cancelled. `name` tells people what it is (at most
/// 100 bytes). An interface that cannot be used is left out; throws boost::system::system_error when none
/// can.
awaitable<void> announce(runtime& rt, address where, std::string name, discovery_options options = {});

struct discovered {
    error_code error;
    address master; ///< the datagram's sender and the port that it names
    std::string name;
};

/// Waits for an announcement; ends with `asio::error::timed_out` at the deadline. Throws
/// boost::system::system_error when the group's port cannot be listened to.
awaitable<discovered> discover(runtime& rt, clock::time_point deadline, discovery_options options = {});

} // namespace fedasio::net
