#pragma once

#include <fedasio/master/events.hpp>

#include <cstdint>
#include <map>
#include <span>
#include <vector>

namespace fedasio::master {

/// A worker as far as dealing clients to workers goes.
struct host {
    worker_id worker = 0;
    std::uint32_t capacity = 0; ///< 0: any number
    std::vector<client_id> clients;
    bool comes_last = false; ///< it gets only those for which nobody else has room
};

/// Who hosts which of the clients 0 .. clients-1. A client stays where it is if it can; one without a worker
/// goes to the worker with the fewest clients among those that have room; then clients move until no worker
/// with room has two fewer than another. A pure function of its arguments; lists are ascending. Which worker
/// trains a client has no influence on the result.
std::map<worker_id, std::vector<client_id>> assign_clients(std::vector<host> hosts, std::uint32_t clients);

} // namespace fedasio::master
