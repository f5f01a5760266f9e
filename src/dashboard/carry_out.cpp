#include "carry_out.hpp"

#include "counted_up.hpp"
#include <exception>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

namespace fedasio::dashboard {
namespace {

awaitable<http_reply> run_command(hub& shared, master::command what) {
    std::string problem;
    try {
        const auto answer = co_await shared.commands(std::move(what));
        co_return command_reply(answer);
    } catch (const std::exception& failure) {
        problem = failure.what();
    }
    co_return error_reply(500, "the command failed: " + problem);
}

http_reply archive_reply(archive_answer found) {
    http_reply reply(std::move(found.body));
    reply.status = found.status;
    if (!found.file.empty()) {
        reply.content_type = "application/octet-stream";
        reply.headers.emplace_back("Content-Disposition", "attachment; filename=\"" + found.file + "\"");
    }
    return reply;
}

/// Two JSON arrays as one.
std::string joined(std::string first, std::string_view second) {
    constexpr std::string_view empty = "[]";
    if (first == empty || second == empty) {
        return first == empty ? std::string(second) : first;
    }
    first.back() = ',';
    return first.append(second.substr(1));
}

/// What cannot be read of the older rounds is missing at the beginning; the status says how many those are.
awaitable<http_reply> read_rounds(hub& shared, archive_question what) {
    const auto latest = std::move(what.latest);
    std::string older = "[]";
    try {
        std::optional<archive_answer> found;
        if (shared.archive) {
            found = co_await shared.archive(std::move(what));
        }
        older = found ? std::move(found->body) : older;
    } catch (const std::exception&) { // NOLINT(bugprone-empty-catch): the recorder says what is wrong with it
    }
    co_return http_reply(joined(std::move(older), latest));
}

awaitable<http_reply> read_archive(hub& shared, archive_question what) {
    if (!what.latest.empty()) {
        co_return co_await read_rounds(shared, std::move(what));
    }
    std::string problem;
    try {
        std::optional<archive_answer> found;
        if (shared.archive) {
            found = co_await shared.archive(std::move(what));
        }
        co_return found ? archive_reply(std::move(*found)) : error_reply(404, "there is no such thing");
    } catch (const std::exception& failure) {
        problem = failure.what();
    }
    co_return error_reply(500, "it cannot be read: " + problem);
}

/// Decoding a picture takes memory, so few are at once.
awaitable<http_reply> predict(hub& shared, const visitor& from, archive_question what) {
    constexpr std::size_t most_at_once = 2;
    if (auto refused = shared.entrance.refuse_prediction(from)) {
        co_return std::move(*refused);
    }
    if (shared.predictions >= most_at_once) {
        co_return busy_reply("others try the model just now: try again");
    }
    const counted_up here(shared.predictions);
    co_return co_await read_archive(shared, std::move(what));
}

/// Counting goes over all values of an array, so it is done for one after the other.
awaitable<http_reply> count(hub& shared, const visitor& from, archive_question what) {
    if (auto refused = shared.entrance.refuse_prediction(from)) {
        co_return std::move(*refused);
    }
    if (shared.histograms > 0) {
        co_return busy_reply("another array is being counted: try again");
    }
    const counted_up here(shared.histograms);
    co_return co_await read_archive(shared, std::move(what));
}

} // namespace

awaitable<http_reply> carry_out(hub& shared, const visitor& from, const http_request& asked,
                                route_result what) {
    http_reply reply;
    if (auto* const command = std::get_if<master::command>(&what)) {
        reply = co_await run_command(shared, std::move(*command));
    } else if (auto* const tried = std::get_if<archive_question>(&what);
               tried != nullptr && tried->what == archive_question::kind::prediction) {
        reply = co_await predict(shared, from, std::move(*tried));
    } else if (auto* const counted = std::get_if<archive_question>(&what);
               counted != nullptr && counted->what == archive_question::kind::histogram) {
        reply = co_await count(shared, from, std::move(*counted));
    } else if (auto* const question = std::get_if<archive_question>(&what)) {
        reply = co_await read_archive(shared, std::move(*question));
    } else if (auto* const ready = std::get_if<http_reply>(&what)) {
        reply = std::move(*ready);
    } else if (std::holds_alternative<login_request>(what)) {
        reply = shared.entrance.log_in(from, asked.content_type, asked.body);
    } else if (const auto* const link = std::get_if<link_request>(&what)) {
        reply = shared.entrance.new_link(link->hours);
    } else if (std::holds_alternative<session_request>(what)) {
        reply = shared.entrance.session_reply(from);
    } else {
        reply = error_reply(503, "the master is ending");
    }
    co_return std::move(reply);
}

awaitable<http_reply> command(hub& shared, const visitor& from, const http_request& asked) {
    auto refused = shared.entrance.refuse_command(from);
    http_reply reply;
    if (refused) {
        reply = std::move(*refused);
    } else {
        auto what = shared.routes.route(asked, shared.rt.time.unix_time());
        reply = co_await carry_out(shared, from, asked, std::move(what));
    }
    shared.entrance.record_command(from, asked.body, reply);
    co_return std::move(reply);
}

} // namespace fedasio::dashboard
