#include <fedasio/net/counted_address.hpp>

#include <boost/asio/ip/address.hpp>

#include <algorithm>

namespace fedasio::net {

namespace ip = boost::asio::ip;

std::string counted_address(const std::string& remote) {
    auto host = remote.ends_with(']') ? remote : remote.substr(0, remote.rfind(':'));
    if (host.starts_with('[') && host.ends_with(']')) {
        host = host.substr(1, host.size() - 2);
    }
    boost::system::error_code ec;
    const auto parsed = ip::make_address(host, ec);
    if (ec || !parsed.is_v6()) {
        return host;
    }
    const auto v6 = parsed.to_v6();
    if (v6.is_v4_mapped()) {
        return ip::make_address_v4(ip::v4_mapped, v6).to_string();
    }
    auto bytes = v6.to_bytes();
    std::fill(bytes.begin() + 8, bytes.end(), static_cast<unsigned char>(0));
    return ip::address_v6(bytes).to_string();
}

} // namespace fedasio::net
