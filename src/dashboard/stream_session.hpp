#pragma once

#include <boost/beast/http/message.hpp>
#include <boost/beast/http/string_body.hpp>

#include "hub.hpp"
#include <optional>

namespace fedasio::dashboard {

/// Serves the event stream on a connection that asked to become a WebSocket, until it is over, at the latest
/// at `end`.
awaitable<void> serve_stream(hub& shared, wire& line,
                             boost::beast::http::request<boost::beast::http::string_body> request,
                             stream_request wish, std::optional<net::clock::time_point> end);

} // namespace fedasio::dashboard
