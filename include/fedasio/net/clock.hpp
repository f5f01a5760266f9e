#pragma once

#include <chrono>
#include <functional>
#include <memory>

namespace fedasio::net {

/// A pending call; destroying it takes the call back. It may be destroyed inside its own call.
class alarm {
public:
    virtual ~alarm() = default;
};

/// Where time comes from. Nothing in fedasio reads a clock or sleeps except through this interface, so a test
/// can hand in a virtual one. Used from the thread of its executor only.
class clock {
public:
    using duration = std::chrono::nanoseconds;
    using time_point = std::chrono::time_point<clock, duration>;

    virtual ~clock() = default;

    /// Monotonic time; the epoch means nothing.
    [[nodiscard]] virtual time_point now() const = 0;
    /// Seconds since 1970 for people and logs; may jump.
    [[nodiscard]] virtual double unix_time() const = 0;
    /// Calls `action` once at `when` or as soon as possible after it, on the clock's executor and never
    /// inside this call.
    [[nodiscard]] virtual std::unique_ptr<alarm> at(time_point when, std::function<void()> action) = 0;
};

} // namespace fedasio::net
