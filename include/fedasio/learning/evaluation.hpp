#pragma once

#include <fedasio/data/dataset.hpp>
#include <fedasio/learning/batch_loader.hpp>
#include <fedasio/nn/batch.hpp>
#include <fedasio/nn/evaluator.hpp>
#include <fedasio/nn/network.hpp>
#include <fedasio/nn/score_counts.hpp>
#include <fedasio/nn/value_histogram.hpp>
#include <fedasio/nn/value_sums.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <vector>

namespace fedasio::learning {

/// How a model does on samples, as sums that grow from one evaluation to the next. The counts are kept
/// where there is room for them.
struct evaluation_sums {
    std::uint64_t samples = 0;
    double loss_sum = 0;
    std::uint64_t correct = 0; ///< 0 in a regression
    /// Row (the class) by row, columns what the model says: classes * classes numbers, or none.
    std::vector<std::uint64_t> confusion;
    nn::score_counts scores; ///< of as many classes as the model has outputs, or of none
    nn::value_sums values;   ///< of a regression; label_mean and label_m2 are those of its targets
    std::optional<nn::value_histogram> histogram = std::nullopt; ///< of a regression; or none
};

/// Takes a model through labelled samples, some of them at a time. The loop is here and nowhere else. Made
/// once a thread and used for one list of samples after the other: memory for `most_at_once` of them, or
/// fewer where the model is wide, so that it is not long before somebody asks `is_stopped`. Not thread-safe.
class evaluation {
public:
    /// Throws std::invalid_argument when `most_at_once` is 0.
    evaluation(const nn::network& network, std::size_t most_at_once);

    /// What `seen` is called with after each block, in a classification: the samples, and for each of them
    /// what the model takes it for.
    using watcher =
        std::function<void(std::span<const std::uint32_t> indices, std::span<const nn::prediction>)>;

    /// Adds how these weights do on the samples `indices` of `samples`, which fit the network (see
    /// problem_of_fit()). `is_stopped` is asked before each block; false: it said so, and the sums are of no
    /// use. The sums of losses are added up block by block, so `most_at_once` is part of their last bits.
    [[nodiscard]] bool add(const data::dataset& samples, std::span<const std::uint32_t> indices,
                           std::span<const float> weights, const std::function<bool()>& is_stopped,
                           evaluation_sums& into, const watcher& seen = {});

private:
    std::size_t width_;
    std::size_t at_once_;
    nn::evaluator evaluator_;
    batch_loader loader_;
    std::vector<nn::prediction> predictions_;
};

} // namespace fedasio::learning
