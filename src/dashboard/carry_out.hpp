#pragma once

#include "hub.hpp"

namespace fedasio::dashboard {

/// What the router says, done: commands run, the archive read.
awaitable<http_reply> carry_out(hub& shared, const visitor& from, const http_request& asked,
                                route_result what);
/// What is for operators only: written down, done or refused.
awaitable<http_reply> command(hub& shared, const visitor& from, const http_request& asked);

} // namespace fedasio::dashboard
