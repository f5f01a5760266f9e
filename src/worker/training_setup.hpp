#pragma once

#include <fedasio/wire/model.hpp>
#include <fedasio/worker/trainer.hpp>

#include <boost/json/object.hpp>

#include <cstdint>
#include <memory>
#include <string>

namespace fedasio::worker {

/// What trains needs to know of the master's request `model`. `told` is what a trainer process is to hear of
/// it, the request itself; null: there is none, and `what` has a network. Throws std::exception for a network
/// that cannot be built.
[[nodiscard]] std::shared_ptr<const training_setup> training_setup_of(const wire::model& what,
                                                                      const boost::json::object* told);

/// Why this machine, which gives a process so much memory (0: not known), cannot train a client; empty: it
/// can. What a trainer process takes is its own affair.
[[nodiscard]] std::string problem_of_memory(const training_setup& setup, std::uint64_t memory_bytes);

} // namespace fedasio::worker
