#pragma once

#include <fedasio/net/frame.hpp>

#include <boost/endian/conversion.hpp>

#include <algorithm>
#include <span>
#include <string>

namespace fedasio::fuzz {

/// Puts the right checksums into a sequence of frames, as far as their lengths let it find them: what lies
/// behind a CRC-32C is out of a fuzzer's reach.
inline void correct_checksums(std::string& bytes) {
    using boost::endian::load_little_u32;
    using boost::endian::store_little_u32;
    using net::frame_header;
    for (std::size_t at = 0; bytes.size() - at >= frame_header::size;) {
        auto* header = reinterpret_cast<unsigned char*>(bytes.data() + at);
        const auto all = std::as_bytes(std::span(bytes)).subspan(at);
        const auto content = all.subspan(frame_header::size);
        const auto meta = content.first(std::min<std::size_t>(load_little_u32(header + 16), content.size()));
        const auto rest = content.subspan(meta.size());
        const auto body = rest.first(std::min<std::size_t>(load_little_u32(header + 20), rest.size()));
        store_little_u32(header + 24, body.empty() ? 0 : net::crc32c(body));
        store_little_u32(header + 28, net::crc32c(meta, net::crc32c(all.first(28))));
        at += frame_header::size + meta.size() + body.size();
    }
}

} // namespace fedasio::fuzz
