#include <fedasio/net/event.hpp>
#include <fedasio/net/memory_stream.hpp>

#include <boost/asio/error.hpp>

#include <deque>
#include <optional>
#include <utility>

namespace fedasio::net {
namespace {

using const_buffers = std::span<const asio::const_buffer>;

/// One direction. Of a read and a write, the one that comes first leaves its buffers here and waits; the one
/// that comes second copies, and goes on at once.
class pipe {
public:
    explicit pipe(const asio::any_io_executor& executor) : read_over_(executor), write_over_(executor) {}

    // The coroutines hold the pipe, so that a stream may be destroyed while they wait.
    static awaitable<transferred> read(std::shared_ptr<pipe> self, asio::mutable_buffer into) {
        if (into.size() == 0) {
            co_return transferred{};
        }
        if (self->from_) {
            const auto bytes = asio::buffer_copy(into, *self->from_);
            self->written_ = bytes;
            self->end_write();
            co_return transferred{{}, bytes};
        }
        self->read_ = 0;
        if (!self->ended_ && !self->reader_gone_) {
            self->into_ = into;
            self->read_over_.reset();
            co_await self->read_over_.wait();
            self->into_.reset();
        }
        if (self->read_ > 0) {
            co_return transferred{{}, self->read_};
        }
        // A caller that is cancelled leaves in the same way as one whose stream was closed.
        const bool at_end = self->ended_ && !self->reader_gone_;
        co_return transferred{at_end ? asio::error::eof : error_code(asio::error::operation_aborted), 0};
    }

    static awaitable<transferred> write(std::shared_ptr<pipe> self, const_buffers from) {
        if (asio::buffer_size(from) == 0) {
            co_return transferred{};
        }
        if (self->into_) {
            const auto bytes = asio::buffer_copy(*self->into_, from);
            self->read_ = bytes;
            self->end_read();
            co_return transferred{{}, bytes};
        }
        self->written_ = 0;
        if (!self->ended_ && !self->reader_gone_) {
            self->from_ = from;
            self->write_over_.reset();
            co_await self->write_over_.wait();
            self->from_.reset();
        }
        if (self->written_ > 0) {
            co_return transferred{{}, self->written_};
        }
        const bool nobody_reads = (self->reader_gone_ || self->ended_) && !self->writer_gone_;
        co_return transferred{
            nobody_reads ? asio::error::broken_pipe : error_code(asio::error::operation_aborted), 0};
    }

    bool hand_over(const payload& body) {
        if (reader_gone_) {
            return false;
        }
        handed_over_.push_back(body);
        return true;
    }

    std::optional<payload> handed_over() {
        if (handed_over_.empty()) {
            return std::nullopt;
        }
        auto body = std::move(handed_over_.front());
        handed_over_.pop_front();
        return body;
    }

    void shutdown_send() {
        ended_ = true;
        end_read();
    }

    void close_writer() {
        writer_gone_ = true;
        end_write();
        shutdown_send();
    }

    void close_reader() {
        reader_gone_ = true;
        handed_over_.clear();
        end_read();
        end_write();
    }

private:
    void end_read() {
        into_.reset();
        read_over_.set();
    }

    void end_write() {
        from_.reset();
        write_over_.set();
    }

    std::optional<asio::mutable_buffer> into_; ///< of a read that waits
    std::optional<const_buffers> from_;        ///< of a write that waits
    std::deque<payload> handed_over_;
    std::size_t read_ = 0;
    std::size_t written_ = 0;
    bool ended_ = false;
    bool reader_gone_ = false;
    bool writer_gone_ = false;
    event read_over_;
    event write_over_;
};

class memory_stream final : public stream {
public:
    memory_stream(std::shared_ptr<pipe> in, std::shared_ptr<pipe> out, std::string remote, bodies how)
        : in_(std::move(in)), out_(std::move(out)), remote_(std::move(remote)), bodies_(how) {}

    memory_stream(const memory_stream&) = delete;
    memory_stream& operator=(const memory_stream&) = delete;

    ~memory_stream() override { end(); }

    awaitable<transferred> read_some(asio::mutable_buffer into) override { return pipe::read(in_, into); }

    awaitable<transferred> write_some(const_buffers from) override { return pipe::write(out_, from); }

    bool hand_over(const payload& body) override {
        return bodies_ == bodies::by_reference && out_->hand_over(body);
    }

    std::optional<payload> handed_over() override { return in_->handed_over(); }

    void shutdown_send() override { out_->shutdown_send(); }

    void close() override { end(); }

    [[nodiscard]] std::string remote() const override { return remote_; }

private:
    void end() {
        in_->close_reader();
        out_->close_writer();
    }

    std::shared_ptr<pipe> in_;
    std::shared_ptr<pipe> out_;
    std::string remote_;
    bodies bodies_;
};

/// Ends that were dialled and not accepted yet.
struct waiting_room {
    explicit waiting_room(asio::any_io_executor where) : executor(std::move(where)), changed(executor) {}

    asio::any_io_executor executor;
    std::deque<std::unique_ptr<stream>> arrived;
    std::uint64_t dialled = 0;
    bool open = true;
    event changed;
};

awaitable<opened> dial_into(std::shared_ptr<waiting_room> room) {
    if (!room->open) {
        co_return opened{asio::error::connection_refused, nullptr};
    }
    auto ends = make_memory_streams(room->executor, "memory", "memory:" + std::to_string(++room->dialled),
                                    bodies::by_reference);
    room->arrived.push_back(std::move(ends.second));
    room->changed.set();
    co_return opened{{}, std::move(ends.first)};
}

class memory_acceptor final : public acceptor {
public:
    explicit memory_acceptor(std::shared_ptr<waiting_room> room) : room_(std::move(room)) {}

    memory_acceptor(const memory_acceptor&) = delete;
    memory_acceptor& operator=(const memory_acceptor&) = delete;

    ~memory_acceptor() override { end(); }

    awaitable<opened> accept() override { return accept_from(room_); }

    void close() override { end(); }

    [[nodiscard]] std::string local() const override { return "memory"; }

private:
    static awaitable<opened> accept_from(std::shared_ptr<waiting_room> room) {
        error_code stopped;
        while (room->open && room->arrived.empty() && !stopped) {
            room->changed.reset();
            stopped = co_await room->changed.wait();
        }
        if (room->arrived.empty()) {
            co_return opened{asio::error::operation_aborted, nullptr};
        }
        opened next{{}, std::move(room->arrived.front())};
        room->arrived.pop_front();
        co_return std::move(next);
    }

    void end() {
        room_->open = false;
        room_->arrived.clear();
        room_->changed.set();
    }

    std::shared_ptr<waiting_room> room_;
};

} // namespace

memory_streams make_memory_streams(const asio::any_io_executor& executor, const std::string& first_name,
                                   const std::string& second_name, bodies how) {
    const auto forth = std::make_shared<pipe>(executor);
    const auto back = std::make_shared<pipe>(executor);
    return {std::make_unique<memory_stream>(back, forth, first_name, how),
            std::make_unique<memory_stream>(forth, back, second_name, how)};
}

memory_network make_memory_network(const asio::any_io_executor& executor) {
    const auto room = std::make_shared<waiting_room>(executor);
    return {std::make_unique<memory_acceptor>(room), [room] { return dial_into(room); }};
}

} // namespace fedasio::net
