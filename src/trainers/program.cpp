#include "trainers/program.hpp"

#include <fedasio/net/local_stream.hpp>
#include <fedasio/trainers/errors.hpp>
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

namespace fedasio::trainers {
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
    options.allows_unchecked_bodies = true;
    return options;
}

} // namespace

trainer_program::trainer_program(trainer_place where, boost::asio::any_io_executor pool)
    : where_(where), pool_(std::move(pool)), ready_(where.rt.executor), started_(where.rt.executor),
      children_(where.rt.executor) {
    started_.set();
}

net::awaitable<void> trainer_program::be_ready() {
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

net::awaitable<void> trainer_program::start() {
    if (child_ && !child_->has_ended()) { // it is on its way out
        const auto cancelled = co_await child_->ended();
        if (cancelled) {
            throw cancelled_task();
        }
    }
    if (failures_ > 0) {
        const auto doubled = where_.how.first_pause * (1U << std::min(failures_ - 1, 16U));
        co_await net::sleep_for(where_.rt, std::min(where_.how.longest_pause, net::clock::duration(doubled)));
    }
    if (over_) {
        throw cancelled_task();
    }
    ++failures_;
    ready_.reset();
    why_ended_.clear();
    std::unique_ptr<net::stream> channel;
    if (where_.how.descriptor) {
        if (connection_) {
            throw std::runtime_error("the " + where_.role() + " has gone");
        }
        channel = net::adopt_local_stream(where_.rt, *where_.how.descriptor);
    } else {
        auto on_line = [this](const std::string& line) {
            where_.log(severity::info, where_.name() + ": " + line);
        };
        child_ = std::make_shared<net::child_process>(where_.rt, where_.how.command,
                                                      trainer_command::variable, std::move(on_line));
        channel = child_->take_channel();
        children_.spawn(watch(child_));
    }
    connection_ = std::make_shared<net::connection>(where_.rt, std::move(channel), patient_options(),
                                                    [this](const net::frame& message) { hear(message); });
    connection_->start();
    if (where_.how.descriptor) {
        children_.spawn(watch_adopted());
    }
    const auto patience = where_.rt.time.at(where_.rt.time.now() + where_.how.patience_for_hello, [this] {
        begin_end(
            "it did not say hello in " +
            std::to_string(
                std::chrono::duration_cast<std::chrono::seconds>(where_.how.patience_for_hello).count()) +
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

net::awaitable<std::string> trainer_program::why_lost(const std::string& reason) {
    if (!why_ended_.empty()) {
        co_return "the " + where_.role() + " was ended: " + why_ended_;
    }
    if (child_) {
        // The end of the connection is seen before that of the process.
        const auto child = child_;
        const auto alarm = where_.rt.time.at(where_.rt.time.now() + patience_for_the_end, [this, child] {
            if (child == child_ && !child->has_ended()) {
                begin_end("it has closed its connection");
            }
        });
        co_await child->ended();
        if (child->has_ended()) {
            co_return "the " + where_.role() + " " + child->how_it_ended();
        }
    }
    co_return "the " + where_.role() + " has gone (" + reason + ")";
}

/// Reads its output, and tells how it ended.
net::awaitable<void> trainer_program::watch(std::shared_ptr<net::child_process> child) {
    co_await boost::asio::this_coro::throw_if_cancelled(false);
    co_await child->run(pool_);
    if (!over_) {
        where_.log(severity::warning, where_.name() + " " + child->how_it_ended());
    }
    if (child == child_) {
        connection_->abort(net::error_code(boost::asio::error::eof), "the " + where_.role() + " has ended");
        ready_.set();
    }
}

net::awaitable<void> trainer_program::watch_adopted() {
    co_await boost::asio::this_coro::throw_if_cancelled(false);
    const auto cancelled = co_await connection_->ended();
    if (cancelled == boost::asio::error::operation_aborted && over_) {
        co_return;
    }
    why_gone_ = "the " + where_.role() + " has gone (" + connection_->end_reason() + ")";
    ready_.set();
    if (on_gone_) {
        on_gone_();
    }
}

void trainer_program::on_gone(std::function<void()> handler) {
    on_gone_ = std::move(handler);
    auto begin = [](trainer_program& self) -> net::awaitable<void> {
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

void trainer_program::begin_end(const std::string& why) {
    why_ended_ = why;
    if (connection_) {
        connection_->abort(net::error_code(boost::asio::error::timed_out), why);
    }
    if (child_ && !child_->has_ended()) {
        where_.log(severity::warning, where_.name() + " is ended: " + why);
        children_.spawn(put_down(child_));
    }
}

net::awaitable<void> trainer_program::put_down(std::shared_ptr<net::child_process> child) {
    co_await boost::asio::this_coro::throw_if_cancelled(false);
    child->terminate();
    const auto alarm = where_.rt.time.at(where_.rt.time.now() + where_.how.grace, [child] { child->kill(); });
    const auto cancelled = co_await child->ended();
    if (cancelled) {
        child->kill();
    }
}

net::awaitable<void> trainer_program::end(bool done, std::string reason) {
    co_await boost::asio::this_coro::throw_if_cancelled(false);
    over_ = true;
    ready_.set();
    if (connection_ && connection_->is_open()) {
        if (done) {
            connection_->send(net::frame(message_type::run_over, wire::to_meta(wire::run_over{reason})));
        }
        connection_->close(reason);
        const auto connection = connection_;
        const auto alarm = where_.rt.time.at(where_.rt.time.now() + patience_for_the_end, [connection] {
            connection->abort(net::error_code(boost::asio::error::timed_out));
        });
        co_await connection->ended();
    }
    if (child_ && !child_->has_ended()) {
        const auto child = child_;
        const auto alarm =
            where_.rt.time.at(where_.rt.time.now() + patience_for_the_end, [child] { child->terminate(); });
        const auto last = where_.rt.time.at(where_.rt.time.now() + patience_for_the_end + where_.how.grace,
                                            [child] { child->kill(); });
        co_await child->ended();
    }
    co_await children_.join();
}

void trainer_program::hear(const net::frame& message) {
    if (message.type == message_type::hello && message.is_request() && !ready_.is_set()) {
        connection_->reply(message, wire::to_meta(wire::welcome{where_.number, {}}));
        ready_.set();
        return;
    }
    if (message.is_request()) {
        connection_->refuse(message, refusal_code::unexpected,
                            "a trainer or evaluator asks nothing but its hello");
    }
}

} // namespace fedasio::trainers
