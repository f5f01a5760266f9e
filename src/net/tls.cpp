#include <fedasio/net/frame.hpp>
#include <fedasio/net/tls.hpp>

#include <boost/asio/this_coro.hpp>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

#include "net/farewell.hpp"
#include "net/tls_stream.hpp"
#include <stdexcept>
#include <utility>

namespace fedasio::net {
namespace {

/// Certificates are judged by the runtime's clock, and a master's also by the host that was dialled.
void expect(SSL& ssl, double unix_time, const std::string& host) {
    auto* const rules = SSL_get0_param(&ssl);
    X509_VERIFY_PARAM_set_time(rules, static_cast<std::time_t>(unix_time));
    if (!host.empty() && X509_VERIFY_PARAM_set1_ip_asc(rules, host.c_str()) != 1) {
        X509_VERIFY_PARAM_set_hostflags(rules,
                                        X509_CHECK_FLAG_NEVER_CHECK_SUBJECT | X509_CHECK_FLAG_NO_WILDCARDS);
        X509_VERIFY_PARAM_set1_host(rules, host.c_str(), host.size());
    }
}

/// A peer that sends frames also reads them.
awaitable<void> say_what_is_expected(stream& wire) {
    const encoded_frame goodbye(frame(
        frame_type::bye, {{"reason", "TLS is expected here; start both sides with the same protection"}}));
    const asio::const_buffer text(goodbye.head.data(), goodbye.head.size());
    co_await wire.write_some(std::span(&text, 1));
}

/// For browsers and programs that take the port for one of plain HTTP.
awaitable<void> say_that_it_is_https(stream& wire, tls_use use) {
    const std::string body =
        use == tls_use::serving
            ? R"({"error":"this port speaks HTTPS: its address begins with https://"})"
            : R"({"error":"this port is for fedasio's workers, over TLS; the dashboard has another one"})";
    const auto text =
        "HTTP/1.1 400 Bad Request\r\nContent-Type: application/json\r\nConnection: close, Upgrade\r\n"
        "Upgrade: TLS/1.3\r\nContent-Length: " +
        std::to_string(body.size()) + "\r\n\r\n" + body;
    const asio::const_buffer bytes(text.data(), text.size());
    co_await wire.write_some(std::span(&bytes, 1));
}

awaitable<opened> become_known(runtime& rt, std::shared_ptr<tls_engine> engine, side own, tls_use use,
                               clock::duration patience) {
    co_await asio::this_coro::throw_if_cancelled(false);
    bool expired = false;
    auto deadline = rt.time.at(rt.time.now() + patience, [&expired, &engine] {
        expired = true;
        engine->wire().close();
    });
    opened result;
    result.error = co_await tls_engine::shake_hands(engine);
    deadline.reset();
    if (expired) {
        result.error = errc::handshake_timeout;
    }
    if (!result.error) {
        result.connection = make_tls_stream(engine, rt.executor);
    } else if (own == side::accepting) {
        if (result.error == errc::peer_is_unprotected) {
            co_await say_what_is_expected(engine->wire());
        } else if (result.error == errc::peer_uses_http) {
            co_await say_that_it_is_https(engine->wire(), use);
        }
        co_await close_gently(rt, engine->wire());
    } else {
        engine->wire().close();
    }
    co_return std::move(result);
}

} // namespace

tls::tls(runtime& rt, std::filesystem::path kit_folder, kit_handler on_kit, tls_use use)
    : rt_(rt), folder_(std::move(kit_folder)), use_(use), on_kit_(std::move(on_kit)),
      seen_(state_of_kit(folder_)) {
    kit_ = std::make_unique<const kit>(folder_, use_);
}

tls::~tls() = default;

const std::string& tls::own_name() const noexcept {
    return kit_->name;
}

std::vector<std::string> tls::own_hosts() const {
    return alternative_names(SSL_CTX_get0_certificate(kit_->context.get()));
}

void tls::read_again_if_changed() {
    auto now = state_of_kit(folder_);
    if (now == seen_) {
        return;
    }
    seen_ = std::move(now);
    std::string news = "read the changed kit " + folder_.string();
    try {
        kit_ = std::make_unique<const kit>(folder_, use_);
    } catch (const std::runtime_error& e) {
        news = std::string("going on with the kit as it was read before: ") + e.what();
    }
    if (on_kit_) {
        on_kit_(news);
    }
}

awaitable<opened> tls::accept(std::unique_ptr<stream> wire, clock::duration patience) {
    read_again_if_changed();
    auto engine = std::make_shared<tls_engine>(*kit_->context, std::move(wire), side::accepting);
    expect(engine->ssl(), rt_.time.unix_time(), {});
    return become_known(rt_, std::move(engine), side::accepting, use_, patience);
}

awaitable<opened> tls::connect(std::unique_ptr<stream> wire, const std::string& host,
                               clock::duration patience) {
    read_again_if_changed();
    auto engine = std::make_shared<tls_engine>(*kit_->context, std::move(wire), side::connecting);
    expect(engine->ssl(), rt_.time.unix_time(), host);
    return become_known(rt_, std::move(engine), side::connecting, use_, patience);
}

} // namespace fedasio::net
