#include "router.hpp"

#include <fedasio/dashboard/command_json.hpp>
#include <fedasio/dashboard/metrics.hpp>
#include <fedasio/plan/plan_check.hpp>
#include <fedasio/text/json_text.hpp>

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include "access.hpp"
#include "archive_path.hpp"
#include "gunzip.hpp"
#include "json_scalar.hpp"
#include "plan_check_json.hpp"
#include <algorithm>
#include <charconv>
#include <utility>

namespace fedasio::dashboard {
namespace {

namespace json = boost::json;

constexpr std::string_view plan_check_path = "/api/v1/plan/check";
constexpr std::uint64_t most_events = 1000;

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

std::string_view without_slash(std::string_view path) noexcept {
    return path.starts_with('/') ? path.substr(1) : path;
}

} // namespace

http_reply error_reply(unsigned status, std::string_view problem) {
    http_reply reply(text::canonical_text(json::object{{"error", json_text(problem)}}));
    reply.status = status;
    return reply;
}

http_reply wrong_method(std::string_view allowed) {
    auto reply = error_reply(405, "this address takes " + std::string(allowed) + " only");
    reply.headers.emplace_back("Allow", allowed);
    return reply;
}

http_reply command_reply(const master::command_answer& answer) {
    json::object body{{"accepted", answer.accepted}};
    body[answer.accepted ? "message" : "reason"] = json_text(answer.message);
    http_reply reply(text::canonical_text(body));
    reply.status = answer.accepted ? 200 : 409;
    return reply;
}

router::router(const board& from, std::span<const asset> assets) : board_(from), assets_(assets) {}

route_result router::route(const http_request& request, double now) const {
    const auto path = request.path();
    if (path == commands_path) {
        if (request.method != "POST") {
            return wrong_method("POST");
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
    if (path == plan_check_path) {
        return request.method == "POST" ? http_reply(plan_check_text(request.body)) : wrong_method("POST");
    }
    return get(path, request.query(), request, now);
}

route_result router::get(std::string_view path, std::string_view query, const http_request& request,
                         double now) const {
    const bool reads = request.method == "GET" || request.method == "HEAD";
    const auto* const file = find_asset(path);
    const std::string_view name = path.starts_with("/api/v1/") ? path.substr(8) : std::string_view{};
    auto archive = parse_archive_path(name, board_.run().opened.run);
    const bool known = archive || file != nullptr || path == "/healthz" || path == "/metrics" ||
                       name == "status" || name == "workers" || name == "clients" || name == "rounds" ||
                       name == "data" || name == "plan" || name == "plan/schema" || name == "events" ||
                       name == "stream";
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
        return rounds();
    }
    if (name == "data") {
        return http_reply(board_.data_text());
    }
    if (name == "plan") {
        return http_reply(board_.run().opened.plan_text);
    }
    if (name == "plan/schema") {
        return http_reply(std::string(plan::plan_schema()));
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
    stream.in_batches = query_value(query, "batch") == "1";
    return stream;
}

/// Those that the board has, behind those that only the archive has.
route_result router::rounds() const {
    auto latest = board_.rounds_text();
    if (board_.rounds_forgotten() == 0) {
        return http_reply(std::move(latest));
    }
    archive_question older{archive_question::kind::rounds, board_.run().opened.run};
    older.before = board_.oldest_round();
    older.latest = std::move(latest);
    return older;
}

http_reply router::events(std::string_view query) const {
    const auto after = parse_number(query_value(query, "after").value_or("0"));
    const auto limit = parse_number(query_value(query, "limit").value_or("1000"));
    if (!after || !limit || *limit == 0 || *limit > most_events) {
        return error_reply(400, "after must be a whole number, and limit one from 1 to 1000");
    }
    return http_reply(board_.events_text(*after, *limit));
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
