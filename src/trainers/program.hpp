#pragma once

#include <fedasio/net/child_process.hpp>
#include <fedasio/net/connection.hpp>
#include <fedasio/net/nursery.hpp>
#include <fedasio/net/runtime.hpp>
#include <fedasio/trainers/log.hpp>
#include <fedasio/trainers/trainer_command.hpp>

#include <boost/asio/any_io_executor.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

namespace fedasio::trainers {

/// Of one trainer among those of a worker, or the evaluator of a master. All must outlive who has it.
struct trainer_place {
    net::runtime& rt;
    const trainer_command& how;
    const log_handler& log;
    std::uint32_t number = 0; ///< tells it from others in the log
    bool evaluates_only = false;

    /// What people call it.
    [[nodiscard]] std::string role() const { return evaluates_only ? "evaluator" : "trainer"; }

    /// The same, as one of several.
    [[nodiscard]] std::string name() const {
        return evaluates_only ? role() : role() + " " + std::to_string(number);
    }
};

/// The program of a trainer: it is started when it is first needed, and again after it has ended. Lives on
/// its runtime's thread.
class trainer_program {
public:
    /// What a process leaves behind is looked for on the `pool`.
    trainer_program(trainer_place where, boost::asio::any_io_executor pool);

    /// Started, and greeted. Throws cancelled_task, and std::runtime_error with what went wrong.
    net::awaitable<void> be_ready();

    /// To the process that is there, or was last. Another process, another connection.
    [[nodiscard]] const net::connection_ptr& connection() const noexcept { return connection_; }

    /// A sentence on why an answer will not come over a connection that was lost for `reason`.
    net::awaitable<std::string> why_lost(const std::string& reason);

    /// The connection ends now; the process has its grace.
    void begin_end(const std::string& why);

    /// The reason of that.
    [[nodiscard]] const std::string& why_ended() const noexcept { return why_ended_; }

    /// It has answered: should it end, the next one need not wait.
    void has_answered() noexcept { failures_ = 0; }

    /// Ends the process and waits for it; if the run is `done`, it is told so first, and why.
    net::awaitable<void> end(bool done, std::string reason);

    /// It was there already, and has gone: there will be no other.
    [[nodiscard]] bool is_gone() const noexcept { return !why_gone_.empty(); }

    [[nodiscard]] const std::string& why_gone() const noexcept { return why_gone_; }

    /// `handler` is called when it has gone. Begins to listen to it: it says nothing but its hello unasked.
    void on_gone(std::function<void()> handler);

private:
    net::awaitable<void> start();
    net::awaitable<void> watch(std::shared_ptr<net::child_process> child);
    net::awaitable<void> watch_adopted();
    net::awaitable<void> put_down(std::shared_ptr<net::child_process> child);
    void hear(const net::frame& message);

    trainer_place where_;
    boost::asio::any_io_executor pool_;
    std::shared_ptr<net::child_process> child_;
    net::connection_ptr connection_;
    net::event ready_;   ///< it has said hello
    net::event started_; ///< nobody is starting it
    std::function<void()> on_gone_;
    net::nursery children_;
    std::string why_ended_;
    std::string why_gone_;
    unsigned failures_ = 0; ///< starts in a row after which nothing useful came
    bool over_ = false;
};

} // namespace fedasio::trainers
