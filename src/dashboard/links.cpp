#include "links.hpp"

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include "gate.hpp"
#include "hex_number.hpp"
#include "login_page.hpp"
#include "session_cookie.hpp"

namespace fedasio::dashboard {

http_reply login_reply(unsigned status, std::string_view problem, std::string_view prefix) {
    http_reply reply(login_page(problem, prefix));
    reply.status = status;
    reply.content_type = "text/html; charset=utf-8";
    reply.headers.emplace_back("Content-Security-Policy", login_page_policy());
    // With no-referrer a form's Origin would be null.
    reply.headers.emplace_back("Referrer-Policy", "same-origin");
    return reply;
}

/// A link is the cookie of a viewer's session that ends with it: nothing has to be remembered.
http_reply gate::new_link(std::uint32_t hours) {
    if (!rules_.tokens) {
        return error_reply(409, "this master asks for no token: whoever reaches its address may watch");
    }
    constexpr std::uint64_t seconds_in_hour = 3600;
    const auto now = static_cast<std::uint64_t>(rt_.time.unix_time());
    const session_cookie link{role::viewer, "link-" + hex(rt_.entropy()), now + hours * seconds_in_hour};
    return http_reply(boost::json::serialize(
        boost::json::object{{"link", "?link=" + link.sealed(*rules_.tokens)}, {"expires", link.expires}}));
}

http_reply gate::take_link(const visitor& from, std::string_view link) {
    const auto now = rt_.time.unix_time();
    const auto found = session_cookie::open(link, *rules_.tokens, now);
    const bool is_good = found && found->who == role::viewer && is_link(found->session);
    http_reply reply;
    auto known = from;
    if (is_good) {
        known.who = found->who;
        known.session = found->session;
        reply.status = 303;
        reply.headers.emplace_back("Location", std::string(prefix_of(from)) + "/");
        const auto left = found->expires - static_cast<std::uint64_t>(now);
        reply.headers.emplace_back("Set-Cookie", cookie_text(from, std::string(link), left));
    } else {
        reply = login_reply(401, "This link is over, or is not one of this master's.", prefix_of(from));
    }
    record("link", known, "", reply);
    return reply;
}

} // namespace fedasio::dashboard
