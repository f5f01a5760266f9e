#pragma once

#include <fedasio/net/frame.hpp>

#include <boost/algorithm/hex.hpp>

#include <cstring>
#include <iterator>
#include <span>
#include <string>
#include <string_view>

namespace fedasio::net::testing {

inline std::span<const std::byte> as_bytes(std::string_view text) {
    return std::as_bytes(std::span(text));
}

inline std::string to_text(std::span<const std::byte> bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

inline std::string to_hex(std::string_view bytes) {
    std::string text;
    boost::algorithm::hex_lower(bytes.begin(), bytes.end(), std::back_inserter(text));
    return text;
}

inline payload payload_of(std::string_view text) {
    buffer content(text.size());
    if (!text.empty()) {
        std::memcpy(content.bytes().data(), text.data(), text.size());
    }
    return payload(std::move(content));
}

/// A whole frame as it goes over the wire.
inline std::string wire_form(const frame& what) {
    const encoded_frame encoded(what);
    return encoded.head + to_text(encoded.body.bytes());
}

} // namespace fedasio::net::testing
