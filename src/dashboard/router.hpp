#pragma once

#include <fedasio/dashboard/archive.hpp>
#include <fedasio/dashboard/asset.hpp>
#include <fedasio/dashboard/board.hpp>
#include <fedasio/master/commands.hpp>

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace fedasio::dashboard {

/// What of an HTTP request decides on its answer. An absent header is empty.
struct http_request {
    std::string_view method;
    std::string_view target;
    std::size_t host_headers = 0;
    bool needs_host = true; ///< HTTP/1.1
    std::size_t origin_headers = 0;
    bool is_upgrade = false; ///< to a WebSocket
    std::string_view host;
    std::string_view origin;
    std::string_view content_type;
    std::string_view accept_encoding;
    std::string_view if_none_match;
    std::string_view authorization;
    std::string_view cookie;
    std::string_view fetch_site;    ///< Sec-Fetch-Site
    std::string_view forwarded_for; ///< the last X-Forwarded-For: several are one list (RFC 9110, 5.3)
    std::string_view body;

    /// GET or HEAD, and no upgrade.
    [[nodiscard]] bool only_reads() const noexcept {
        return (method == "GET" || method == "HEAD") && !is_upgrade;
    }

    [[nodiscard]] std::string_view path() const noexcept { return target.substr(0, target.find('?')); }

    /// What follows the first question mark.
    [[nodiscard]] std::string_view query() const noexcept {
        const auto at = target.find('?');
        return at == std::string_view::npos ? std::string_view{} : target.substr(at + 1);
    }
};

/// An answer without the headers that every answer has.
struct http_reply {
    unsigned status = 200;
    std::string_view content_type = "application/json";
    std::vector<std::pair<std::string_view, std::string>> headers;
    std::string text;
    std::span<const unsigned char> bytes; ///< sent in place of an empty text

    http_reply() = default;

    explicit http_reply(std::string json) : text(std::move(json)) {}

    [[nodiscard]] std::string_view body() const noexcept {
        return text.empty()
                   ? std::string_view(reinterpret_cast<const char*>(bytes.data()), bytes.size()) // NOLINT
                   : std::string_view(text);
    }
};

/// A WebSocket to open, from where the client says that it stopped.
struct stream_request {
    std::optional<std::uint64_t> after;
    std::string instance;
    bool in_batches = false; ///< many events in one message
};

/// What is to be done about a request.
using route_result = std::variant<http_reply, master::command, stream_request, archive_question>;

/// `{"error": ...}`
http_reply error_reply(unsigned status, std::string_view problem);
/// The answer to another method than those in `allowed`.
http_reply wrong_method(std::string_view allowed);
/// The answer to a command that was run.
http_reply command_reply(const master::command_answer& answer);

inline constexpr std::string_view commands_path = "/api/v1/commands";

/// The table of docs/api.md. Knows no sockets.
class router {
public:
    router(const board& from, std::span<const asset> assets);

    /// For requests that the gate let through. Never throws for what a client sent; `now` is in Unix seconds.
    [[nodiscard]] route_result route(const http_request& request, double now) const;

private:
    [[nodiscard]] route_result get(std::string_view path, std::string_view query, const http_request& request,
                                   double now) const;
    [[nodiscard]] route_result rounds() const;
    [[nodiscard]] http_reply events(std::string_view query) const;
    [[nodiscard]] http_reply serve(const asset& file, const http_request& request) const;
    [[nodiscard]] const asset* find_asset(std::string_view path) const;

    const board& board_;
    std::span<const asset> assets_;
};

} // namespace fedasio::dashboard
