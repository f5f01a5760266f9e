#include "gzip.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <zlib.h>

#include <algorithm>
#include <memory>
#include <new>

namespace fedasio::dashboard {

namespace {

namespace asio = boost::asio;

constexpr int level = 2;
constexpr std::size_t step = std::size_t{64} << 10; // about a millisecond

} // namespace

net::awaitable<std::string> gzip(const std::string& text) {
    constexpr int as_gzip = 16 + MAX_WBITS;
    z_stream stream{};
    if (deflateInit2(&stream, level, Z_DEFLATED, as_gzip, MAX_MEM_LEVEL, Z_DEFAULT_STRATEGY) != Z_OK) {
        throw std::bad_alloc();
    }
    const std::unique_ptr<z_stream, int (*)(z_stream*)> guard(&stream, deflateEnd);
    std::string result;
    std::string packed(step / 4, '\0');
    for (std::size_t at = 0;;) {
        const auto size = std::min(step, text.size() - at);
        const bool is_last = at + size == text.size();
        // zlib does not write there.
        stream.next_in = reinterpret_cast<unsigned char*>(const_cast<char*>(text.data() + at)); // NOLINT
        stream.avail_in = static_cast<uInt>(size);
        do {
            stream.next_out = reinterpret_cast<unsigned char*>(packed.data()); // NOLINT
            stream.avail_out = static_cast<uInt>(packed.size());
            deflate(&stream, is_last ? Z_FINISH : Z_NO_FLUSH);
            result.append(packed, 0, packed.size() - stream.avail_out);
        } while (stream.avail_out == 0);
        if (is_last) {
            co_return std::move(result);
        }
        at += size;
        co_await asio::post(asio::use_awaitable);
    }
}

} // namespace fedasio::dashboard
