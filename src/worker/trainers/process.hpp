#pragma once

#include <fedasio/net/shared_memory.hpp>
#include <fedasio/wire/evaluate.hpp>
#include <fedasio/wire/initial.hpp>
#include <fedasio/wire/load.hpp>
#include <fedasio/wire/train.hpp>
#include <fedasio/worker/stop_signal.hpp>
#include <fedasio/worker/trainer.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/json/object.hpp>

#include "worker/trainers/program.hpp"
#include <cstdint>
#include <memory>

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

/// The conversation with one trainer process. One question at a time; nothing is asked between two, so an
/// interpreter that is held for an hour costs nothing. Large arrays lie in memory that both have, where the
/// trainer takes it; what comes out is copied from there before anybody looks at it, because the trainer may
/// write at any time. Lives on its runtime's thread.
class trainer_process {
public:
    /// Arrays are copied on the `pool`.
    trainer_process(trainer_place where, boost::asio::any_io_executor pool);

    /// These throw cancelled_task, diverged_training, data::error for what the trainer says of its data, and
    /// std::runtime_error with what else went wrong.
    net::awaitable<wire::loaded> load(process_basis::meta what);
    /// What it begins with, where the plan leaves the model to trainers: the whole reply.
    net::awaitable<net::frame> initial(wire::initial what);
    /// Gives up soon after `stop` was raised: a trainer that does not come to an end then is killed.
    /// `state` holds the arrays that stay at the client, if there are any.
    net::awaitable<trained> train(process_basis basis, wire::train what, method::client_state state,
                                  stop_signal& stop);
    net::awaitable<wire::evaluation> evaluate(process_basis basis, wire::evaluate what,
                                              method::client_state state, stop_signal& stop);

    [[nodiscard]] trainer_program& program() noexcept { return program_; }

private:
    net::awaitable<void> be_ready();
    net::awaitable<void> prepare(const process_basis& basis);
    net::awaitable<void> tell_model(const process_basis& basis);
    net::awaitable<void> tell_weights(const process_basis& basis);
    net::awaitable<void> take_update(net::frame reply, const training_setup& setup, trained& into);
    net::awaitable<net::frame> ask(net::frame request, net::frame_limits limits,
                                   net::clock::duration patience);
    net::awaitable<net::frame> ask_stoppable(net::frame request, net::frame_limits limits,
                                             std::uint32_t round, stop_signal& stop);

    trainer_place where_;
    boost::asio::any_io_executor pool_;
    trainer_program program_;
    net::connection_ptr told_to_; ///< the process that knows `told_`
    process_basis told_;
    std::unique_ptr<net::shared_memory> memory_; ///< the global weights, then as many trained ones; or null
};

/// What a trainer is told of the model: the master's request, and the arrays that its weights are made of.
[[nodiscard]] boost::json::object model_for_trainer(boost::json::object request, const training_setup& setup);

} // namespace fedasio::worker
