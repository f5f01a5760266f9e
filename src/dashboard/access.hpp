#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace fedasio::dashboard {

/// The name or address in a Host header, without port and brackets; empty when it is malformed.
std::string_view host_name(std::string_view host) noexcept;

/// Whether a Host header names one of `names`, with any port or none.
bool names_one_of(std::string_view host, const std::vector<std::string>& names) noexcept;

/// Whether two Host headers name the same host, whatever the ports.
bool is_same_host(std::string_view a, std::string_view b) noexcept;

/// Whether a Host header names this machine itself: localhost, 127.x.x.x or [::1], with any port or none. A
/// page from elsewhere that had its name pointed at 127.0.0.1 (DNS rebinding) is told by its own name here.
bool names_loopback(std::string_view host) noexcept;

/// Whether a Host header names an address that this machine has, or one of `names`, with any port or none. A
/// rebound name is neither.
bool names_this_machine(std::string_view host, const std::vector<std::string>& names);

/// Whether an Origin header (RFC 6454) is that of a page from this very server.
bool is_same_origin(std::string_view origin, std::string_view host, bool is_https) noexcept;

/// The client that the last proxies tell of in X-Forwarded-For: its rightmost address that is not on the
/// loopback interface, IPv6 in brackets. What stands left of it anybody may have written.
std::optional<std::string> forwarded_client(std::string_view forwarded_for);

/// The value of `key` in a query string or a form; nothing that is asked for here needs percent-decoding.
std::optional<std::string_view> query_value(std::string_view query, std::string_view key) noexcept;

/// Whether an Accept-Encoding header (RFC 9110, 12.5.3) takes gzip.
bool accepts_gzip(std::string_view accept_encoding) noexcept;

/// Whether a Content-Type header is application/json, with or without parameters.
bool is_json(std::string_view content_type) noexcept;

/// Likewise application/x-www-form-urlencoded.
bool is_form(std::string_view content_type) noexcept;

/// The token of an Authorization header with the scheme Bearer (RFC 6750, 2.1).
std::optional<std::string_view> bearer_token(std::string_view authorization) noexcept;

/// Whether an If-None-Match header names `etag`, by weak comparison.
bool names_etag(std::string_view if_none_match, std::string_view etag) noexcept;

} // namespace fedasio::dashboard
