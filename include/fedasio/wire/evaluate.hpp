#pragma once

#include <fedasio/nn/score_counts.hpp>
#include <fedasio/nn/value_histogram.hpp>
#include <fedasio/plan/own_metrics.hpp>
#include <fedasio/wire/limits.hpp>
#include <fedasio/wire/state.hpp>

#include <boost/json/fwd.hpp>

#include <cstdint>
#include <optional>
#include <vector>

namespace fedasio::wire {

/// Evaluate these weights, or the client's own model, on the samples that this client holds out.
struct evaluate {
    std::uint32_t round = 0;
    std::uint32_t client = 0;
    std::uint32_t version = 0;
    bool confusion = false; ///< asks for evaluation::confusion
    bool scores = false;    ///< asks for evaluation::scores
    /// The model that is the client's own, by the plan's strategy, given these weights and its state.
    bool personal = false;
    std::uint32_t state_round = 0;       ///< as in `train`
    std::vector<state_array> state = {}; ///< likewise
    bool histogram = false;              ///< asks for evaluation::histogram
};

/// The reply.
struct evaluation {
    std::uint32_t client = 0;
    std::uint64_t samples = 0;
    double loss_sum = 0;
    std::uint64_t correct = 0;
    std::vector<std::uint64_t> confusion = {};             ///< row (the class) by row; empty: not told
    std::vector<nn::score_counts::cell> scores = {};       ///< classes; empty: not told
    std::optional<double> absolute_sum = std::nullopt;     ///< regression: sum of absolute errors
    std::optional<double> label_mean = std::nullopt;       ///< regression: of the targets
    std::optional<double> label_m2 = std::nullopt;         ///< sum of their squared differences from it
    bool tells_correct = true;                             ///< a trainer of one's own need not
    plan::own_metrics metrics = {};                        ///< what it tells besides; means over `samples`
    std::vector<nn::value_histogram::cell> histogram = {}; ///< regression; empty: not told
};

[[nodiscard]] boost::json::object to_meta(const evaluate& what);
[[nodiscard]] evaluate read_evaluate(const boost::json::object& meta);
[[nodiscard]] boost::json::object to_meta(const evaluation& what);
[[nodiscard]] evaluation read_evaluation(const boost::json::object& meta);

namespace limits {
/// The reply to an `evaluate` that asks for so many counts, and for scores in so many cells.
constexpr net::frame_limits evaluation(std::size_t counts, std::size_t cells) {
    return {short_reply.meta + bytes_a_count * (counts + 3 * cells), 0};
}
} // namespace limits

} // namespace fedasio::wire
