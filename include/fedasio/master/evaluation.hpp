#pragma once

#include <fedasio/data/dataset.hpp>
#include <fedasio/master/events.hpp>
#include <fedasio/net/runtime.hpp>
#include <fedasio/nn/network.hpp>
#include <fedasio/nn/score_counts.hpp>
#include <fedasio/nn/value_histogram.hpp>
#include <fedasio/plan/limits.hpp>
#include <fedasio/plan/own_metrics.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

namespace fedasio::master {

/// How the global model does on samples that it was not trained on, as sums. What is empty is not known.
struct test_result {
    std::uint64_t samples = 0;
    double loss_sum = 0;
    std::uint64_t correct = 0;
    /// The loss is not known to be the mean of squared errors, so no error is told in the label's unit.
    bool is_own_loss = false;
    bool regression = false;
    /// Classification with at most `plan::limits::shown_classes` outputs: row (the class) by row,
    /// columns what the model says.
    std::vector<std::uint64_t> confusion;
    /// Likewise, as nn::score_counts::occupied() gives them.
    std::vector<nn::score_counts::cell> scores;
    std::size_t score_bins = 0; ///< of each of their histograms
    /// Regression.
    std::optional<double> absolute_sum;
    std::optional<double> label_m2;
    std::vector<nn::value_histogram::cell> histogram = {}; ///< of outputs and targets
    plan::own_metrics own = {}; ///< what a trainer of one's own tells besides, means over `samples`
    /// Classification: the at most 24 wrong ones that the model is most sure of, the surest first.
    std::vector<model_evaluated::mistake> wrong;

    [[nodiscard]] std::optional<double> loss() const;
    [[nodiscard]] std::optional<double> accuracy() const;
    /// `unit` is what 1 stands for among the targets of a regression, in the label's own unit.
    [[nodiscard]] test_metrics metrics(double unit) const;
};

/// What was counted class by class goes into the result.
void take_scores(test_result& into, const nn::score_counts& counts);

/// What is known of a whole test goes into the round.
void take_metrics(round_result& into, const test_metrics& found);

/// Evaluates on the whole set, in blocks that run on `pool` next to each other. The blocks' results are added
/// in the order of the samples, so the number of threads does not change a bit. Nothing when the caller is
/// cancelled and it takes longer than a second more.
net::awaitable<std::optional<test_result>> evaluate(net::runtime& rt, boost::asio::any_io_executor pool,
                                                    std::shared_ptr<const data::dataset> samples,
                                                    nn::network network, std::span<const float> weights);

} // namespace fedasio::master
