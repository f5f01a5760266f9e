#pragma once

#include <fedasio/net/event.hpp>
#include <fedasio/net/stream.hpp>

#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <limits>
#include <string>
#include <string_view>
#include <utility>

namespace fedasio::net::testing {

struct memory_pipe_options {
    static constexpr std::size_t any = std::numeric_limits<std::size_t>::max();

    std::size_t capacity = std::size_t{1} << 16;
    std::size_t read_chunk = any;  ///< no read returns more
    std::size_t write_chunk = any; ///< no write takes more
    /// A read ends one turn after it took its bytes, as a socket's does; other things can happen in between.
    bool late_reads = false;
};

/// One direction of a connection: bytes in memory. A test may also play one of the ends itself, with `inject`
/// and `take`.
class memory_pipe {
public:
    memory_pipe(asio::any_io_executor executor, memory_pipe_options options)
        : options_(options), changed_(std::move(executor)) {}

    awaitable<transferred> read_some(asio::mutable_buffer into) {
        for (;;) {
            if (reader_gone_) {
                co_return transferred{asio::error::operation_aborted, 0};
            }
            if (!held_ && broken_) {
                co_return transferred{asio::error::connection_reset, 0};
            }
            if (!held_ && unread() > 0) {
                break;
            }
            if (!held_ && ended_) {
                co_return transferred{asio::error::eof, 0};
            }
            changed_.reset();
            const auto ec = co_await changed_.wait();
            if (ec) {
                co_return transferred{ec, 0};
            }
        }
        const auto bytes = std::min({unread(), into.size(), options_.read_chunk});
        std::copy_n(bytes_.data() + taken_, bytes, static_cast<char*>(into.data()));
        drop(bytes);
        changed_.set();
        if (options_.late_reads) {
            const asio::any_io_executor executor = co_await asio::this_coro::executor;
            co_await asio::post(executor, asio::use_awaitable);
        }
        co_return transferred{{}, bytes};
    }

    awaitable<transferred> write_some(std::span<const asio::const_buffer> from) {
        for (;;) {
            if (writer_gone_) {
                co_return transferred{asio::error::operation_aborted, 0};
            }
            if (reader_gone_ || broken_ || ended_) {
                co_return transferred{asio::error::broken_pipe, 0};
            }
            if (!held_ && unread() < options_.capacity) {
                break;
            }
            changed_.reset();
            const auto ec = co_await changed_.wait();
            if (ec) {
                co_return transferred{ec, 0};
            }
        }
        const auto room = std::min(options_.capacity - unread(), options_.write_chunk);
        std::size_t written = 0;
        for (const auto& part : from) {
            const auto bytes = std::min(part.size(), room - written);
            bytes_.append(static_cast<const char*>(part.data()), bytes);
            written += bytes;
        }
        changed_.set();
        co_return transferred{{}, written};
    }

    /// The writer says that nothing more comes.
    void end() {
        ended_ = true;
        changed_.set();
    }

    void close_reader() {
        reader_gone_ = true;
        changed_.set();
    }

    void close_writer() {
        writer_gone_ = true;
        end();
    }

    /// As a reset by the network: both ends fail, what was under way is lost.
    void break_off() {
        broken_ = true;
        changed_.set();
    }

    /// While held nothing passes, and nobody notices.
    void hold(bool held) {
        held_ = held;
        changed_.set();
    }

    /// Puts bytes in, whatever the capacity.
    void inject(std::string_view bytes) {
        bytes_ += bytes;
        changed_.set();
    }

    /// Takes out everything that was written.
    [[nodiscard]] std::string take() {
        auto all = bytes_.substr(taken_);
        drop(all.size());
        changed_.set();
        return all;
    }

    [[nodiscard]] std::size_t unread() const noexcept { return bytes_.size() - taken_; }

    [[nodiscard]] bool has_ended() const noexcept { return ended_; }

private:
    void drop(std::size_t bytes) {
        taken_ += bytes;
        if (taken_ == bytes_.size()) {
            bytes_.clear();
            taken_ = 0;
        }
    }

    memory_pipe_options options_;
    std::string bytes_;
    std::size_t taken_ = 0;
    bool ended_ = false;
    bool broken_ = false;
    bool held_ = false;
    bool reader_gone_ = false;
    bool writer_gone_ = false;
    event changed_;
};

/// One end of two pipes.
class memory_stream final : public stream {
public:
    memory_stream(std::shared_ptr<memory_pipe> in, std::shared_ptr<memory_pipe> out, std::string remote)
        : in_(std::move(in)), out_(std::move(out)), remote_(std::move(remote)) {}

    memory_stream(const memory_stream&) = delete;
    memory_stream& operator=(const memory_stream&) = delete;

    ~memory_stream() override { shut(); }

    awaitable<transferred> read_some(asio::mutable_buffer into) override { return in_->read_some(into); }

    awaitable<transferred> write_some(std::span<const asio::const_buffer> from) override {
        return out_->write_some(from);
    }

    void shutdown_send() override { out_->end(); }

    void close() override { shut(); }

    [[nodiscard]] std::string remote() const override { return remote_; }

private:
    void shut() {
        in_->close_reader();
        out_->close_writer();
    }

    std::shared_ptr<memory_pipe> in_;
    std::shared_ptr<memory_pipe> out_;
    std::string remote_;
};

/// Two streams, each the other end of the other, and the pipes between them.
struct memory_link {
    std::shared_ptr<memory_pipe> forth; ///< what `first` writes and `second` reads
    std::shared_ptr<memory_pipe> back;
    std::unique_ptr<stream> first;
    std::unique_ptr<stream> second;

    explicit memory_link(const asio::any_io_executor& executor, memory_pipe_options options = {})
        : forth(std::make_shared<memory_pipe>(executor, options)),
          back(std::make_shared<memory_pipe>(executor, options)),
          first(std::make_unique<memory_stream>(back, forth, "memory:second")),
          second(std::make_unique<memory_stream>(forth, back, "memory:first")) {}
};

} // namespace fedasio::net::testing
