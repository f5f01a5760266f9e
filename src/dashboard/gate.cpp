#include "gate.hpp"

#include <fedasio/net/counted_address.hpp>

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include "access.hpp"
#include "hex_number.hpp"
#include "links.hpp"
#include "login_page.hpp"
#include "origins.hpp"
#include "session_cookie.hpp"
#include <algorithm>
#include <utility>

namespace fedasio::dashboard {
namespace {

using namespace std::chrono_literals;

constexpr rate failed_logins{.burst = 10, .interval = 10s};
constexpr rate commands_of_one{.burst = 30, .interval = 500ms};
constexpr rate commands_of_all{.burst = 100, .interval = 100ms};
constexpr rate predictions_of_one{.burst = 40, .interval = 50ms};
constexpr rate predictions_of_all{.burst = 100, .interval = 20ms};
constexpr rate refusals_told{.burst = 100, .interval = 1s};
const std::string everyone;
constexpr std::size_t longest_record = 1024;
constexpr std::size_t longest_quote = 100;

std::string seconds_text(net::clock::duration wait) {
    return std::to_string(std::chrono::ceil<std::chrono::seconds>(wait).count());
}

http_reply html_reply(unsigned status, std::string_view problem, const visitor& to) {
    return login_reply(status, problem, prefix_of(to));
}

http_reply too_many(net::clock::duration wait, http_reply reply) {
    reply.status = 429;
    reply.headers.emplace_back("Retry-After", seconds_text(wait));
    return reply;
}

http_reply refused_command(unsigned status, std::string reason) {
    auto reply = command_reply({false, std::move(reason)});
    reply.status = status;
    return reply;
}

http_reply unknown_visitor(const http_request& request, const visitor& from) {
    const bool is_page = request.path() == "/" || request.path() == "/index.html";
    const bool reads = request.method == "GET" || request.method == "HEAD";
    auto reply =
        is_page && reads && !request.is_upgrade
            ? html_reply(401, "", from)
            : error_reply(401, "this needs a token: open the address that the master printed when "
                               "it started, or send 'Authorization: Bearer TOKEN' (fedasio --token)");
    reply.headers.emplace_back("WWW-Authenticate", "Bearer realm=\"fedasio\"");
    return reply;
}

std::string shortened(std::string_view text, std::size_t most = longest_record) {
    return text.size() <= most ? std::string(text) : std::string(text.substr(0, most)) + "…";
}

/// Without what may be a token.
std::string place_of(const http_request& request) {
    return shortened(std::string(request.method) + " " + std::string(request.path()));
}

} // namespace

gate::gate(net::runtime& rt, server_protection rules, bool loopback_only, std::uint16_t port)
    : rt_(rt), rules_(std::move(rules)), loopback_only_(loopback_only), port_(port), failures_(failed_logins),
      commands_(commands_of_one), all_commands_(commands_of_all), predictions_(predictions_of_one),
      all_predictions_(predictions_of_all), told_refusals_(refusals_told) {
    for (const auto& one : rules_.origins) {
        rules_.names.emplace_back(host_name(one.host));
        cookie_names_.push_back(cookie_name(&one));
    }
    if (cookie_names_.empty()) {
        cookie_names_.push_back(cookie_name(nullptr));
    }
}

std::string_view gate::own_target(std::string_view target) const noexcept {
    return without_prefix(rules_.origins, target);
}

bool gate::is_proxy(const std::string& address) const {
    return !rules_.origins.empty() && names_loopback(address);
}

std::optional<http_reply> gate::refuse_host(const http_request& request) const {
    if (loopback_only_ && !names_loopback(request.host) && !names_one_of(request.host, rules_.names)) {
        return error_reply(403, "the Host header must be localhost, 127.0.0.1 or [::1], because this server "
                                "listens on this machine only; behind a proxy, start the master with "
                                "--dashboard-origin and the address that browsers use");
    }
    if (!loopback_only_ && request.host_headers > 0 && !names_this_machine(request.host, rules_.names)) {
        return error_reply(403, "the Host header names neither an address of this machine nor a name that it "
                                "was told of: start the master with --dashboard-name NAME, or behind a proxy "
                                "with --dashboard-origin and the address that browsers use");
    }
    return std::nullopt;
}

/// No page can set either header; browsers without Sec-Fetch-Site send Origin with all that is not a read.
bool gate::is_foreign(const http_request& request) const {
    if (request.origin_headers > 0) {
        return rules_.origins.empty() ? !is_same_origin(request.origin, request.host, is_https())
                                      : find_origin(rules_.origins, request.origin) == nullptr;
    }
    return !request.fetch_site.empty() && request.fetch_site != "same-origin" && request.fetch_site != "none";
}

http_reply gate::refuse_origin(const http_request& request) const {
    std::string text = "this is for this server's own page only, not for pages from elsewhere";
    if (request.origin_headers > 0) {
        text += " ('" + shortened(request.origin, longest_quote) + "')";
    }
    text += "; the addresses that browsers use are told by --dashboard-origin";
    for (const auto& one : rules_.origins) {
        text += (&one == &rules_.origins.front() ? ": " : ", ") + one.origin();
    }
    return error_reply(403, text);
}

std::optional<http_reply> gate::refuse_place(const http_request& request, bool has_session) const {
    if (request.origin_headers > 1) {
        return error_reply(400, "a request has at most one Origin header");
    }
    if (request.host_headers > 1 || (request.needs_host && request.host_headers == 0)) {
        return error_reply(400, "a request has one Host header");
    }
    if (auto refused = refuse_host(request)) {
        return refused;
    }
    const bool only_reads = request.only_reads();
    const bool is_api = request.path().starts_with("/api/");
    const bool is_api_read_elsewhere = only_reads && is_api && !request.fetch_site.empty();
    if ((!only_reads || is_api_read_elsewhere) && is_foreign(request)) {
        return refuse_origin(request);
    }
    if (!only_reads && has_session && request.origin_headers == 0 && request.fetch_site.empty()) {
        return error_reply(403, "with a session's cookie this needs the header Origin or Sec-Fetch-Site; "
                                "programs send 'Authorization: Bearer TOKEN'");
    }
    return std::nullopt;
}

gate::decision gate::admit(const http_request& request, const std::string& address) {
    decision result;
    result.from.address =
        is_proxy(address) ? forwarded_client(request.forwarded_for).value_or(address) : address;
    result.from.origin = origin_of(rules_.origins, request);
    const auto token = bearer_token(request.authorization);
    auto of_session = result.from;
    if (rules_.tokens && !token) {
        recognize_session(of_session, request);
    }
    result.reply = refuse_place(request, of_session.who.has_value());
    if (result.reply) {
        if (result.reply->status == 403) {
            record("refused", of_session, place_of(request), *result.reply);
        }
        return result;
    }
    if (const auto found = find_route(request)) {
        result.needs = found->first->needs;
        result.body_bytes = found->first->body_bytes;
    } else {
        result.needs = least_access_at(request.path());
    }
    if (result.from.origin != nullptr && request.path() == result.from.origin->prefix) {
        // The page's addresses are relative to it.
        result.reply.emplace();
        result.reply->status = 308;
        const auto query = request.target.substr(request.path().size());
        result.reply->headers.emplace_back("Location", result.from.origin->prefix + "/" + std::string(query));
        return result;
    }
    if (!rules_.tokens) {
        result.from.who = role::operates;
        return result;
    }
    if (result.needs == access::anyone) {
        return result;
    }
    const bool is_page = request.method == "GET" && request.path() == "/";
    if (const auto in_query = query_value(request.query(), "token"); is_page && in_query) {
        result.reply = take_token(result.from, *in_query);
        return result;
    }
    if (const auto link = query_value(request.query(), "link"); is_page && link) {
        result.reply = take_link(result.from, *link);
        return result;
    }
    if (token) {
        result.from.who = try_token(result.from, *token, result.reply);
        result.from.session = "token";
    } else {
        result.from = std::move(of_session);
        if (request.path() == "/") {
            renew_session(result.from);
        }
    }
    if (!result.from.who && !result.reply) {
        result.reply = unknown_visitor(request, result.from);
        if (result.needs == access::operators) {
            record("refused", result.from, place_of(request), *result.reply);
        }
    }
    return result;
}

void gate::recognize_session(visitor& into, const http_request& request) const {
    for (auto left = request.cookie; !left.empty();) {
        const auto end = left.find(';');
        auto pair = left.substr(0, end);
        left = end == std::string_view::npos ? std::string_view{} : left.substr(end + 1);
        pair.remove_prefix(std::min(pair.find_first_not_of(' '), pair.size()));
        const auto equals = std::min(pair.find('='), pair.size());
        if (std::ranges::find(cookie_names_, pair.substr(0, equals)) == cookie_names_.end()) {
            continue;
        }
        pair.remove_prefix(std::min(equals + 1, pair.size()));
        const auto found = session_cookie::open(pair, *rules_.tokens, rt_.time.unix_time());
        if (!found) {
            continue;
        }
        into.who = found->who;
        into.session = found->session;
        into.expires = static_cast<double>(found->expires);
        return;
    }
}

void gate::renew_session(visitor& of) const {
    const auto left = of.expires - rt_.time.unix_time();
    if (of.who && !is_link(of.session) && left < static_cast<double>(rules_.session_length.count()) / 2) {
        of.renewed_cookie = new_cookie(of);
    }
}

/// The browser keeps the promises of these prefixes (RFC 6265bis, 4.1.3): no other place may set it.
std::string gate::cookie_name(const public_origin* by) const {
    const bool is_secure = is_https() || (by != nullptr && by->is_https);
    const bool is_at_root = by == nullptr || by->prefix.empty();
    const auto* const promise = !is_secure ? "" : is_at_root ? "__Host-" : "__Secure-";
    return promise + ("fedasio-" + std::to_string(port_));
}

std::string gate::new_cookie(const visitor& of) const {
    const auto length = static_cast<std::uint64_t>(rules_.session_length.count());
    const auto now = static_cast<std::uint64_t>(rt_.time.unix_time());
    const session_cookie fresh{*of.who, of.session, now + length};
    return cookie_text(of, fresh.sealed(*rules_.tokens), length);
}

std::string gate::cookie_text(const visitor& of, const std::string& sealed, std::uint64_t seconds) const {
    const bool is_secure = is_https() || (of.origin != nullptr && of.origin->is_https);
    return cookie_name(of.origin) + "=" + sealed + "; Max-Age=" + std::to_string(seconds) +
           "; Path=" + std::string(prefix_of(of)) + "/; HttpOnly; SameSite=Strict" +
           (is_secure ? "; Secure" : "");
}

std::optional<role> gate::try_token(const visitor& from, std::string_view token,
                                    std::optional<http_reply>& refused) {
    // First: who shares an address with somebody that guesses is not kept out. Tokens are too long to guess.
    if (const auto who = owner_of(token, *rules_.tokens)) {
        return who;
    }
    const auto key = net::counted_address(from.address);
    const auto now = rt_.time.now();
    const auto wait = failures_.wait(key, now);
    if (wait > net::clock::duration{}) {
        refused = too_many(wait, error_reply(429, "too many wrong tokens from this address; wait " +
                                                      seconds_text(wait) + " s"));
    } else {
        failures_.count(key, now);
        refused = error_reply(401, "this token is not one of this master's");
        refused->headers.emplace_back("WWW-Authenticate", "Bearer realm=\"fedasio\"");
    }
    record("login", from, "", *refused);
    return std::nullopt;
}

http_reply gate::take_token(const visitor& from, std::string_view token) {
    std::optional<http_reply> refused;
    const auto who = try_token(from, token, refused);
    if (!who) {
        auto page =
            html_reply(refused->status,
                       refused->status == 429 ? "Too many wrong tokens from this address: wait a little."
                                              : "This token is not one of this master's.",
                       from);
        page.headers.insert(page.headers.end(), refused->headers.begin(), refused->headers.end());
        return page;
    }
    visitor known = from;
    known.who = who;
    known.session = hex(rt_.entropy());
    http_reply reply;
    reply.status = 303;
    reply.headers.emplace_back("Location", std::string(prefix_of(from)) + "/");
    reply.headers.emplace_back("Set-Cookie", new_cookie(known));
    record("login", known, "", reply);
    return reply;
}

http_reply gate::log_in(const visitor& from, std::string_view content_type, std::string_view form) {
    if (!rules_.tokens) {
        return error_reply(404, "this master asks for no token; the page is at /");
    }
    if (!is_form(content_type)) {
        return error_reply(415, "this takes the form of the login page only");
    }
    auto token = query_value(form, "token").value_or("");
    // Spaces that were copied along arrive as plus signs.
    while (token.starts_with('+')) {
        token.remove_prefix(1);
    }
    while (token.ends_with('+')) {
        token.remove_suffix(1);
    }
    return take_token(from, token);
}

std::optional<http_reply> gate::refuse_command(const visitor& from) {
    if (from.who != role::operates) {
        return refused_command(403, "you are here as a viewer; commands need the operator's token");
    }
    const auto now = rt_.time.now();
    const auto own = net::counted_address(from.address) + " " + from.session;
    const auto wait = std::max(commands_.wait(own, now), all_commands_.wait(everyone, now));
    if (wait > net::clock::duration{}) {
        return too_many(wait, refused_command(429, "too many commands; wait " + seconds_text(wait) + " s"));
    }
    commands_.count(own, now);
    all_commands_.count(everyone, now);
    return std::nullopt;
}

std::optional<http_reply> gate::refuse_prediction(const visitor& from) {
    const auto now = rt_.time.now();
    const auto own = net::counted_address(from.address) + " " + from.session;
    const auto wait = std::max(predictions_.wait(own, now), all_predictions_.wait(everyone, now));
    if (wait > net::clock::duration{}) {
        return too_many(wait,
                        error_reply(429, "too many samples at once; wait " + seconds_text(wait) + " s"));
    }
    predictions_.count(own, now);
    all_predictions_.count(everyone, now);
    return std::nullopt;
}

http_reply gate::session_reply(const visitor& from) const {
    return http_reply(boost::json::serialize(boost::json::object{
        {"role", to_string(from.who.value_or(role::viewer))}, {"protected", rules_.tokens.has_value()}}));
}

void gate::record_command(const visitor& from, std::string_view body, const http_reply& reply) {
    record("command", from, shortened(body), reply);
}

void gate::record(std::string action, const visitor& from, std::string what, const http_reply& reply) {
    if (!rules_.audit) {
        return;
    }
    const bool is_refusal = reply.status == 401 || reply.status == 403 || reply.status == 429;
    const auto now = rt_.time.now();
    if (is_refusal) {
        if (told_refusals_.wait(everyone, now) > net::clock::duration{}) {
            ++left_out_;
            return;
        }
        told_refusals_.count(everyone, now);
    }
    const bool is_json_text = reply.content_type == "application/json";
    rules_.audit({rt_.time.unix_time(), std::move(action), from.who, from.address, from.session,
                  std::move(what), reply.status, is_json_text ? reply.text : std::string(),
                  std::exchange(left_out_, 0)});
}

std::optional<net::clock::time_point> gate::end_of(const visitor& from) const {
    if (from.expires == 0) {
        return std::nullopt;
    }
    const std::chrono::duration<double> left(from.expires - rt_.time.unix_time());
    return rt_.time.now() + std::chrono::duration_cast<net::clock::duration>(left);
}

} // namespace fedasio::dashboard
