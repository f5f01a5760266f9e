#pragma once

#include <fedasio/net/clock.hpp>
#include <fedasio/net/runtime.hpp>

#include <boost/asio/execution.hpp>
#include <boost/asio/execution_context.hpp>

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <random>
#include <utility>
#include <vector>

/// A federation in a box: master, workers, network and disk in one thread, under one virtual time. Everything
/// that happens is decided by one seed.
namespace fedasio::sim {

namespace asio = boost::asio;
using net::clock;
using duration = clock::duration;
using time_point = clock::time_point;

class process;

/// One seed's decisions.
class dice {
public:
    explicit dice(std::uint64_t seed) : engine_(seed) {}

    std::uint64_t number() { return engine_(); }

    /// From 0 to `end` - 1.
    std::size_t below(std::size_t end) { return static_cast<std::size_t>(engine_() % end); }

    std::size_t between(std::size_t first, std::size_t last) { return first + below(last - first + 1); }

    bool chance(double probability) { return static_cast<double>(engine_() >> 11) * 0x1.0p-53 < probability; }

    /// Mostly short, sometimes as long as `most`.
    duration time(duration most) {
        const double share = static_cast<double>(engine_() >> 11) * 0x1.0p-53;
        return std::chrono::duration_cast<duration>(most * share * share * share);
    }

private:
    std::mt19937_64 engine_;
};

/// Time, and what is to happen when. Of the handlers that are ready the seed picks the next, but those of one
/// process keep their order, as on an io_context with one thread.
class world {
public:
    /// Something that will be called once, or dropped.
    struct action {
        virtual ~action() = default;
        virtual void call() = 0;
    };

    explicit world(std::uint64_t seed) : chosen(seed) {}

    world(const world&) = delete;
    world& operator=(const world&) = delete;
    ~world();

    [[nodiscard]] time_point now() const noexcept { return now_; }

    template <class Function>
    static std::unique_ptr<action> bind(Function what) {
        return std::make_unique<bound<Function>>(std::move(what));
    }

    template <class Function>
    void at(time_point when, process* whose, Function what) {
        if (when <= now_) {
            become_ready(whose, bind(std::move(what)));
        } else {
            later_.emplace(when, item{whose, bind(std::move(what))});
        }
    }

    /// Calls the next handler, letting time pass to it if none is ready; false if there is none, or none
    /// until `until`.
    bool step(time_point until);

    /// Takes out what is left to do for a process.
    [[nodiscard]] std::deque<std::unique_ptr<action>> take(const process& dead);
    /// As SIGSTOP: nothing of it runs for a while, and its time goes on.
    void freeze(process& who, duration how_long);

    /// Whose handler is running.
    [[nodiscard]] const process* current() const noexcept { return current_; }

    [[nodiscard]] std::uint64_t steps() const noexcept { return steps_; }

    dice chosen;

private:
    template <class Function>
    struct bound final : action {
        explicit bound(Function f) : function(std::move(f)) {}

        void call() override { std::move(function)(); }

        Function function;
    };

    struct item {
        process* whose = nullptr; ///< null: the outside world's
        std::unique_ptr<action> what;
    };

    struct queue {
        process* whose = nullptr;
        std::size_t next = 0;
        std::vector<std::unique_ptr<action>> actions;
    };

    void become_ready(process* whose, std::unique_ptr<action> what);
    [[nodiscard]] std::vector<std::size_t> runnable() const;
    void let_time_pass();

    std::vector<queue> ready_; ///< one of each process that has something to do
    std::multimap<time_point, item> later_;
    time_point now_{std::chrono::hours(1)};
    const process* current_ = nullptr;
    std::uint64_t steps_ = 0;
};

/// One process of the federation: what its coroutines and its pool run on.
class process final : public asio::execution_context {
public:
    process(world& in, std::string name);
    process(const process&) = delete;
    process& operator=(const process&) = delete;
    ~process();

    [[nodiscard]] net::runtime& runtime() noexcept { return runtime_; }

    /// Where a job takes its time, and then runs at once.
    [[nodiscard]] asio::any_io_executor pool() noexcept;

    [[nodiscard]] const std::string& name() const noexcept { return name_; }

    /// As `kill -9`: nothing of it runs any more, and everything that its coroutines held is let go.
    void kill();

    [[nodiscard]] bool is_dead() const noexcept { return dead_; }

    time_point frozen_until{};
    duration slowest_job = std::chrono::seconds(2);

    /// Coroutines and waits that are not over.
    [[nodiscard]] std::size_t work() const noexcept { return work_; }

private:
    class executor;
    class process_clock;

    world& world_;
    std::string name_;
    bool dead_ = false;
    std::deque<std::unique_ptr<world::action>> dying_; ///< what must be let go, one after the other
    std::size_t work_ = 0;
    std::unique_ptr<clock> clock_;
    net::runtime runtime_;
};

} // namespace fedasio::sim
