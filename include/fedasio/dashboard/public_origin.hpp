#pragma once

#include <string>
#include <string_view>

namespace fedasio::dashboard {

/// Where browsers find a dashboard that a proxy stands in front of: an origin (RFC 6454) and a path.
struct public_origin {
    bool is_https = false;
    std::string host;   ///< as in a Host header: lower case, with the port if it is not the scheme's own
    std::string prefix; ///< of all paths: empty, or like "/training"

    /// From a URL like https://fl.example.org or https://example.org:8443/training. Throws
    /// std::invalid_argument that says what form is expected.
    static public_origin parse(std::string_view url);

    /// As browsers send it: "https://fl.example.org".
    [[nodiscard]] std::string origin() const;
    /// Of the page, with a slash at the end.
    [[nodiscard]] std::string url() const;
};

} // namespace fedasio::dashboard
