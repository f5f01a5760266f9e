#pragma once

#include <fedasio/method/client_half.hpp>
#include <fedasio/net/buffer.hpp>
#include <fedasio/net/connection.hpp>
#include <fedasio/net/shared_memory.hpp>
#include <fedasio/nn/model_arrays.hpp>
#include <fedasio/trainers/stop_signal.hpp>
#include <fedasio/wire/evaluate.hpp>
#include <fedasio/wire/initial.hpp>
#include <fedasio/wire/load.hpp>
#include <fedasio/wire/train.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/json/object.hpp>

#include "trainers/program.hpp"
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

namespace fedasio::trainers {

/// What a trainer process must know before it is asked to train or to evaluate. It is told once, as long as
/// the pointers stay the same.
struct process_basis {
    using meta = std::shared_ptr<const boost::json::object>;

    meta load = {};              ///< the master's request; null: whoever evaluates only has data of its own
    meta model = {};             ///< model_for_trainer()
    std::size_t shared = 0;      ///< floats of the model that travel
    std::size_t own = 0;         ///< floats of its arrays that stay at the client
    bool own_goes_along = false; ///< they follow the weights, because the master keeps them for the client
    net::payload weights;
    std::uint32_t version = 0; ///< of the weights
};

/// What comes out of a training.
struct trained_arrays {
    wire::update update;
    net::payload weights;   ///< and what goes along
    std::vector<float> own; ///< what does not go along
};

/// The conversation with one trainer process. One question at a time; nothing is asked between two, so an
/// interpreter that is held for an hour costs nothing. Large arrays lie in memory that both have, where the
/// trainer takes it; what comes out is copied from there before anybody looks at it, because the trainer may
/// write at any time. Lives on its runtime's thread.
class trainer_process {
public:
    /// Arrays are copied on the `pool`, and what a process leaves behind is looked for there.
    trainer_process(trainer_place where, boost::asio::any_io_executor pool);

    /// These throw cancelled_task, diverged_training, data::error for what the trainer says of its data,
    /// lost_process, and std::runtime_error with what else went wrong.
    net::awaitable<wire::loaded> load(process_basis::meta what);
    /// What it begins with, where the plan leaves the model to trainers: the whole reply.
    net::awaitable<net::frame> initial(wire::initial what);
    /// Gives up soon after `stop` was raised: a trainer that does not come to an end then is killed.
    /// `more` goes with the request. `state` holds the arrays that stay at the client, if there are any.
    net::awaitable<trained_arrays> train(process_basis basis, wire::train what, boost::json::object more,
                                         method::client_state state, stop_signal& stop);
    net::awaitable<wire::evaluation> evaluate(process_basis basis, wire::evaluate what,
                                              method::client_state state, stop_signal& stop);

    [[nodiscard]] trainer_program& program() noexcept { return program_; }

private:
    net::awaitable<void> be_ready();
    net::awaitable<void> prepare(const process_basis& basis);
    net::awaitable<void> tell_model(const process_basis& basis);
    net::awaitable<void> tell_weights(const process_basis& basis);
    net::awaitable<void> take_update(net::frame reply, const process_basis& basis, trained_arrays& into);
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
[[nodiscard]] process_basis::meta model_for_trainer(boost::json::object request,
                                                    const nn::model_arrays& arrays);

} // namespace fedasio::trainers
