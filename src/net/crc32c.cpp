#include <fedasio/net/buffer.hpp>

#include <algorithm>
#include <isa-l/crc.h>

namespace fedasio::net {

std::uint32_t crc32c(std::span<const std::byte> bytes, std::uint32_t previous) noexcept {
    constexpr std::size_t most = std::size_t{1} << 30; // the library counts in int
    std::uint32_t crc = ~previous;
    while (!bytes.empty()) {
        const auto part = bytes.first(std::min(bytes.size(), most));
        // It only reads, although its signature does not say so.
        auto* data = const_cast<unsigned char*>(reinterpret_cast<const unsigned char*>(part.data()));
        crc = crc32_iscsi(data, static_cast<int>(part.size()), crc);
        bytes = bytes.subspan(part.size());
    }
    return ~crc;
}

} // namespace fedasio::net
