#include "router.hpp"

#include <fedasio/dashboard/command_json.hpp>
#include <fedasio/dashboard/metrics.hpp>
#include <fedasio/plan/plan_check.hpp>
#include <fedasio/text/json_field.hpp>
#include <fedasio/text/json_text.hpp>

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include "access.hpp"
#include "gunzip.hpp"
#include "json_scalar.hpp"
#include "labels_json.hpp"
#include "plan_check_json.hpp"
#include <algorithm>
#include <charconv>
#include <stdexcept>
#include <utility>

namespace fedasio::dashboard {
namespace {

namespace json = boost::json;

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

http_reply busy_reply(std::string_view problem) {
    auto reply = error_reply(503, problem);
    reply.headers.emplace_back("Retry-After", "1");
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

router::router(const board& from, std::span<const asset> assets, bool has_evaluator)
    : board_(from), assets_(assets), has_evaluator_(has_evaluator) {}

route_result router::route(const http_request& request, double now) const {
    auto found = find_route(request);
    if (found) {
        const auto& [row, at] = *found;
        auto known = at;
        known.now = now;
        return (this->*row->serve)(known);
    }
    auto allowed = methods_at(request.path());
    if (const auto* file = find_asset(request.path()); allowed.empty() && file != nullptr) {
        if (request.is_read()) {
            return serve(*file, request);
        }
        allowed = "GET, HEAD";
    }
    if (allowed.empty()) {
        return error_reply(404, "there is nothing at this address; the page is at /, the numbers are at "
                                "/api/v1/status");
    }
    if (request.method != "OPTIONS") {
        return wrong_method(allowed);
    }
    http_reply reply;
    reply.status = 204;
    reply.headers.emplace_back("Allow", allowed + ", OPTIONS");
    return reply;
}

route_result router::page(const routed& at) const {
    const auto* const file = find_asset("/");
    return file == nullptr ? error_reply(404, "this master was built without a page")
                           : serve(*file, at.request);
}

route_result router::log_in(const routed& /*at*/) const {
    return login_request{};
}

route_result router::session(const routed& /*at*/) const {
    return session_request{};
}

route_result router::health(const routed& /*at*/) const {
    http_reply reply("ok\n");
    reply.content_type = "text/plain; charset=utf-8";
    return reply;
}

route_result router::metrics(const routed& /*at*/) const {
    http_reply reply(metrics_text(board_));
    reply.content_type = metrics_content_type;
    return reply;
}

route_result router::status(const routed& at) const {
    return http_reply(board_.status_text(at.now));
}

route_result router::workers(const routed& /*at*/) const {
    return http_reply(board_.workers_text());
}

route_result router::clients(const routed& /*at*/) const {
    return http_reply(board_.clients_text());
}

/// Those that the board has, behind those that only the archive has.
route_result router::rounds(const routed& /*at*/) const {
    auto latest = board_.rounds_text();
    if (board_.rounds_forgotten() == 0) {
        return http_reply(std::move(latest));
    }
    archive_question older{archive_question::kind::rounds, board_.run().opened.run};
    older.before = board_.oldest_round();
    older.latest = std::move(latest);
    return older;
}

route_result router::summary(const routed& /*at*/) const {
    return http_reply(board_.summary_text());
}

route_result router::plan_of_run(const routed& /*at*/) const {
    return http_reply(board_.run().opened.plan_text);
}

route_result router::plan_check(const routed& at) const {
    return http_reply(plan_check_text(at.request.body, has_evaluator_));
}

route_result router::plan_schema(const routed& /*at*/) const {
    return http_reply(std::string(plan::plan_schema()));
}

route_result router::data(const routed& /*at*/) const {
    return http_reply(board_.data_text());
}

route_result router::report(const routed& /*at*/) const {
    return archive_question{archive_question::kind::report, board_.run().opened.run};
}

route_result router::events(const routed& at) const {
    const auto query = at.request.query();
    const auto after = parse_number(query_value(query, "after").value_or("0"));
    const auto limit = parse_number(query_value(query, "limit").value_or("1000"));
    if (!after || !limit || *limit == 0 || *limit > most_events) {
        return error_reply(400, "after must be a whole number, and limit one from 1 to 1000");
    }
    return http_reply(board_.events_text(*after, *limit));
}

route_result router::command(const routed& at) const {
    if (!is_json(at.request.content_type)) {
        return error_reply(415, "send the command as Content-Type: application/json");
    }
    try {
        return parse_command(at.request.body);
    } catch (const command_error& problem) {
        auto reply = command_reply({false, problem.what()});
        reply.status = 400;
        return reply;
    }
}

route_result router::runs(const routed& at) const {
    archive_question what{archive_question::kind::runs};
    what.with_plans = query_value(at.request.query(), "plans") == "1";
    return what;
}

route_result router::link(const routed& at) const {
    if (!is_json(at.request.content_type)) {
        return error_reply(415, "send the hours as Content-Type: application/json");
    }
    try {
        const auto body = text::parse_json(at.request.body);
        const auto members = text::json_field(body, "link").members({"hours"});
        constexpr std::uint32_t most_hours = 24 * 90;
        return link_request{
            members.require("hours", "write for how long it opens the page").whole32(1, most_hours)};
    } catch (const std::runtime_error& problem) {
        return error_reply(400, problem.what());
    }
}

route_result router::label(const routed& at) const {
    if (!is_json(at.request.content_type)) {
        return error_reply(415, "send the labels as Content-Type: application/json");
    }
    try {
        archive_question what{archive_question::kind::label, std::string(at.run)};
        what.labels = labels_text(at.request.body);
        return what;
    } catch (const std::runtime_error& problem) {
        return error_reply(400, problem.what());
    }
}

route_result router::predict(const routed& at) const {
    archive_question what{archive_question::kind::prediction};
    what.name = at.name;
    const auto type = at.request.content_type;
    what.is_picture = type.starts_with("image/png") || type.starts_with("image/jpeg");
    if (!what.is_picture && !is_json(type)) {
        return error_reply(415, "send a row as Content-Type: application/json, or a picture as image/png or "
                                "image/jpeg");
    }
    what.sample = at.request.body;
    return what;
}

route_result router::stream(const routed& at) const {
    if (!at.request.is_upgrade || at.request.method != "GET") {
        auto reply = error_reply(426, "this address speaks WebSocket only");
        reply.headers.emplace_back("Upgrade", "websocket");
        return reply;
    }
    const auto query = at.request.query();
    stream_request stream;
    if (const auto after = query_value(query, "after")) {
        stream.after = parse_number(*after);
    }
    stream.instance = query_value(query, "instance").value_or("");
    stream.in_batches = query_value(query, "batch") == "1";
    return stream;
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
