#include <fedasio/net/discovery.hpp>
#include <fedasio/text/cut.hpp>
#include <fedasio/text/printable.hpp>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/ip/multicast.hpp>
#include <boost/asio/ip/udp.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/system/system_error.hpp>

#include <algorithm>
#include <array>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <optional>
#include <utility>
#include <vector>

namespace fedasio::net {
namespace {

using asio::ip::address_v4;
using asio::ip::udp;
namespace multicast = asio::ip::multicast;
constexpr auto as_result = asio::as_tuple(asio::use_awaitable);
constexpr std::size_t most_name = 100;

/// The IPv4 addresses of the interfaces that are up, loopback included.
std::vector<address_v4> interface_addresses() {
    std::vector<address_v4> found;
    ifaddrs* list = nullptr;
    if (getifaddrs(&list) != 0) {
        return found;
    }
    const std::unique_ptr<ifaddrs, decltype(&freeifaddrs)> owner(list, &freeifaddrs);
    for (const auto* entry = list; entry != nullptr; entry = entry->ifa_next) {
        if (entry->ifa_addr != nullptr && entry->ifa_addr->sa_family == AF_INET &&
            (entry->ifa_flags & IFF_UP) != 0) {
            const auto* in = reinterpret_cast<const sockaddr_in*>(entry->ifa_addr);
            found.emplace_back(ntohl(in->sin_addr.s_addr));
        }
    }
    return found;
}

std::optional<address_v4> as_v4(const std::string& host) {
    error_code ec;
    const auto found = asio::ip::make_address_v4(host == "localhost" ? "127.0.0.1" : host, ec);
    return ec ? std::nullopt : std::optional(found);
}

/// Throws boost::system::system_error.
udp::socket sender_on(const runtime& rt, const address_v4& interface) {
    udp::socket socket(rt.executor, udp::v4());
    socket.set_option(multicast::outbound_interface(interface));
    socket.bind(udp::endpoint(interface, 0));
    socket.set_option(multicast::enable_loopback(true));
    socket.set_option(multicast::hops(1));
    return socket;
}

/// Throws boost::system::system_error. The address may be shared, so that several workers of one machine can
/// listen.
udp::socket receiver_of(const runtime& rt, const address_v4& group, std::uint16_t port) {
    udp::socket socket(rt.executor, udp::v4());
    socket.set_option(udp::socket::reuse_address(true));
    socket.bind(udp::endpoint(group, port));
    for (const auto& interface : interface_addresses()) {
        error_code left_out;
        socket.set_option(multicast::join_group(group, interface), left_out);
    }
    return socket;
}

std::optional<discovered> parse_announcement(std::string_view text, const udp::endpoint& sender) {
    error_code ec;
    const auto value = boost::json::parse({text.data(), text.size()}, ec);
    const auto* object = ec ? nullptr : value.if_object();
    if (object == nullptr) {
        return std::nullopt;
    }
    const auto* version = object->if_contains("fedasio");
    const auto* port = object->if_contains("port");
    const auto* name = object->if_contains("name");
    if (version == nullptr || version->if_int64() == nullptr || version->get_int64() != 1 ||
        port == nullptr || port->if_int64() == nullptr || port->get_int64() < 1 ||
        port->get_int64() > 65535) {
        return std::nullopt;
    }
    discovered found;
    found.master = {sender.address().to_string(), static_cast<std::uint16_t>(port->get_int64())};
    if (name != nullptr && name->is_string()) {
        found.name =
            std::string(text::cut({name->get_string().data(), name->get_string().size()}, most_name));
    }
    return found;
}

} // namespace

awaitable<void> announce(runtime& rt, address where, std::string name, discovery_options options) {
    co_await asio::this_coro::throw_if_cancelled(false);
    const auto bound = as_v4(where.host);
    std::vector<udp::socket> senders;
    error_code last = asio::error::address_family_not_supported;
    for (const auto& interface : interface_addresses()) {
        if (bound && !bound->is_unspecified() && *bound != interface) {
            continue;
        }
        try {
            senders.push_back(sender_on(rt, interface));
        } catch (const boost::system::system_error& e) {
            last = e.code();
        }
    }
    if (senders.empty()) {
        throw boost::system::system_error(last, "announcing " + where.to_string() + " by multicast");
    }
    const udp::endpoint group(asio::ip::make_address_v4(options.group), options.port);
    const boost::json::object content{
        {"fedasio", 1}, {"port", where.port}, {"name", std::string(text::cut(name, most_name))}};
    const std::string text = text::as_utf8(boost::json::serialize(content));
    for (bool cancelled = false; !cancelled;) {
        for (auto& socket : senders) {
            auto sent = co_await socket.async_send_to(asio::buffer(text), group, as_result);
            (void)sent;
        }
        co_await sleep_for(rt, options.interval);
        cancelled = co_await is_cancelled();
    }
}

awaitable<discovered> discover(runtime& rt, clock::time_point deadline, discovery_options options) {
    co_await asio::this_coro::throw_if_cancelled(false);
    discovered result;
    auto socket = receiver_of(rt, asio::ip::make_address_v4(options.group), options.port);
    bool expired = false;
    const auto alarm = rt.time.at(deadline, [&] {
        expired = true;
        error_code ignored;
        socket.close(ignored);
    });
    std::array<char, 1024> text;
    for (;;) {
        const bool cancelled = co_await is_cancelled();
        if (cancelled) {
            result.error = asio::error::operation_aborted;
            co_return result;
        }
        udp::endpoint sender;
        auto [ec, bytes] = co_await socket.async_receive_from(asio::buffer(text), sender, as_result);
        if (ec) {
            result.error = expired ? error_code(asio::error::timed_out) : ec;
            co_return result;
        }
        auto found = parse_announcement(std::string_view(text.data(), bytes), sender);
        if (found) {
            co_return std::move(*found);
        }
    }
}

} // namespace fedasio::net
