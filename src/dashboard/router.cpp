#include "router.hpp"

#include <fedasio/dashboard/command_json.hpp>
#include <fedasio/dashboard/metrics.hpp>
#include <fedasio/federation/json_text.hpp>

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include "access.hpp"
#include "gunzip.hpp"
#include "json_scalar.hpp"
#include <algorithm>
#include <charconv>
#include <limits>
#include <utility>
#include <vector>

namespace fedasio::dashboard {
namespace {

namespace json = boost::json;

constexpr std::string_view commands_path = "/api/v1/commands";
constexpr std::string_view stream_path = "/api/v1/stream";
constexpr std::uint64_t most_events = 1000;

http_reply wrong_method(std::string_view allowed) {
    auto reply = error_reply(405, "this address takes " + std::string(allowed) + " only");
    reply.headers.emplace_back("Allow", allowed);
    return reply;
}

/// The value of `key` in a query string; none of the values used here needs percent-decoding.
std::optional<std::string_view> query_value(std::string_view query, std::string_view key) {
    while (!query.empty()) {
        const auto end = query.find('&');
        const auto pair = query.substr(0, end);
        query = end == std::string_view::npos ? std::string_view{} : query.substr(end + 1);
        const auto equals = pair.find('=');
        if (equals != std::string_view::npos && pair.substr(0, equals) == key) {
            return pair.substr(equals + 1);
        }
    }
    return std::nullopt;
}

std::optional<std::uint64_t> parse_number(std::string_view digits) {
    std::uint64_t number = 0;
    const auto* const begin = digits.data();
    const auto* const end = begin + digits.size();
    const auto [stopped, ec] = std::from_chars(begin, end, number);
    if (ec != std::errc() || stopped != end) {
        return std::nullopt;
    }
    return number;
}

/// Of `runs`, `runs/ID`, `runs/ID/rounds` or `runs/ID/rounds/N/clients`.
std::optional<archive_question> parse_archive(std::string_view name) {
    std::vector<std::string_view> parts;
    while (parts.size() < 6) {
        const auto end = name.find('/');
        parts.push_back(name.substr(0, end));
        if (end == std::string_view::npos) {
            break;
        }
        name.remove_prefix(end + 1);
    }
    using kind = archive_question::kind;
    if (parts[0] != "runs") {
        return std::nullopt;
    }
    if (parts.size() == 1) {
        return archive_question{};
    }
    const std::string run(parts[1]);
    if (run.empty() || run.find_first_not_of("0123456789abcdef") != std::string::npos) {
        return std::nullopt;
    }
    if (parts.size() == 2) {
        return archive_question{kind::run, run};
    }
    if (parts.size() == 3 && parts[2] == "rounds") {
        return archive_question{kind::rounds, run};
    }
    const auto round = parts.size() == 5 ? parse_number(parts[3]) : std::nullopt;
    if (parts[2] == "rounds" && round && *round <= std::numeric_limits<std::uint32_t>::max() &&
        parts[4] == "clients") {
        return archive_question{kind::clients, run, static_cast<std::uint32_t>(*round)};
    }
    return std::nullopt;
}

std::string_view without_slash(std::string_view path) noexcept {
    return path.starts_with('/') ? path.substr(1) : path;
}

} // namespace

http_reply error_reply(unsigned status, std::string_view problem) {
    http_reply reply(federation::canonical_text(json::object{{"error", json_text(problem)}}));
    reply.status = status;
    return reply;
}

http_reply command_reply(const master::command_answer& answer) {
    json::object body{{"accepted", answer.accepted}};
    body[answer.accepted ? "message" : "reason"] = json_text(answer.message);
    http_reply reply(federation::canonical_text(body));
    reply.status = answer.accepted ? 200 : 409;
    return reply;
}

router::router(const board& from, std::string plan, std::span<const asset> assets, bool loopback_only)
    : board_(from), plan_(std::move(plan)), assets_(assets), loopback_only_(loopback_only) {}

route_result router::route(const http_request& request, double now) const {
    if (request.host_headers > 1 || (request.needs_host && request.host_headers == 0)) {
        return error_reply(400, "a request has one Host header");
    }
    if (loopback_only_ && !names_loopback(request.host)) {
        return error_reply(403, "the Host header must be localhost, 127.0.0.1 or [::1], because this server "
                                "listens on this machine only");
    }
    const auto question = request.target.find('?');
    const auto path = request.target.substr(0, question);
    const auto query =
        question == std::string_view::npos ? std::string_view{} : request.target.substr(question + 1);
    const bool is_foreign = request.has_origin && !is_same_origin(request.origin, request.host);
    if (path == commands_path) {
        if (request.method != "POST") {
            return wrong_method("POST");
        }
        if (is_foreign) {
            return error_reply(403, "commands are taken from this server's own page only");
        }
        if (!is_json(request.content_type)) {
            return error_reply(415, "send the command as Content-Type: application/json");
        }
        try {
            return parse_command(request.body);
        } catch (const command_error& problem) {
            auto reply = command_reply({false, problem.what()});
            reply.status = 400;
            return reply;
        }
    }
    if (path == stream_path && request.is_upgrade && is_foreign) {
        return error_reply(403, "the stream is open to this server's own page only");
    }
    return get(path, query, request, now);
}

route_result router::get(std::string_view path, std::string_view query, const http_request& request,
                         double now) const {
    const bool reads = request.method == "GET" || request.method == "HEAD";
    const auto* const file = find_asset(path);
    const std::string_view name = path.starts_with("/api/v1/") ? path.substr(8) : std::string_view{};
    auto archive = parse_archive(name);
    const bool known = archive || file != nullptr || path == "/healthz" || path == "/metrics" ||
                       name == "status" || name == "workers" || name == "clients" || name == "rounds" ||
                       name == "plan" || name == "events" || name == "stream";
    if (!known) {
        return error_reply(404, "there is nothing at this address; the page is at /, the numbers are at "
                                "/api/v1/status");
    }
    if (!reads) {
        return wrong_method("GET, HEAD");
    }
    if (file != nullptr) {
        return serve(*file, request);
    }
    if (path == "/healthz" || path == "/metrics") {
        const bool health = path == "/healthz";
        http_reply reply(health ? "ok\n" : metrics_text(board_));
        reply.content_type = health ? "text/plain; charset=utf-8" : metrics_content_type;
        return reply;
    }
    if (archive) {
        return std::move(*archive);
    }
    if (name == "status") {
        return http_reply(board_.status_text(now));
    }
    if (name == "workers") {
        return http_reply(board_.workers_text());
    }
    if (name == "clients") {
        return http_reply(board_.clients_text());
    }
    if (name == "rounds") {
        return http_reply(board_.rounds_text());
    }
    if (name == "plan") {
        return http_reply(plan_);
    }
    if (name == "events") {
        return events(query);
    }
    if (!request.is_upgrade || request.method != "GET") {
        auto reply = error_reply(426, "this address speaks WebSocket only");
        reply.headers.emplace_back("Upgrade", "websocket");
        return reply;
    }
    stream_request stream;
    if (const auto after = query_value(query, "after")) {
        stream.after = parse_number(*after);
    }
    stream.instance = query_value(query, "instance").value_or("");
    return stream;
}

http_reply router::events(std::string_view query) const {
    const auto after = parse_number(query_value(query, "after").value_or("0"));
    const auto limit = parse_number(query_value(query, "limit").value_or("1000"));
    if (!after || !limit || *limit == 0) {
        return error_reply(400, "after must be a whole number, and limit one from 1 to 1000");
    }
    return http_reply(board_.events_text(*after, std::min(*limit, most_events)));
}

http_reply router::serve(const asset& file, const http_request& request) const {
    http_reply reply;
    reply.content_type = file.content_type;
    // Weak, because the packed and the plain form share it.
    const std::string etag =
        file.etag.starts_with('"') ? "W/" + std::string(file.etag) : "W/\"" + std::string(file.etag) + "\"";
    reply.headers.emplace_back("ETag", etag);
    reply.headers.emplace_back("Cache-Control", "no-cache");
    reply.headers.emplace_back("Vary", "Accept-Encoding");
    if (names_etag(request.if_none_match, etag)) {
        reply.status = 304;
    } else if (accepts_gzip(request.accept_encoding)) {
        reply.headers.emplace_back("Content-Encoding", "gzip");
        reply.bytes = file.gzip;
    } else {
        reply.text = gunzip(file.gzip);
    }
    return reply;
}

const asset* router::find_asset(std::string_view path) const {
    if (!path.starts_with('/')) {
        return nullptr;
    }
    const auto wanted = path == "/" ? std::string_view("index.html") : without_slash(path);
    const auto found = std::ranges::find_if(assets_, [&](const asset& file) {
        const auto name = without_slash(file.path);
        return name == wanted || (name.empty() && wanted == "index.html");
    });
    return found == assets_.end() ? nullptr : &*found;
}

} // namespace fedasio::dashboard
