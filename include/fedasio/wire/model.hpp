#pragma once

#include <fedasio/nn/model_spec.hpp>
#include <fedasio/plan/plan.hpp>

#include <boost/json/fwd.hpp>

#include <cstdint>

namespace fedasio::wire {

/// The model and how to train it.
struct model {
    std::uint64_t seed = 0;
    nn::model_spec network;
    plan::local_training local;
    std::uint64_t parameters = 0;
};

[[nodiscard]] boost::json::object to_meta(const model& what);
[[nodiscard]] model read_model(const boost::json::object& meta);

} // namespace fedasio::wire
