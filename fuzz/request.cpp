#include <fedasio/text/json_text.hpp>

#include <boost/json/value.hpp>

#include "dashboard/gate.hpp"
#include "dashboard/labels_json.hpp"
#include "dashboard/router.hpp"
#include "target.hpp"
#include <algorithm>
#include <array>
#include <net/virtual_runtime.hpp>
#include <string>
#include <utility>
#include <variant>

// What of an HTTP request decides on its answer: behind a byte that says how the dashboard is reached, a line
// for each field, and then the body. No request gets an answer that its sender cannot read, and nobody
// without a token gets further than whoever may come.

namespace {

namespace dashboard = fedasio::dashboard;
namespace fuzz = fedasio::fuzz;
using dashboard::http_reply;
using dashboard::http_request;

constexpr double now = 1.7e9;

/// "page", gzipped.
constexpr std::array<unsigned char, 24> page{0x1f, 0x8b, 0x8,  0x0,  0x0,  0x0,  0x0, 0x0,
                                             0x2,  0x3,  0x2b, 0x48, 0x4c, 0x4f, 0x5, 0x0,
                                             0x20, 0xb6, 0xa,  0x14, 0x4,  0x0,  0x0, 0x0};

std::string_view take_line(std::string_view& rest) {
    const auto line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(line.size() + 1, rest.size()));
    return line;
}

http_request request_in(unsigned first, std::string_view rest) {
    http_request request;
    request.host_headers = first & 1U;
    request.origin_headers = (first >> 1U) & 1U;
    request.is_upgrade = (first & 4U) != 0;
    for (auto* const field :
         {&request.method, &request.target, &request.host, &request.origin, &request.content_type,
          &request.accept_encoding, &request.if_none_match, &request.authorization, &request.cookie,
          &request.fetch_site, &request.forwarded_for}) {
        *field = take_line(rest);
    }
    request.body = rest;
    return request;
}

dashboard::server_protection protection_by(unsigned first) {
    dashboard::server_protection rules;
    if ((first & 16U) != 0) {
        rules.tokens = {"viewers-token-0123456789ab", "operators-token-0123456789"};
        rules.origins = {dashboard::public_origin::parse("https://fl.example.org"),
                         dashboard::public_origin::parse("https://example.org/training")};
    }
    return rules;
}

void check(const http_reply& reply) {
    fuzz::require(reply.status >= 200 && reply.status < 600, "a reply has a status");
    if (reply.content_type == "application/json" && !reply.text.empty()) {
        static_cast<void>(fedasio::text::parse_json(reply.text));
    }
    for (const auto& [name, value] : reply.headers) {
        fuzz::require(value.find_first_of("\r\n") == std::string::npos, "a header is one line");
    }
}

void check_labels(const std::string& labels) {
    fuzz::require(labels.empty() || dashboard::labels_text(labels) == labels, "labels that are kept stay");
}

} // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) {
        return 0;
    }
    const unsigned first = data[0];
    static const std::array<dashboard::asset, 1> assets{{{"/app.js", "text/javascript", page, "\"1\""}}};
    static const dashboard::board board("0123456789abcdef", now);
    fedasio::net::testing::virtual_runtime rt;
    dashboard::gate gate(rt, protection_by(first), (first & 8U) != 0, 8080);
    auto request = request_in(first, fuzz::as_text(data + 1, size - 1));
    if (!std::ranges::all_of(request.target, [](char c) { return c > ' ' && c < '\x7f'; })) {
        return 0; // Beast's parser lets none of them through
    }
    request.target = gate.own_target(request.target);
    const auto decision = gate.admit(request, "127.0.0.1:1234");
    if (decision.reply) {
        check(*decision.reply);
        return 0;
    }
    const bool is_stranger = (first & 16U) != 0 && !decision.from.who;
    fuzz::require(!is_stranger || decision.needs == dashboard::access::anyone,
                  "without a token nobody gets further than whoever may come");
    const auto result = dashboard::router(board, assets, true).route(request, now);
    if (const auto* const reply = std::get_if<http_reply>(&result)) {
        check(*reply);
    } else if (const auto* const question = std::get_if<dashboard::archive_question>(&result)) {
        check_labels(question->labels);
    } else if (std::holds_alternative<dashboard::login_request>(result)) {
        check(gate.log_in(decision.from, request.content_type, request.body));
    }
    return 0;
}
