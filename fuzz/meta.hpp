#pragma once

#include <fedasio/net/frame.hpp>

#include <boost/endian/conversion.hpp>
#include <boost/json/object.hpp>

#include <array>
#include <span>
#include <string_view>

namespace fedasio::fuzz {

/// The text as the meta of a frame whose checksum is right.
inline boost::system::result<boost::json::object> received(std::string_view text) {
    constexpr std::size_t at_checksum = 28;
    std::array<std::byte, net::frame_header::size> head{};
    const auto meta = std::as_bytes(std::span(text));
    boost::endian::store_little_u32(reinterpret_cast<unsigned char*>(head.data()) + at_checksum,
                                    net::crc32c(meta, net::crc32c(std::span(head).first<at_checksum>())));
    return net::decode_meta(head, meta);
}

/// A meta as the other side gets it. Throws boost::system::system_error if it does not arrive.
inline boost::json::object sent(const boost::json::object& meta) {
    const net::encoded_frame encoded(net::frame(net::frame_type::first_free, meta));
    const auto bytes = std::as_bytes(std::span(encoded.head));
    return net::decode_meta(bytes.first<net::frame_header::size>(), bytes.subspan(net::frame_header::size))
        .value();
}

} // namespace fedasio::fuzz
