#pragma once

#include <fedasio/dashboard/server_protection.hpp>
#include <fedasio/net/runtime.hpp>

#include "rate_limit.hpp"
#include "router.hpp"
#include "visitor.hpp"
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace fedasio::dashboard {

/// Decides who a request comes from and whether it may go on to the router. Knows no sockets.
class gate {
public:
    /// `loopback_only`: requests must name this machine by a loopback name. `port` tells the cookies of
    /// several masters on one machine apart.
    gate(net::runtime& rt, server_protection rules, bool loopback_only, std::uint16_t port);

    /// Without the prefix of `server_protection::origins`, which some proxies leave there and others take
    /// off.
    [[nodiscard]] std::string_view own_target(std::string_view target) const noexcept;
    /// Whether a peer speaks for many others, so that limits per address are not about it.
    [[nodiscard]] bool is_proxy(const std::string& address) const;

    struct decision {
        visitor from;
        std::optional<http_reply> reply; ///< set: it goes no further
        std::size_t body_bytes = 0;      ///< how long a body its route takes
        access needs = access::viewers;  ///< what its route does
    };

    /// By the header alone; the body is not read yet. `address` is the peer's, with port.
    [[nodiscard]] decision admit(const http_request& request, const std::string& address);
    /// The answer to POST /login.
    [[nodiscard]] http_reply log_in(const visitor& from, std::string_view content_type,
                                    std::string_view form);
    /// Whether this visitor may do now what is for operators; otherwise the answer.
    [[nodiscard]] std::optional<http_reply> refuse_command(const visitor& from);
    /// Whether this visitor may try a model now; otherwise the answer.
    [[nodiscard]] std::optional<http_reply> refuse_prediction(const visitor& from);
    /// The answer to POST /api/v1/links.
    [[nodiscard]] http_reply new_link(std::uint32_t hours);
    /// The answer to GET /api/v1/session.
    [[nodiscard]] http_reply session_reply(const visitor& from) const;
    /// Writes down what became of a command; `body` is what was sent.
    void record_command(const visitor& from, std::string_view body, const http_reply& reply);
    /// When a stream of this visitor must end.
    [[nodiscard]] std::optional<net::clock::time_point> end_of(const visitor& from) const;

    [[nodiscard]] bool is_https() const noexcept { return static_cast<bool>(rules_.prove); }

    /// What comes before HTTP on each connection; empty: nothing.
    [[nodiscard]] const net::handshake& handshake() const noexcept { return rules_.prove; }

private:
    [[nodiscard]] std::optional<http_reply> refuse_place(const http_request& request, bool has_session) const;
    [[nodiscard]] std::optional<http_reply> refuse_host(const http_request& request) const;
    [[nodiscard]] bool is_foreign(const http_request& request) const;
    [[nodiscard]] http_reply refuse_origin(const http_request& request) const;
    [[nodiscard]] http_reply take_token(const visitor& from, std::string_view token);
    [[nodiscard]] http_reply take_link(const visitor& from, std::string_view link);
    [[nodiscard]] std::optional<role> try_token(const visitor& from, std::string_view token,
                                                std::optional<http_reply>& refused);
    void recognize_session(visitor& into, const http_request& request) const;
    void renew_session(visitor& of) const;
    [[nodiscard]] std::string cookie_name(const public_origin* by) const;
    [[nodiscard]] std::string new_cookie(const visitor& of) const;
    [[nodiscard]] std::string cookie_text(const visitor& of, const std::string& sealed,
                                          std::uint64_t seconds) const;
    void record(std::string action, const visitor& from, std::string what, const http_reply& reply);

    net::runtime& rt_;
    server_protection rules_;
    bool loopback_only_;
    std::uint16_t port_;
    std::vector<std::string> cookie_names_; ///< of all ways in
    rate_limit failures_;
    rate_limit commands_;
    rate_limit all_commands_;
    rate_limit predictions_;
    rate_limit all_predictions_;
    rate_limit told_refusals_;
    std::uint64_t left_out_ = 0;
};

} // namespace fedasio::dashboard
