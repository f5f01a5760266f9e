#include <fedasio/net/buffer.hpp>

#include <boost/crc.hpp>

#include <cstring>

#ifdef __SSE4_2__
#include <nmmintrin.h>
#endif

namespace fedasio::net {

#ifdef __SSE4_2__

std::uint32_t crc32c(std::span<const std::byte> bytes, std::uint32_t previous) noexcept {
    std::uint64_t crc = ~previous;
    const std::byte* at = bytes.data();
    std::size_t left = bytes.size();
    for (; left >= sizeof(std::uint64_t); left -= sizeof(std::uint64_t), at += sizeof(std::uint64_t)) {
        std::uint64_t word = 0;
        std::memcpy(&word, at, sizeof word);
        crc = _mm_crc32_u64(crc, word);
    }
    auto rest = static_cast<std::uint32_t>(crc);
    for (; left > 0; --left, ++at) {
        rest = _mm_crc32_u8(rest, std::to_integer<std::uint8_t>(*at));
    }
    return ~rest;
}

#else

std::uint32_t crc32c(std::span<const std::byte> bytes, std::uint32_t previous) noexcept {
    // Boost reflects its initial remainder, so a sum is continued by reflecting it back.
    std::uint32_t initial = 0;
    for (int bit = 0; bit < 32; ++bit) {
        initial |= ((~previous >> bit) & 1U) << (31 - bit);
    }
    boost::crc_optimal<32, 0x1EDC6F41, 0, 0xFFFFFFFF, true, true> sum(initial);
    sum.process_bytes(bytes.data(), bytes.size());
    return sum.checksum();
}

#endif

} // namespace fedasio::net
