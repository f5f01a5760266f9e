#include "gunzip.hpp"

#include <zlib.h>

#include <array>
#include <limits>
#include <memory>
#include <stdexcept>

namespace fedasio::dashboard {

std::string gunzip(std::span<const unsigned char> packed) {
    constexpr int gzip_only = 16 + MAX_WBITS;
    z_stream stream{};
    if (packed.size() > std::numeric_limits<uInt>::max() || inflateInit2(&stream, gzip_only) != Z_OK) {
        throw std::runtime_error("a file of the page cannot be unpacked");
    }
    const std::unique_ptr<z_stream, int (*)(z_stream*)> guard(&stream, inflateEnd);
    stream.next_in = const_cast<unsigned char*>(packed.data()); // zlib does not write there
    stream.avail_in = static_cast<uInt>(packed.size());
    std::string result;
    std::array<unsigned char, 16384> chunk{};
    int outcome = Z_OK;
    while (outcome == Z_OK) {
        stream.next_out = chunk.data();
        stream.avail_out = static_cast<uInt>(chunk.size());
        outcome = inflate(&stream, Z_NO_FLUSH);
        result.append(chunk.begin(), chunk.end() - stream.avail_out);
    }
    if (outcome != Z_STREAM_END) {
        throw std::runtime_error("a file of the page is damaged");
    }
    return result;
}

} // namespace fedasio::dashboard
