#pragma once

#include <fedasio/net/runtime.hpp>

#include <string>

namespace fedasio::dashboard {

/// The text as a gzip file (RFC 1952), fast rather than small. Others get their turn between its steps, so
/// that a long one keeps nobody waiting; it must stay until then.
net::awaitable<std::string> gzip(const std::string& text);

} // namespace fedasio::dashboard
