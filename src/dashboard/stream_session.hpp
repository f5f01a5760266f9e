#pragma once

#include <boost/beast/http/message.hpp>
#include <boost/beast/http/string_body.hpp>

#include "hub.hpp"

namespace fedasio::dashboard {

/// Serves the event stream on a connection that asked to become a WebSocket, until it is over.
awaitable<void> serve_stream(hub& shared, hub::connection& entry, tcp::socket socket,
                             boost::beast::http::request<boost::beast::http::string_body> request,
                             stream_request wish);

} // namespace fedasio::dashboard
