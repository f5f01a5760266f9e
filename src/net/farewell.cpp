#include "net/farewell.hpp"

#include <array>

namespace fedasio::net {
namespace {

constexpr auto patience = std::chrono::seconds(1);
constexpr std::size_t most_bytes = std::size_t{64} << 10;

} // namespace

awaitable<void> close_gently(runtime& rt, stream& wire) {
    const auto too_late = rt.time.at(rt.time.now() + patience, [&wire] { wire.close(); });
    wire.shutdown_send();
    std::array<std::byte, 1024> ignored;
    for (std::size_t bytes = 0; bytes < most_bytes;) {
        const bool cancelled = co_await is_cancelled();
        if (cancelled) {
            break;
        }
        const auto got = co_await wire.read_some(asio::buffer(ignored));
        if (got.error) {
            break;
        }
        bytes += got.bytes;
    }
    wire.close();
}

} // namespace fedasio::net
