#pragma once

#include <fedasio/net/child_process.hpp>
#include <fedasio/net/connection.hpp>
#include <fedasio/net/nursery.hpp>
#include <fedasio/wire/evaluate.hpp>
#include <fedasio/wire/load.hpp>
#include <fedasio/wire/train.hpp>
#include <fedasio/worker/stop_signal.hpp>
#include <fedasio/worker/trainer.hpp>
#include <fedasio/worker/trainer_command.hpp>
#include <fedasio/worker/worker.hpp>

#include <boost/json/object.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

namespace fedasio::worker {

/// What a trainer process must know before it is asked to train or to evaluate. It is told once, as long as
/// the pointers stay the same.
struct process_basis {
    using meta = std::shared_ptr<const boost::json::object>;

    meta load; ///< the master's request
    std::shared_ptr<const training_setup> setup;
    net::payload weights;
    std::uint32_t version = 0; ///< of the weights
};

/// One trainer process, and the conversation with it. It is started when it is first needed, and again after
/// it has ended; whoever asked it then is told why it ended. Nothing is asked of it between requests, so an
/// interpreter that is held for an hour costs nothing. Lives on its runtime's thread.
class trainer_process {
public:
    /// `how` and `log` must outlive it; `number` tells it from others in the log.
    trainer_process(net::runtime& rt, const trainer_command& how, const log_handler& log,
                    std::uint32_t number);

    /// These three throw cancelled_task, diverged_training, data::error for what the trainer says of its
    /// data, and std::runtime_error with what else went wrong.
    net::awaitable<wire::loaded> load(process_basis::meta what);
    /// Gives up soon after `stop` was raised: a trainer that does not come to an end then is killed.
    net::awaitable<trained> train(process_basis basis, wire::train what, stop_signal& stop);
    net::awaitable<wire::evaluation> evaluate(process_basis basis, wire::evaluate what, stop_signal& stop);

    /// Ends the process, which is told why, and waits for it.
    net::awaitable<void> end(ending how);

    /// It was there already, and has gone: there will be no other.
    [[nodiscard]] bool is_gone() const noexcept { return !why_gone_.empty(); }

    /// Called then. Begins to listen to it: it says nothing but its hello unasked.
    void on_gone(std::function<void()> handler);

    [[nodiscard]] const std::string& why_gone() const noexcept { return why_gone_; }

private:
    net::awaitable<void> be_ready();
    net::awaitable<void> start();
    net::awaitable<void> watch(std::shared_ptr<net::child_process> child);
    net::awaitable<void> watch_adopted();
    net::awaitable<void> put_down(std::shared_ptr<net::child_process> child);
    void hear(net::frame message);
    void begin_end(const std::string& why);
    net::awaitable<void> prepare(const process_basis& basis);
    net::awaitable<net::frame> ask(net::frame request, net::frame_limits limits,
                                   net::clock::duration patience);
    net::awaitable<net::frame> ask_stoppable(net::frame request, net::frame_limits limits,
                                             std::uint32_t round, stop_signal& stop);
    net::awaitable<std::string> why_lost(const std::string& reason);

    net::runtime& rt_;
    const trainer_command& how_;
    const log_handler& log_;
    std::uint32_t number_;
    std::shared_ptr<net::child_process> child_;
    net::connection_ptr connection_;
    process_basis told_;
    net::event ready_;   ///< it has said hello
    net::event started_; ///< nobody is starting it
    std::function<void()> on_gone_;
    net::nursery children_;
    std::string why_ended_; ///< by us
    std::string why_gone_;
    unsigned failures_ = 0; ///< starts in a row after which nothing useful came
    bool over_ = false;
};

/// What a trainer is told of the model: the master's request, and the arrays that its weights are made of.
[[nodiscard]] boost::json::object model_for_trainer(boost::json::object request, const training_setup& setup);

} // namespace fedasio::worker
