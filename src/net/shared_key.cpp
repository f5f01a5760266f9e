#include <fedasio/net/shared_key.hpp>

#include <boost/asio/error.hpp>
#include <boost/asio/this_coro.hpp>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "net/farewell.hpp"
#include "net/greeting.hpp"
#include <algorithm>
#include <cstring>
#include <span>
#include <stdexcept>
#include <string_view>
#include <utility>

namespace fedasio::net {
namespace {

using greeting = std::array<std::byte, key_greeting.size() + sizeof(shared_key::nonce)>;

shared_key::nonce fresh_nonce(runtime& rt) {
    shared_key::nonce result;
    for (std::size_t i = 0; i < result.size(); i += sizeof(std::uint64_t)) {
        const auto number = rt.entropy();
        std::memcpy(result.data() + i, &number, sizeof number);
    }
    return result;
}

awaitable<error_code> read_exactly(stream& wire, std::span<std::byte> into) {
    while (!into.empty()) {
        const auto got = co_await wire.read_some(asio::buffer(into.data(), into.size()));
        const bool cancelled = co_await is_cancelled();
        if (got.error || cancelled) {
            co_return cancelled ? error_code(asio::error::operation_aborted) : got.error;
        }
        into = into.subspan(got.bytes);
    }
    co_return error_code{};
}

awaitable<error_code> write_all(stream& wire, std::span<const std::byte> from) {
    while (!from.empty()) {
        const asio::const_buffer rest(from.data(), from.size());
        const auto sent = co_await wire.write_some(std::span(&rest, 1));
        const bool cancelled = co_await is_cancelled();
        if (sent.error || cancelled) {
            co_return cancelled ? error_code(asio::error::operation_aborted) : sent.error;
        }
        from = from.subspan(sent.bytes);
    }
    co_return error_code{};
}

bool is_hang_up(error_code ec) {
    return ec == asio::error::eof || ec == asio::error::connection_reset || ec == asio::error::broken_pipe;
}

awaitable<error_code> send_greeting(stream& wire, const shared_key::nonce& own) {
    greeting text;
    std::ranges::copy(own, std::ranges::copy(key_greeting, text.begin()).out);
    co_return co_await write_all(wire, text);
}

awaitable<error_code> read_greeting(stream& wire, shared_key::nonce& peers) {
    std::array<std::byte, key_greeting.size()> first;
    auto ec = co_await read_exactly(wire, first);
    if (!ec && first != key_greeting) {
        ec = unexpected_greeting(first);
    }
    if (!ec) {
        ec = co_await read_exactly(wire, peers);
    }
    co_return is_hang_up(ec) ? error_code(errc::not_authenticated) : ec;
}

/// Whoever hangs up instead of proving itself has found our proof wrong, or has none.
awaitable<error_code> read_proof(stream& wire, const shared_key::proof& expected) {
    shared_key::proof got;
    const auto ec = co_await read_exactly(wire, got);
    if (ec) {
        co_return is_hang_up(ec) ? error_code(errc::wrong_key) : ec;
    }
    const bool equal = CRYPTO_memcmp(got.data(), expected.data(), got.size()) == 0;
    co_return equal ? error_code{} : error_code(errc::wrong_key);
}

awaitable<error_code> connecting(runtime& rt, stream& wire, const shared_key& key) {
    const auto own = fresh_nonce(rt);
    shared_key::nonce peers;
    auto ec = co_await send_greeting(wire, own);
    if (!ec) {
        ec = co_await read_greeting(wire, peers);
    }
    if (!ec) {
        const auto proof = key.prove(side::connecting, own, peers);
        ec = co_await write_all(wire, proof);
    }
    if (!ec) {
        const auto expected = key.prove(side::accepting, own, peers);
        ec = co_await read_proof(wire, expected);
    }
    co_return ec;
}

awaitable<error_code> accepting(runtime& rt, stream& wire, const shared_key& key) {
    const auto own = fresh_nonce(rt);
    shared_key::nonce peers;
    auto ec = co_await read_greeting(wire, peers);
    if (ec == errc::peer_is_unprotected) {
        // So that it can tell its people what is expected here.
        co_await send_greeting(wire, own);
    }
    if (!ec) {
        ec = co_await send_greeting(wire, own);
    }
    if (!ec) {
        const auto expected = key.prove(side::connecting, peers, own);
        ec = co_await read_proof(wire, expected);
    }
    if (!ec) {
        const auto proof = key.prove(side::accepting, peers, own);
        ec = co_await write_all(wire, proof);
    }
    co_return ec;
}

} // namespace

shared_key::~shared_key() {
    OPENSSL_cleanse(bytes_.data(), bytes_.size());
}

shared_key::proof shared_key::prove(side prover, const nonce& of_connecting,
                                    const nonce& of_accepting) const {
    constexpr std::string_view master = "fedasio key 1 master";
    constexpr std::string_view worker = "fedasio key 1 worker";
    static_assert(master.size() == worker.size());
    std::array<std::byte, worker.size() + 2 * sizeof(nonce)> text;
    const auto label = std::as_bytes(std::span(prover == side::accepting ? master : worker));
    auto end = std::ranges::copy(label, text.begin()).out;
    end = std::ranges::copy(of_connecting, end).out;
    std::ranges::copy(of_accepting, end);
    proof result;
    unsigned size = 0;
    const auto* const done = HMAC(EVP_sha256(), bytes_.data(), static_cast<int>(bytes_.size()),
                                  reinterpret_cast<const unsigned char*>(text.data()), text.size(),
                                  reinterpret_cast<unsigned char*>(result.data()), &size);
    if (done == nullptr || size != result.size()) {
        throw std::runtime_error("OpenSSL offers no HMAC-SHA-256; check its configuration");
    }
    return result;
}

awaitable<opened> prove_key(runtime& rt, std::unique_ptr<stream> wire, shared_key key, side own,
                            clock::duration patience) {
    co_await asio::this_coro::throw_if_cancelled(false);
    bool expired = false;
    auto deadline = rt.time.at(rt.time.now() + patience, [&] {
        expired = true;
        wire->close();
    });
    opened result;
    if (own == side::accepting) {
        result.error = co_await accepting(rt, *wire, key);
    } else {
        result.error = co_await connecting(rt, *wire, key);
    }
    deadline.reset();
    if (expired) {
        result.error = errc::handshake_timeout;
    }
    if (!result.error) {
        result.connection = std::move(wire);
    } else if (own == side::accepting) {
        co_await close_gently(rt, *wire);
    }
    co_return std::move(result);
}

} // namespace fedasio::net
