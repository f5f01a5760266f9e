#include "worker/trainers/process.hpp"

#include <fedasio/net/local_stream.hpp>
#include <fedasio/wire/hello.hpp>
#include <fedasio/wire/limits.hpp>
#include <fedasio/wire/message_type.hpp>
#include <fedasio/wire/refusal_code.hpp>
#include <fedasio/wire/run_over.hpp>

#include <boost/asio/this_coro.hpp>
#include <boost/json/object.hpp>

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace fedasio::worker {
namespace {

namespace message_type = wire::message_type;
namespace refusal_code = wire::refusal_code;

// Longer than any training: who holds an interpreter for an hour answers nothing meanwhile.
constexpr auto for_ever = std::chrono::hours(24 * 365);
constexpr auto patience_for_the_end = std::chrono::seconds(2);

net::connection_options patient_options() {
    net::connection_options options;
    options.heartbeat_interval = options.heartbeat_timeout = options.stall_timeout = for_ever;
    options.limits = wire::limits::stranger;
    return options;
}

} // namespace

trainer_process::trainer_process(net::runtime& rt, const trainer_command& how, const log_handler& log,
                                 std::uint32_t number)
    : rt_(rt), how_(how), log_(log), number_(number), ready_(rt.executor), started_(rt.executor),
      children_(rt.executor) {
    started_.set();
}

/// Started, and greeted.
net::awaitable<void> trainer_process::be_ready() {
    for (;;) {
        if (over_) {
            throw cancelled_task();
        }
        if (is_gone()) {
            throw std::runtime_error(why_gone_);
        }
        if (ready_.is_set() && connection_->is_open()) {
            co_return;
        }
        if (started_.is_set()) {
            break;
        }
        const auto cancelled = co_await started_.wait();
        if (cancelled) {
            throw cancelled_task();
        }
    }
    started_.reset();
    try {
        co_await start();
    } catch (...) {
        started_.set();
        throw;
    }
    started_.set();
}

net::awaitable<void> trainer_process::start() {
    if (child_ && !child_->has_ended()) { // it is on its way out
        const auto cancelled = co_await child_->ended();
        if (cancelled) {
            throw cancelled_task();
        }
    }
    if (failures_ > 0) {
        const auto doubled = how_.first_pause * (1U << std::min(failures_ - 1, 16U));
        co_await net::sleep_for(rt_, std::min(how_.longest_pause, net::clock::duration(doubled)));
    }
    if (over_) {
        throw cancelled_task();
    }
    ++failures_;
    told_ = {};
    ready_.reset();
    why_ended_.clear();
    std::unique_ptr<net::stream> channel;
    if (how_.descriptor) {
        if (connection_) {
            throw std::runtime_error("the trainer has gone");
        }
        channel = net::adopt_local_stream(rt_, *how_.descriptor);
    } else {
        auto on_line = [this](const std::string& line) {
            log_(severity::info, "trainer " + std::to_string(number_) + ": " + line);
        };
        child_ = std::make_shared<net::child_process>(rt_, how_.command, trainer_command::variable,
                                                      std::move(on_line));
        channel = child_->take_channel();
        children_.spawn(watch(child_));
    }
    connection_ = std::make_shared<net::connection>(rt_, std::move(channel), patient_options(),
                                                    [this](net::frame message) { hear(std::move(message)); });
    connection_->start();
    if (how_.descriptor) {
        children_.spawn(watch_adopted());
    }
    const auto patience = rt_.time.at(rt_.time.now() + how_.patience_for_hello, [this] {
        begin_end("it did not say hello in " +
                  std::to_string(
                      std::chrono::duration_cast<std::chrono::seconds>(how_.patience_for_hello).count()) +
                  " s");
        ready_.set();
    });
    const auto cancelled = co_await ready_.wait();
    if (cancelled || over_) {
        throw cancelled_task();
    }
    if (!connection_->is_open()) {
        const auto why = co_await why_lost(connection_->end_reason());
        throw std::runtime_error(why);
    }
}

/// Reads its output, and tells how it ended.
net::awaitable<void> trainer_process::watch(std::shared_ptr<net::child_process> child) {
    co_await boost::asio::this_coro::throw_if_cancelled(false);
    co_await child->run();
    if (!over_) {
        log_(severity::warning, "trainer " + std::to_string(number_) + " " + child->how_it_ended());
    }
    if (child == child_) {
        connection_->abort(net::error_code(boost::asio::error::eof), "the trainer has ended");
        ready_.set();
    }
}

net::awaitable<void> trainer_process::watch_adopted() {
    co_await boost::asio::this_coro::throw_if_cancelled(false);
    const auto cancelled = co_await connection_->ended();
    if (cancelled == boost::asio::error::operation_aborted && over_) {
        co_return;
    }
    why_gone_ = "the trainer has gone (" + connection_->end_reason() + ")";
    ready_.set();
    if (on_gone_) {
        on_gone_();
    }
}

void trainer_process::on_gone(std::function<void()> handler) {
    on_gone_ = std::move(handler);
    auto begin = [](trainer_process& self) -> net::awaitable<void> {
        co_await boost::asio::this_coro::throw_if_cancelled(false);
        try {
            co_await self.be_ready();
        } catch (const std::exception& e) {
            if (!self.over_ && self.why_gone_.empty()) {
                self.why_gone_ = e.what();
                self.on_gone_();
            }
        }
    };
    children_.spawn(begin(*this));
}

/// The connection ends now; the process has its grace.
void trainer_process::begin_end(const std::string& why) {
    why_ended_ = why;
    if (connection_) {
        connection_->abort(net::error_code(boost::asio::error::timed_out), why);
    }
    if (child_ && !child_->has_ended()) {
        log_(severity::warning, "trainer " + std::to_string(number_) + " is ended: " + why);
        children_.spawn(put_down(child_));
    }
}

net::awaitable<void> trainer_process::put_down(std::shared_ptr<net::child_process> child) {
    co_await boost::asio::this_coro::throw_if_cancelled(false);
    child->terminate();
    const auto alarm = rt_.time.at(rt_.time.now() + how_.grace, [child] { child->kill(); });
    const auto cancelled = co_await child->ended();
    if (cancelled) {
        child->kill();
    }
}

net::awaitable<void> trainer_process::end(ending how) {
    co_await boost::asio::this_coro::throw_if_cancelled(false);
    over_ = true;
    ready_.set();
    if (connection_ && connection_->is_open()) {
        if (how.done) {
            connection_->send(net::frame(message_type::run_over, wire::to_meta(wire::run_over{how.reason})));
        }
        connection_->close(how.reason);
        const auto connection = connection_;
        const auto alarm = rt_.time.at(rt_.time.now() + patience_for_the_end, [connection] {
            connection->abort(net::error_code(boost::asio::error::timed_out));
        });
        co_await connection->ended();
    }
    if (child_ && !child_->has_ended()) {
        const auto child = child_;
        const auto alarm =
            rt_.time.at(rt_.time.now() + patience_for_the_end, [child] { child->terminate(); });
        const auto last =
            rt_.time.at(rt_.time.now() + patience_for_the_end + how_.grace, [child] { child->kill(); });
        co_await child->ended();
    }
    co_await children_.join();
}

void trainer_process::hear(net::frame message) {
    if (message.type == message_type::hello && message.is_request() && !ready_.is_set()) {
        connection_->reply(message, wire::to_meta(wire::welcome{number_, {}}));
        ready_.set();
        return;
    }
    if (message.is_request()) {
        connection_->refuse(message, refusal_code::unexpected, "a trainer asks nothing but its hello");
    }
}

} // namespace fedasio::worker
