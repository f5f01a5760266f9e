#pragma once

#include <fedasio/text/json_text.hpp>

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <boost/test/unit_test.hpp>

#include "live_server.hpp"
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace live {

using fedasio::dashboard::audit_entry;

inline constexpr auto json_type = "Content-Type: application/json\r\n";
inline constexpr auto form_type = "Content-Type: application/x-www-form-urlencoded\r\n";
inline const std::string pause_body = R"({"command":"pause"})";
inline const std::string of_operators = "operators-token-0123456789";
inline const std::string of_viewers = "viewers-token-0123456789ab";

/// A server with tokens for both roles, and what its audit was told.
struct guarded : fixture {
    std::vector<audit_entry> told;

    guarded() {
        protection.tokens = {of_viewers, of_operators};
        protection.audit = [this](audit_entry entry) { told.push_back(std::move(entry)); };
    }

    // Scenarios get a fixture.
    static guarded& of(fixture& with) { return static_cast<guarded&>(with); }
};

inline std::string bearer(const std::string& token) {
    return "Authorization: Bearer " + token + "\r\n";
}

inline std::string login(const fixture& to, const std::string& form, const std::string& headers = form_type) {
    auto text = post(to, form, headers);
    return text.replace(text.find("/api/v1/commands"), 16, "/login");
}

inline std::string link_request(const fixture& to, const std::string& body, const std::string& token) {
    auto text = post(to, body, json_type + bearer(token));
    return text.replace(text.find("/api/v1/commands"), 16, "/api/v1/links");
}

inline std::string cookie_of(const response& from) {
    const auto line = from.header("Set-Cookie");
    return "Cookie: other=1; " + line.substr(0, line.find(';')) + "; last=2\r\n";
}

inline std::string own_origin(const fixture& of) {
    return "Origin: http://" + of.host() + "\r\n";
}

inline awaitable<std::string> log_in(fixture& with, std::string token) {
    const auto answer = co_await ask(with, get(with, "/?token=" + token));
    BOOST_TEST(answer.status == 303U);
    co_return cookie_of(answer);
}

inline awaitable<std::string> role_of(fixture& with, std::string headers) {
    const auto answer = co_await ask(with, get(with, "/api/v1/session", headers));
    if (answer.status != 200) {
        co_return std::to_string(answer.status);
    }
    const auto body = fedasio::text::parse_json(answer.body).as_object();
    BOOST_TEST(body.at("protected").as_bool());
    co_return std::string(std::string_view(body.at("role").as_string()));
}

} // namespace live
