#pragma once

#include <fedasio/plan/own_metrics.hpp>
#include <fedasio/wire/limits.hpp>
#include <fedasio/wire/state.hpp>

#include <boost/json/fwd.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace fedasio::wire {

/// Train this client in this round from these weights. The reply is an `update`, whose body is the trained
/// weights, then the channels of the plan's strategy, then the client's new state if the master keeps it.
struct train {
    std::uint32_t round = 0;
    std::uint32_t client = 0;
    std::uint32_t version = 0;
    /// Of a strategy with a client half: the client's last round that counted, whose state it goes on from;
    /// 0: none, its state is empty.
    std::uint32_t state_round = 0;
    /// The client's newest state at or before this round, and newer ones, may be asked for again; older ones
    /// may be forgotten.
    std::uint32_t safe_round = 0;
    std::vector<state_array> state = {}; ///< what the body holds, if the master keeps the clients' states
};

struct update {
    std::uint32_t round = 0;
    std::uint32_t client = 0;
    std::uint64_t samples = 0;      ///< trained on, once each epoch
    double loss = 0;                ///< mean over the last local epoch
    std::optional<double> accuracy; ///< likewise; absent in a regression
    double seconds = 0;
    /// Mean loss over the samples with the received weights; for a strategy that asks for it.
    std::optional<double> loss_before = std::nullopt;
    std::vector<state_array> state = {}; ///< what of the body is the client's new state
    /// What a trainer of one's own tells besides; means over `samples`.
    plan::own_metrics metrics = {};
};

[[nodiscard]] boost::json::object to_meta(const train& what);
[[nodiscard]] train read_train(const boost::json::object& meta);
[[nodiscard]] boost::json::object to_meta(const update& what);
[[nodiscard]] update read_update(const boost::json::object& meta);

namespace limits {
/// The reply to a `train`; see from_master().
constexpr net::frame_limits update(std::size_t weights_bytes, std::size_t channels = 0,
                                   bool with_state = false) {
    return {short_reply.meta, weights_bytes * (1 + channels + (with_state ? state_vectors : 0))};
}
} // namespace limits

} // namespace fedasio::wire
