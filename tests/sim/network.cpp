#include "sim/network.hpp"

#include <fedasio/net/event.hpp>

#include <boost/asio/error.hpp>

#include <algorithm>
#include <deque>
#include <utility>

namespace fedasio::sim {

using net::awaitable;
using net::error_code;
using net::opened;
using net::transferred;

namespace {

constexpr std::size_t capacity = std::size_t{64} << 10;
constexpr auto recheck = std::chrono::milliseconds(500);

} // namespace

/// One direction. Bytes are on their way, then they can be read.
struct network::pipe {
    pipe(process& from, process& to)
        : writer(from), reader(to), readable(to.runtime().executor), writable(from.runtime().executor) {}

    process& writer;
    process& reader;

    struct chunk {
        time_point arrival;
        std::string bytes;
    };

    std::string bytes;        ///< that can be read
    std::deque<chunk> on_way; ///< in order
    std::size_t on_the_way = 0;
    time_point last_arrival{};
    bool ended = false;       ///< no more is written
    bool end_arrived = false; ///< the reader has heard so
    bool broken = false;      ///< by a reset
    bool reader_gone = false;
    bool writer_gone = false;
    bool mute = false; ///< what is written is lost and nobody is told
    net::event readable;
    net::event writable;

    void wake() {
        readable.set();
        writable.set();
    }
};

struct network::connection {
    connection(process& a, process& b)
        : forth(std::make_shared<pipe>(a, b)), back(std::make_shared<pipe>(b, a)) {}

    std::shared_ptr<pipe> forth;
    std::shared_ptr<pipe> back;

    void reset() const {
        for (const auto& one : {forth, back}) {
            one->broken = true;
            one->bytes.clear();
            one->wake();
        }
    }
};

class network::end final : public net::stream {
public:
    end(network& of, std::shared_ptr<connection> whole, std::shared_ptr<pipe> in, std::shared_ptr<pipe> out,
        std::string remote)
        : network_(of), whole_(std::move(whole)), in_(std::move(in)), out_(std::move(out)),
          remote_(std::move(remote)) {
        ++network_.open_;
    }

    ~end() override {
        shut();
        --network_.open_;
    }

    end(const end&) = delete;
    end& operator=(const end&) = delete;

    awaitable<transferred> read_some(asio::mutable_buffer into) override {
        return read(network_.world_, in_, into);
    }

    awaitable<transferred> write_some(std::span<const asio::const_buffer> from) override {
        return write(network_, whole_, out_, from);
    }

    void shutdown_send() override {
        if (!out_->ended) {
            out_->ended = true;
            send_end(network_, out_);
        }
    }

    void close() override { shut(); }

    [[nodiscard]] std::string remote() const override { return remote_; }

    /// The reader hears the end after all that was written.
    static void send_end(network& in, const std::shared_ptr<pipe>& of) {
        const auto arrival =
            std::max(of->last_arrival, in.world_.now() + in.world_.chosen.time(in.now.delay));
        of->last_arrival = arrival;
        in.world_.at(arrival, nullptr, [&in, of] { arrive_end(in, of); });
    }

private:
    static awaitable<transferred> read(world& in, std::shared_ptr<pipe> from, asio::mutable_buffer into) {
        for (;;) {
            if (from->reader_gone) {
                co_return transferred{asio::error::operation_aborted, 0};
            }
            if (from->broken) {
                co_return transferred{asio::error::connection_reset, 0};
            }
            if (!from->bytes.empty()) {
                break;
            }
            if (from->end_arrived) {
                co_return transferred{asio::error::eof, 0};
            }
            from->readable.reset();
            const auto ec = co_await from->readable.wait();
            if (ec) {
                co_return transferred{ec, 0};
            }
        }
        auto bytes = std::min(from->bytes.size(), into.size());
        if (bytes > 1 && in.chosen.chance(0.2)) {
            bytes = in.chosen.between(1, bytes);
        }
        std::copy_n(from->bytes.data(), bytes, static_cast<char*>(into.data()));
        from->bytes.erase(0, bytes);
        from->writable.set();
        co_return transferred{{}, bytes};
    }

    static awaitable<transferred> write(network& in, std::shared_ptr<connection> whole,
                                        std::shared_ptr<pipe> to, std::span<const asio::const_buffer> from) {
        for (;;) {
            if (to->writer_gone) {
                co_return transferred{asio::error::operation_aborted, 0};
            }
            // A machine that is gone tells nobody.
            if (to->broken || (to->reader_gone && !to->mute) || to->ended) {
                co_return transferred{asio::error::broken_pipe, 0};
            }
            if (to->bytes.size() + to->on_the_way < capacity) {
                break;
            }
            to->writable.reset();
            const auto ec = co_await to->writable.wait();
            if (ec) {
                co_return transferred{ec, 0};
            }
        }
        auto& chosen = in.world_.chosen;
        auto room = capacity - to->bytes.size() - to->on_the_way;
        if (chosen.chance(0.2)) {
            room = chosen.between(1, room);
        }
        std::string taken;
        for (const auto& part : from) {
            const auto bytes = std::min(part.size(), room - taken.size());
            taken.append(static_cast<const char*>(part.data()), bytes);
        }
        const auto written = taken.size();
        if (chosen.chance(in.now.reset)) {
            whole->reset();
            co_return transferred{asio::error::connection_reset, 0};
        }
        if (chosen.chance(in.now.half_close)) {
            to->mute = true;
            send_end(in, to);
        }
        if (chosen.chance(in.now.corrupt)) {
            taken[chosen.below(taken.size())] ^= static_cast<char>(1U << chosen.below(8));
        }
        if (!to->mute) {
            auto delay = chosen.time(in.now.delay);
            if (chosen.chance(in.now.stall)) {
                delay += chosen.time(std::chrono::seconds(20));
            }
            to->last_arrival = std::max(to->last_arrival, in.world_.now() + delay);
            to->on_the_way += written;
            to->on_way.push_back({to->last_arrival, std::move(taken)});
            in.world_.at(to->last_arrival, nullptr, [&in, to] { arrive(in, to); });
        }
        co_return transferred{{}, written};
    }

    static bool is_cut(const network& in, const pipe& of) {
        return in.cut_off_.contains(of.writer.name()) || in.cut_off_.contains(of.reader.name());
    }

    // Behind a cut everything waits, and asks again.
    static void arrive(network& in, const std::shared_ptr<pipe>& at) {
        if (is_cut(in, *at)) {
            in.world_.at(in.world_.now() + recheck, nullptr, [&in, at] { arrive(in, at); });
            return;
        }
        while (!at->on_way.empty() && at->on_way.front().arrival <= in.world_.now()) {
            at->on_the_way -= at->on_way.front().bytes.size();
            if (!at->broken && !at->reader_gone) {
                at->bytes += at->on_way.front().bytes;
                at->readable.set();
            }
            at->on_way.pop_front();
        }
    }

    static void arrive_end(network& in, const std::shared_ptr<pipe>& at) {
        if (is_cut(in, *at) || at->on_the_way > 0) {
            in.world_.at(in.world_.now() + recheck, nullptr, [&in, at] { arrive_end(in, at); });
            return;
        }
        at->end_arrived = true;
        at->readable.set();
    }

    void shut() {
        in_->reader_gone = true;
        in_->wake();
        out_->writer_gone = true;
        out_->wake();
        if (!out_->ended && !out_->mute) {
            out_->ended = true;
            send_end(network_, out_);
        }
    }

    network& network_;
    std::shared_ptr<connection> whole_;
    std::shared_ptr<pipe> in_;
    std::shared_ptr<pipe> out_;
    std::string remote_;
};

/// Where dialled streams wait for the listener.
struct network::booth {
    explicit booth(process& of) : where(of), changed(of.runtime().executor) {}

    process& where;
    std::deque<std::unique_ptr<net::stream>> arrived;
    bool open = true;
    net::event changed;
};

class network::door final : public net::acceptor {
public:
    explicit door(std::shared_ptr<booth> of) : booth_(std::move(of)) {}

    door(const door&) = delete;
    door& operator=(const door&) = delete;

    ~door() override { shut(); }

    awaitable<opened> accept() override { return accept_from(booth_); }

    void close() override { shut(); }

    [[nodiscard]] std::string local() const override { return "simulated"; }

private:
    static awaitable<opened> accept_from(std::shared_ptr<booth> at) {
        error_code stopped;
        while (at->open && at->arrived.empty() && !stopped) {
            at->changed.reset();
            stopped = co_await at->changed.wait();
        }
        if (at->arrived.empty()) {
            co_return opened{asio::error::operation_aborted, nullptr};
        }
        opened next{{}, std::move(at->arrived.front())};
        at->arrived.pop_front();
        co_return std::move(next);
    }

    void shut() {
        booth_->open = false;
        booth_->arrived.clear();
        booth_->changed.set();
    }

    std::shared_ptr<booth> booth_;
};

network::network(world& in) : world_(in) {}

network::~network() = default;

std::unique_ptr<net::acceptor> network::listen(process& where) {
    listening_ = std::make_shared<booth>(where);
    return std::make_unique<door>(listening_);
}

net::dialer network::dial_from(process& where) {
    return [this, &where] { return dial(*this, where); };
}

awaitable<opened> network::dial(network& in, process& where) {
    const bool unanswered = in.cut_off_.contains(where.name()) ||
                            (in.listening_ && in.cut_off_.contains(in.listening_->where.name()));
    auto delay = in.world_.chosen.time(in.now.delay);
    if (unanswered) {
        delay += std::chrono::seconds(5);
    }
    co_await net::sleep_for(where.runtime(), delay);
    if (unanswered) {
        co_return opened{asio::error::timed_out, nullptr};
    }
    const bool nobody = !in.listening_ || !in.listening_->open || in.listening_->where.is_dead();
    if (nobody || in.world_.chosen.chance(in.now.refuse)) {
        co_return opened{asio::error::connection_refused, nullptr};
    }
    const auto at = in.listening_;
    const auto fresh = std::make_shared<connection>(where, at->where);
    std::erase_if(in.connections_, [](const auto& old) { return old.expired(); });
    in.connections_.push_back(fresh);
    at->arrived.push_back(std::make_unique<end>(in, fresh, fresh->forth, fresh->back,
                                                where.name() + ":" + std::to_string(++in.dialled_)));
    at->changed.set();
    co_return opened{{}, std::make_unique<end>(in, fresh, fresh->back, fresh->forth, at->where.name())};
}

void network::cut(const std::string& name) {
    cut_off_.insert(name);
}

void network::heal() {
    cut_off_.clear();
}

void network::lose(const process& dead) {
    for (const auto& weak : connections_) {
        if (const auto one = weak.lock()) {
            if (&one->forth->writer == &dead || &one->forth->reader == &dead) {
                one->forth->mute = one->back->mute = true;
            }
        }
    }
}

void network::break_one(const process& of) {
    for (const auto& weak : connections_) {
        const auto one = weak.lock();
        if (one && !one->forth->broken && (&one->forth->writer == &of || &one->forth->reader == &of)) {
            one->reset();
            return;
        }
    }
}

std::size_t network::open_streams() const noexcept {
    return open_;
}

} // namespace fedasio::sim
