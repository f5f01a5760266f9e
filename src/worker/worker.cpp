#include <fedasio/net/nursery.hpp>
#include <fedasio/worker/worker.hpp>

#include <boost/asio/this_coro.hpp>

#include "worker/session.hpp"
#include <utility>

namespace fedasio::worker {
namespace {

/// Connections in a row that ended because there was no memory.
constexpr unsigned most_starved = 10;

std::string seconds(net::clock::duration time) {
    const auto tenths = std::chrono::duration_cast<std::chrono::milliseconds>(time).count() / 100;
    return std::to_string(tenths / 10) + "." + std::to_string(tenths % 10) + " s";
}

/// Connects, serves, and connects again.
net::awaitable<ending> serve_masters(net::runtime& rt, boost::asio::any_io_executor pool, net::dialer dial,
                                     const worker_options& options, const log_handler& log, lanes& work) {
    co_await boost::asio::this_coro::throw_if_cancelled(false);
    // One span of absence: from the loss of a master that knew this worker until one does again.
    auto away_since = rt.time.now();
    net::error_code said;
    const net::retry_handler on_retry = [&](net::error_code why, net::clock::duration pause) {
        if (std::exchange(said, why) != why) {
            log(severity::warning, "no connection to the master (" + why.message() + "); trying again for " +
                                       seconds(options.retry.give_up) + ", next in " + seconds(pause));
        }
    };
    unsigned starved = 0;
    for (unsigned failures = 0;; ++failures) {
        auto policy = options.retry;
        policy.give_up -= rt.time.now() - away_since;
        auto wire = co_await dial_until_connected(rt, dial, policy, on_retry);
        bool cancelled = co_await net::is_cancelled();
        if (cancelled) {
            co_return ending{true, "stopped"};
        }
        if (wire.error) {
            co_return ending{false, "gave up: no master for " + seconds(options.retry.give_up) +
                                        (said ? " (" + said.message() + ")" : std::string()) +
                                        ". Is it running, and is the address right?"};
        }
        session current(rt, pool, options, log, work);
        const auto verdict = co_await current.serve(std::move(wire.connection));
        cancelled = co_await net::is_cancelled();
        if (cancelled) {
            co_return ending{true, "stopped"};
        }
        switch (verdict.how) {
        case session::end::run_over:
            co_return ending{true, verdict.reason};
        case session::end::refused:
            co_return ending{false, verdict.reason};
        case session::end::name_taken:
        case session::end::connection_lost:
            break;
        }
        // What does not fit now may fit in a moment, but a machine that is too small stays so.
        starved = verdict.starved ? starved + 1 : 0;
        if (starved >= most_starved) {
            co_return ending{false,
                             "gave up: " + verdict.reason +
                                 ". This machine is too small for the model, or others use its memory"};
        }
        if (verdict.was_welcome) {
            away_since = rt.time.now();
            failures = 0;
            said.clear();
        }
        log(severity::warning, "lost the master: " + verdict.reason);
        if (rt.time.now() - away_since >= options.retry.give_up) {
            co_return ending{false,
                             "gave up after " + seconds(options.retry.give_up) + ": " + verdict.reason};
        }
        co_await net::sleep_for(rt, options.retry.pause(failures, rt.entropy()));
    }
}

net::awaitable<void> serve_until_over(net::runtime& rt, boost::asio::any_io_executor pool, net::dialer dial,
                                      const worker_options& options, const log_handler& log, lanes& work,
                                      ending& how, net::event& over) {
    co_await boost::asio::this_coro::throw_if_cancelled(false);
    how = co_await serve_masters(rt, std::move(pool), std::move(dial), options, log, work);
    over.set();
}

} // namespace

net::awaitable<ending> run(net::runtime& rt, boost::asio::any_io_executor pool, net::dialer dial,
                           worker_options options, log_handler log) {
    co_await boost::asio::this_coro::throw_if_cancelled(false);
    lanes work(rt, pool, options, log);
    ending how;
    net::event over(rt.executor);
    if (options.trainer && options.trainer->descriptor) {
        work.process()->program().on_gone([&over] { over.set(); });
    }
    net::nursery serving(rt.executor);
    serving.spawn(serve_until_over(rt, pool, std::move(dial), options, log, work, how, over));
    const auto cancelled = co_await over.wait();
    serving.cancel();
    co_await serving.join();
    if (!cancelled && work.process() != nullptr && work.process()->program().is_gone()) {
        how = {false, work.process()->program().why_gone()};
    }
    co_await work.end(how);
    co_return how;
}

} // namespace fedasio::worker
