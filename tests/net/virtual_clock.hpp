#pragma once

#include <fedasio/net/clock.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/post.hpp>

#include <map>
#include <optional>
#include <utility>

namespace fedasio::net::testing {

/// A clock whose time moves only when it is told to. Alarms that fall due are posted on the executor, in the
/// order of their times.
class virtual_clock final : public clock {
public:
    explicit virtual_clock(asio::any_io_executor executor) : executor_(std::move(executor)) {}

    [[nodiscard]] time_point now() const override { return now_; }

    [[nodiscard]] double unix_time() const override {
        return 1.75e9 + std::chrono::duration<double>(now_.time_since_epoch()).count();
    }

    [[nodiscard]] std::unique_ptr<alarm> at(time_point when, std::function<void()> action) override {
        auto shared = std::make_shared<std::function<void()>>(std::move(action));
        if (when <= now_) {
            post(shared);
        } else {
            alarms_.emplace(when, shared);
        }
        return std::make_unique<virtual_alarm>(std::move(shared));
    }

    /// When the next alarm falls due; `time_point::max()` counts as never.
    [[nodiscard]] std::optional<time_point> next() {
        while (!alarms_.empty() && alarms_.begin()->second.expired()) {
            alarms_.erase(alarms_.begin());
        }
        if (alarms_.empty() || alarms_.begin()->first == time_point::max()) {
            return std::nullopt;
        }
        return alarms_.begin()->first;
    }

    /// Time jumps to `when`; what fell due on the way is called late, as after a suspended process.
    void advance_to(time_point when) {
        now_ = std::max(now_, when);
        while (!alarms_.empty() && alarms_.begin()->first <= now_) {
            post(alarms_.begin()->second);
            alarms_.erase(alarms_.begin());
        }
    }

    void advance(duration time) { advance_to(now_ + time); }

private:
    using shared_action = std::shared_ptr<std::function<void()>>;
    using weak_action = std::weak_ptr<std::function<void()>>;

    class virtual_alarm final : public alarm {
    public:
        explicit virtual_alarm(shared_action action) : action_(std::move(action)) {}

    private:
        shared_action action_;
    };

    void post(weak_action action) {
        asio::post(executor_, [action = std::move(action)] {
            if (const auto call = action.lock()) {
                (*call)();
            }
        });
    }

    asio::any_io_executor executor_;
    time_point now_{std::chrono::hours(1)};
    std::multimap<time_point, weak_action> alarms_;
};

} // namespace fedasio::net::testing
