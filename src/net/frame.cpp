#include <fedasio/net/frame.hpp>
#include <fedasio/text/json_text.hpp>
#include <fedasio/text/printable.hpp>

#include <boost/endian/conversion.hpp>
#include <boost/json/serialize.hpp>

#include "net/greeting.hpp"
#include <algorithm>
#include <limits>
#include <stdexcept>

namespace fedasio::net {
namespace {

using boost::endian::load_little_u16;
using boost::endian::load_little_u32;
using boost::endian::load_little_u64;
using boost::endian::store_little_u16;
using boost::endian::store_little_u32;
using boost::endian::store_little_u64;

// Where each field of the header begins.
constexpr std::size_t at_version = 4;
constexpr std::size_t at_flags = 5;
constexpr std::size_t at_type = 6;
constexpr std::size_t at_correlation = 8;
constexpr std::size_t at_meta_length = 16;
constexpr std::size_t at_body_length = 20;
constexpr std::size_t at_body_checksum = 24;
constexpr std::size_t at_head_checksum = 28;

std::uint32_t checked_length(std::size_t length, const char* what) {
    if (length > std::numeric_limits<std::uint32_t>::max()) {
        throw std::length_error(std::string("a frame's ") + what + " must be smaller than 4 GiB");
    }
    return static_cast<std::uint32_t>(length);
}

} // namespace

boost::system::result<frame_header> frame_header::decode(std::span<const std::byte, size> bytes) {
    const auto* data = reinterpret_cast<const unsigned char*>(bytes.data());
    if (!std::equal(magic.begin(), magic.end(), data)) {
        return unexpected_greeting(bytes.first<4>());
    }
    if (data[at_version] != version) {
        return error_code(errc::bad_version);
    }
    frame_header header;
    header.flags = data[at_flags];
    header.type = load_little_u16(data + at_type);
    header.correlation = load_little_u64(data + at_correlation);
    header.meta_length = load_little_u32(data + at_meta_length);
    header.body_length = load_little_u32(data + at_body_length);
    header.body_checksum = load_little_u32(data + at_body_checksum);
    header.head_checksum = load_little_u32(data + at_head_checksum);
    const bool refusal_without_reply = (header.flags & flag_refusal) != 0 && (header.flags & flag_reply) == 0;
    if ((header.flags & ~(flag_reply | flag_refusal)) != 0 || refusal_without_reply) {
        return error_code(errc::bad_flags);
    }
    if (header.type == 0 || (header.type > frame_type::bye && header.type < frame_type::first_free)) {
        return error_code(errc::bad_type);
    }
    return header;
}

encoded_frame::encoded_frame(const frame& source) : body(source.body) {
    const std::string meta =
        source.meta.empty() ? std::string() : text::as_utf8(boost::json::serialize(source.meta));
    head.resize(frame_header::size);
    auto* data = reinterpret_cast<unsigned char*>(head.data());
    std::copy(frame_header::magic.begin(), frame_header::magic.end(), data);
    data[at_version] = frame_header::version;
    data[at_flags] = static_cast<unsigned char>((source.is_reply ? frame_header::flag_reply : 0) |
                                                (source.is_refusal ? frame_header::flag_refusal : 0));
    store_little_u16(data + at_type, source.type);
    store_little_u64(data + at_correlation, source.correlation);
    store_little_u32(data + at_meta_length, checked_length(meta.size(), "meta"));
    store_little_u32(data + at_body_length, checked_length(body.size(), "body"));
    store_little_u32(data + at_body_checksum, body.checksum());
    const auto bytes = std::as_bytes(std::span(head));
    const auto sum = crc32c(std::as_bytes(std::span(meta)), crc32c(bytes.first(at_head_checksum)));
    store_little_u32(data + at_head_checksum, sum);
    head += meta;
}

boost::system::result<boost::json::object> decode_meta(std::span<const std::byte, frame_header::size> header,
                                                       std::span<const std::byte> meta) {
    const auto* data = reinterpret_cast<const unsigned char*>(header.data());
    const auto sum = crc32c(meta, crc32c(header.first<at_head_checksum>()));
    if (sum != load_little_u32(data + at_head_checksum)) {
        return error_code(errc::bad_checksum);
    }
    if (meta.empty()) {
        return boost::json::object();
    }
    boost::json::value value;
    try {
        value = text::parse_json({reinterpret_cast<const char*>(meta.data()), meta.size()},
                                 {.bytes = meta.size(), .depth = meta_depth});
    } catch (const text::json_error&) {
        return error_code(errc::bad_meta);
    }
    if (!value.is_object()) {
        return error_code(errc::bad_meta);
    }
    return std::move(value.get_object());
}

} // namespace fedasio::net
