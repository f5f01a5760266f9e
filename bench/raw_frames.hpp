#pragma once

#include <fedasio/net/frame.hpp>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <span>
#include <string>
#include <sys/socket.h>
#include <sys/uio.h>
#include <utility>

/// Frames over plain non-blocking sockets, for the two sides of bench/round.sh that do no work: bytes are
/// read into one place that stays in the cache, checksums of bodies are believed.
namespace bench {

[[noreturn]] inline void end_because(const char* what) {
    std::perror(what);
    std::exit(1);
}

/// So often a socket is read from or written to before it is the next one's turn: heartbeats stand in that
/// line too.
constexpr int most_times = 4;

/// What is read from one socket. `Head` is called with a header and its meta before the body's bytes come,
/// `Body` with each piece of them, `End` when the frame is whole.
class frame_reader {
public:
    /// False when the peer is gone.
    template <class Head, class Body, class End>
    bool read(int socket, std::span<std::byte> scratch, Head&& on_head, Body&& on_body, End&& on_end) {
        for (int times = 0; times < most_times; ++times) {
            const auto got = ::recv(socket, scratch.data(), scratch.size(), 0);
            if (got < 0 && errno == EAGAIN) {
                return true;
            }
            if (got <= 0) {
                return false;
            }
            auto left = scratch.first(static_cast<std::size_t>(got));
            while (!left.empty()) {
                left = take(left, on_head, on_body, on_end);
            }
            if (static_cast<std::size_t>(got) < scratch.size()) {
                return true;
            }
        }
        return true;
    }

    [[nodiscard]] bool is_inside_body() const { return body_left_ > 0; }

private:
    template <class Head, class Body, class End>
    std::span<std::byte> take(std::span<std::byte> from, Head& on_head, Body& on_body, End& on_end) {
        if (body_left_ == 0) {
            const auto wanted = head_.size() < fedasio::net::frame_header::size
                                    ? fedasio::net::frame_header::size - head_.size()
                                    : fedasio::net::frame_header::size + header_.meta_length - head_.size();
            const auto part = from.first(std::min(wanted, from.size()));
            head_.append(reinterpret_cast<const char*>(part.data()), part.size());
            from = from.subspan(part.size());
            if (head_.size() == fedasio::net::frame_header::size && part.size() > 0 &&
                wanted == part.size() && !has_header_) {
                std::array<std::byte, fedasio::net::frame_header::size> bytes;
                std::memcpy(bytes.data(), head_.data(), bytes.size());
                const auto decoded = fedasio::net::frame_header::decode(bytes);
                if (!decoded) {
                    std::fprintf(stderr, "not a frame\n");
                    std::exit(1);
                }
                header_ = *decoded;
                has_header_ = true;
            }
            if (!has_header_ || head_.size() < fedasio::net::frame_header::size + header_.meta_length) {
                return from;
            }
            on_head(header_, std::string_view(head_).substr(fedasio::net::frame_header::size));
            body_left_ = header_.body_length;
            if (body_left_ == 0) {
                finish(on_end);
            }
            return from;
        }
        const auto part = from.first(std::min(body_left_, from.size()));
        on_body(part);
        body_left_ -= part.size();
        if (body_left_ == 0) {
            finish(on_end);
        }
        return from.subspan(part.size());
    }

    template <class End>
    void finish(End& on_end) {
        head_.clear();
        has_header_ = false;
        on_end();
    }

    std::string head_;
    fedasio::net::frame_header header_;
    bool has_header_ = false;
    std::size_t body_left_ = 0;
};

/// What waits to be written to one socket.
class frame_writer {
public:
    void push(std::string head, std::span<const std::byte> body = {}) {
        waiting_.push_back({std::move(head), body, 0});
    }

    [[nodiscard]] bool empty() const { return waiting_.empty(); }

    /// As much as the socket takes. False when the peer is gone.
    bool write(int socket) {
        for (int times = 0; times < most_times && !waiting_.empty(); ++times) {
            std::array<iovec, 16> parts{};
            std::size_t count = 0;
            for (auto one = waiting_.begin(); one != waiting_.end() && count + 2 <= parts.size(); ++one) {
                const auto head = std::span(std::as_bytes(std::span(one->head)))
                                      .subspan(std::min(one->done, one->head.size()));
                const auto body = one->body.subspan(one->done - (one->head.size() - head.size()));
                for (const auto part : {head, body}) {
                    if (!part.empty()) {
                        parts[count++] = {const_cast<std::byte*>(part.data()), part.size()};
                    }
                }
            }
            msghdr message{};
            message.msg_iov = parts.data();
            message.msg_iovlen = count;
            const auto sent = ::sendmsg(socket, &message, MSG_NOSIGNAL);
            if (sent < 0) {
                return errno == EAGAIN;
            }
            auto bytes = static_cast<std::size_t>(sent);
            while (bytes > 0) {
                auto& first = waiting_.front();
                const auto all = first.head.size() + first.body.size();
                const auto part = std::min(bytes, all - first.done);
                first.done += part;
                bytes -= part;
                if (first.done == all) {
                    waiting_.pop_front();
                }
            }
        }
        return true;
    }

private:
    struct item {
        std::string head;
        std::span<const std::byte> body;
        std::size_t done;
    };

    std::deque<item> waiting_;
};

} // namespace bench
