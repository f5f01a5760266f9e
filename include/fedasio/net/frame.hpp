#pragma once

#include <fedasio/net/buffer.hpp>
#include <fedasio/net/error.hpp>

#include <boost/json/object.hpp>
#include <boost/system/result.hpp>

#include <array>
#include <cstdint>
#include <span>
#include <string>

namespace fedasio::net {

/// Frame types of this floor. Programs number theirs from `first_free`.
namespace frame_type {
inline constexpr std::uint16_t ping = 1;
inline constexpr std::uint16_t pong = 2;
inline constexpr std::uint16_t bye = 3;
inline constexpr std::uint16_t first_free = 16;
} // namespace frame_type

/// One message: a type, a JSON object, and optionally raw bytes. `docs/protocol.md` describes it bit by bit.
struct frame {
    std::uint16_t type = 0;
    bool is_reply = false;
    bool is_refusal = false;       ///< a reply whose meta is {"code", "reason"}
    std::uint64_t correlation = 0; ///< ties a reply to its request; 0: a notice, no reply wanted
    boost::json::object meta;
    payload body;

    frame() = default;

    explicit frame(std::uint16_t frame_type, boost::json::object meta_object = {}, payload body_bytes = {})
        : type(frame_type), meta(std::move(meta_object)), body(std::move(body_bytes)) {}

    [[nodiscard]] bool is_request() const noexcept { return !is_reply && correlation != 0; }
};

/// Arrays and objects of a meta within each other, at most.
inline constexpr std::size_t meta_depth = 16;

/// The largest meta and body that are accepted, in bytes.
struct frame_limits {
    std::size_t meta = 4096;
    std::size_t body = 0;
};

/// The fixed header in front of every frame: 32 bytes, little-endian.
struct frame_header {
    static constexpr std::size_t size = 32;
    static constexpr std::array<char, 4> magic{'F', 'D', 'I', 'O'};
    static constexpr std::uint8_t version = 1;
    static constexpr std::uint8_t flag_reply = 1;
    static constexpr std::uint8_t flag_refusal = 2;

    std::uint8_t flags = 0;
    std::uint16_t type = 0;
    std::uint64_t correlation = 0;
    std::uint32_t meta_length = 0;
    std::uint32_t body_length = 0;
    std::uint32_t body_checksum = 0; ///< CRC-32C of the body
    std::uint32_t head_checksum = 0; ///< CRC-32C of the first 28 bytes of the header, then the meta

    /// Checks magic, version, flags and type; lengths and checksums are the reader's to check.
    static boost::system::result<frame_header> decode(std::span<const std::byte, size> bytes);
};

/// A frame ready to be written: header and meta in one string, the body apart. Throws std::length_error for a
/// meta or body over 4 GiB - 1.
struct encoded_frame {
    std::string head;
    payload body;

    explicit encoded_frame(const frame& source);

    [[nodiscard]] std::size_t size() const noexcept { return head.size() + body.size(); }
};

/// Turns checked-in bytes into meta: verifies the head's checksum, then parses as parse_json() does (depth at
/// most meta_depth; an empty text is {}), so that numbers arrive bit for bit.
boost::system::result<boost::json::object> decode_meta(std::span<const std::byte, frame_header::size> header,
                                                       std::span<const std::byte> meta);

} // namespace fedasio::net
