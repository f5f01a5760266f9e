#pragma once

#include <fedasio/dashboard/master_place.hpp>
#include <fedasio/net/runtime.hpp>

namespace fedasio::steering {

/// How watching ended.
enum class verdict { finished, failed, lost, refused };

/// Prints a line per round and per notable event to the standard output until training finishes, or at
/// once when it has finished already and no other was asked for; what was missed while the connection was
/// lost is printed as far as the master still knows it. Gives up on a master that cannot be reached at first,
/// or not again within a minute, and on one that refuses.
net::awaitable<verdict> watch(net::runtime& rt, dashboard::master_place master);

} // namespace fedasio::steering
