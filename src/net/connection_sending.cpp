#include <fedasio/net/connection.hpp>

#include <boost/asio/this_coro.hpp>

#include <new>
#include <utility>
#include <vector>

namespace fedasio::net {
namespace {

constexpr std::size_t frames_per_write = 16;

} // namespace

awaitable<void> connection::write_loop() {
    co_await asio::this_coro::throw_if_cancelled(false);
    try {
        co_await write_frames();
    } catch (const std::bad_alloc&) {
        fail(errc::no_memory, "no memory to send to it");
    }
}

awaitable<void> connection::write_frames() {
    std::vector<encoded_frame> batch;
    std::vector<asio::const_buffer> parts;
    for (;;) {
        batch.clear();
        const bool more = co_await outbox_.pop(batch, frames_per_write);
        if (!more) {
            wire_->shutdown_send();
            co_return;
        }
        tell_room();
        parts.clear();
        for (const auto& item : batch) {
            parts.emplace_back(item.head.data(), item.head.size());
            if (!item.body.empty() && wire_->hand_over(item.body)) {
                bytes_sent_ += item.body.size();
            } else if (!item.body.empty()) {
                parts.emplace_back(item.body.bytes().data(), item.body.size());
            }
        }
        writing_ = true;
        last_sent_ = rt_.time.now();
        std::span<asio::const_buffer> left(parts);
        while (!left.empty()) {
            const auto sent = co_await wire_->write_some(left);
            if (sent.error) {
                fail(sent.error);
                co_return;
            }
            last_sent_ = rt_.time.now();
            bytes_sent_ += sent.bytes;
            if (options_.window) {
                options_.window->went(sent.bytes);
            }
            std::size_t bytes = sent.bytes;
            while (!left.empty() && bytes >= left.front().size()) {
                bytes -= left.front().size();
                left = left.subspan(1);
            }
            if (!left.empty()) {
                left.front() += bytes;
            }
        }
        writing_ = false;
    }
}

} // namespace fedasio::net
