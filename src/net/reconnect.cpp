#include <fedasio/net/reconnect.hpp>

#include <boost/asio/error.hpp>
#include <boost/asio/this_coro.hpp>

#include <algorithm>
#include <utility>

namespace fedasio::net {

clock::duration backoff::pause(unsigned attempt, std::uint64_t entropy) const {
    clock::duration range = first;
    for (unsigned i = 0; i < attempt && range < longest; ++i) {
        range *= 2;
    }
    range = std::min(range, longest);
    const double share = 0.1 + 0.9 * static_cast<double>(entropy >> 11) * 0x1.0p-53;
    return std::chrono::duration_cast<clock::duration>(range * share);
}

awaitable<opened> dial_until_connected(runtime& rt, dialer dial, backoff policy, retry_handler on_retry) {
    co_await asio::this_coro::throw_if_cancelled(false);
    const auto end = rt.time.now() + policy.give_up;
    opened result;
    for (unsigned attempt = 0;; ++attempt) {
        bool cancelled = co_await is_cancelled();
        if (!cancelled) {
            result = co_await dial();
            cancelled = co_await is_cancelled();
        }
        if (cancelled) {
            result.error = asio::error::operation_aborted;
        }
        if (cancelled || !result.error) {
            break;
        }
        const auto pause = policy.pause(attempt, rt.entropy());
        if (rt.time.now() + pause >= end) {
            result.error = errc::gave_up;
            break;
        }
        if (on_retry) {
            on_retry(result.error, pause);
        }
        co_await sleep_for(rt, pause);
        const bool cancelled_in_pause = co_await is_cancelled();
        if (cancelled_in_pause) {
            result.error = asio::error::operation_aborted;
            break;
        }
    }
    co_return std::move(result);
}

} // namespace fedasio::net
