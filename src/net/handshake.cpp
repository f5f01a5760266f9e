#include <fedasio/net/handshake.hpp>

#include <utility>

namespace fedasio::net {

awaitable<opened> connect_and_prove(runtime& rt, address where, handshake prove) {
    auto fresh = co_await connect_tcp(rt, std::move(where));
    if (fresh.error || !prove) {
        co_return std::move(fresh);
    }
    co_return co_await prove(std::move(fresh.connection));
}

} // namespace fedasio::net
