#pragma once

#include <fedasio/dashboard/archive.hpp>
#include <fedasio/dashboard/asset.hpp>
#include <fedasio/dashboard/board.hpp>
#include <fedasio/dashboard/routes.hpp>
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
    [[nodiscard]] bool only_reads() const noexcept { return is_read() && !is_upgrade; }

    [[nodiscard]] bool is_read() const noexcept { return method == "GET" || method == "HEAD"; }

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

/// The form of the login page.
struct login_request {};

/// What the client may do.
struct session_request {};

/// A link that lets whoever has it watch, for a while.
struct link_request {
    std::uint32_t hours = 0;
};

/// What is to be done about a request.
using route_result = std::variant<http_reply, master::command, stream_request, archive_question,
                                  login_request, session_request, link_request>;

/// `{"error": ...}`
http_reply error_reply(unsigned status, std::string_view problem);
/// The answer to what others leave no room for just now: 503, to be asked again in a second.
http_reply busy_reply(std::string_view problem);
/// The answer to another method than those in `allowed`.
http_reply wrong_method(std::string_view allowed);
/// The answer to a command that was run.
http_reply command_reply(const master::command_answer& answer);

class router;

/// A request that has reached its route, and what stands in the place of RUN, N and NAME.
struct routed {
    const http_request& request;
    double now = 0; ///< Unix seconds
    std::string_view run = {};
    std::uint32_t number = 0;
    std::string_view name = {};
};

/// A row of the table: what docs/api.md says of it, and what does it.
struct table_row : route {
    route_result (router::*serve)(const routed&) const;
};

/// The route of a request, with its time missing; empty: there is none.
[[nodiscard]] std::optional<std::pair<const table_row*, routed>> find_route(const http_request& request);
/// The methods that this address takes, as Allow lists them; empty: there is nothing at it.
[[nodiscard]] std::string methods_at(std::string_view path);
/// What is needed to be told so.
[[nodiscard]] access least_access_at(std::string_view path);

/// The table of docs/api.md. Knows no sockets.
class router {
public:
    router(const board& from, std::span<const asset> assets, bool has_evaluator);

    [[nodiscard]] static std::span<const table_row> table();

    /// For requests that the gate let through. Never throws for what a client sent; `now` is in Unix seconds.
    [[nodiscard]] route_result route(const http_request& request, double now) const;

private:
    [[nodiscard]] route_result page(const routed& at) const;
    [[nodiscard]] route_result log_in(const routed& at) const;
    [[nodiscard]] route_result session(const routed& at) const;
    [[nodiscard]] route_result health(const routed& at) const;
    [[nodiscard]] route_result metrics(const routed& at) const;
    [[nodiscard]] route_result status(const routed& at) const;
    [[nodiscard]] route_result workers(const routed& at) const;
    [[nodiscard]] route_result clients(const routed& at) const;
    [[nodiscard]] route_result rounds(const routed& at) const;
    [[nodiscard]] route_result summary(const routed& at) const;
    [[nodiscard]] route_result plan_of_run(const routed& at) const;
    [[nodiscard]] route_result plan_check(const routed& at) const;
    [[nodiscard]] route_result plan_schema(const routed& at) const;
    [[nodiscard]] route_result data(const routed& at) const;
    [[nodiscard]] route_result report(const routed& at) const;
    [[nodiscard]] route_result events(const routed& at) const;
    [[nodiscard]] route_result command(const routed& at) const;
    [[nodiscard]] route_result runs(const routed& at) const;
    [[nodiscard]] route_result link(const routed& at) const;
    [[nodiscard]] route_result label(const routed& at) const;
    [[nodiscard]] route_result predict(const routed& at) const;
    [[nodiscard]] route_result stream(const routed& at) const;

    template <archive_question::kind What>
    [[nodiscard]] route_result archived(const routed& at) const {
        archive_question what{What, std::string(at.run)};
        what.round = at.number;
        what.index = at.number;
        what.name = at.name;
        return what;
    }

    [[nodiscard]] http_reply serve(const asset& file, const http_request& request) const;
    [[nodiscard]] const asset* find_asset(std::string_view path) const;

    const board& board_;
    std::span<const asset> assets_;
    bool has_evaluator_;
};

} // namespace fedasio::dashboard
