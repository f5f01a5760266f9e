#include "worker/training_setup.hpp"

#include <fedasio/nn/memory.hpp>
#include <fedasio/text/printable.hpp>
#include <fedasio/wire/limits.hpp>

#include "trainers/process.hpp"
#include <utility>

namespace fedasio::worker {
namespace {

/// Of the weights of the round, the update, what trains, and what the client keeps: as it was and will be.
std::uint64_t bytes_for(const training_setup& setup) {
    const auto vectors = 2 * (1 + setup.channels()) + (setup.strategy ? 2 * wire::limits::state_vectors : 0);
    return vectors * setup.parameter_count() * sizeof(float) +
           nn::training_bytes(*setup.network, setup.local.optimizer, setup.local.batch_size);
}

} // namespace

std::shared_ptr<const training_setup> training_setup_of(const wire::model& what,
                                                        const boost::json::object* told) {
    auto made = std::make_shared<training_setup>();
    if (what.network) {
        made->network.emplace(*what.network);
    }
    made->own_arrays = what.arrays;
    made->local = what.local;
    made->seed = what.seed;
    made->strategy = what.strategy;
    made->run = what.run;
    made->master_keeps_state = what.master_keeps_state;
    if (told != nullptr) {
        made->told = trainers::model_for_trainer(*told, made->arrays());
    }
    return made;
}

std::string problem_of_memory(const training_setup& setup, std::uint64_t memory_bytes) {
    const auto needed = setup.told == nullptr ? bytes_for(setup) : 0;
    if (memory_bytes == 0 || needed <= memory_bytes) {
        return {};
    }
    return "training a client of this model takes " + text::size_text(needed) +
           " of memory, and this machine gives a process " + text::size_text(memory_bytes) +
           ": fewer units or filters, a smaller local.batch_size, or a larger machine";
}

} // namespace fedasio::worker
