#pragma once

#include <span>
#include <string_view>

namespace fedasio::dashboard {

/// One file of the page. What it points to must outlive the server.
struct asset {
    std::string_view path;               ///< "index.html" or "/index.html"; the index also answers "/"
    std::string_view content_type;       ///< "text/html; charset=utf-8"
    std::span<const unsigned char> gzip; ///< the content, gzipped (RFC 1952)
    std::string_view etag;               ///< with or without quotes
};

} // namespace fedasio::dashboard
