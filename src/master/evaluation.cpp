#include <fedasio/learning/evaluation.hpp>
#include <fedasio/master/evaluation.hpp>
#include <fedasio/net/nursery.hpp>
#include <fedasio/net/offload.hpp>
#include <fedasio/plan/limits.hpp>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <memory>
#include <mutex>
#include <numeric>
#include <optional>
#include <stop_token>
#include <utility>
#include <vector>

namespace fedasio::master {
namespace {

constexpr std::size_t block_size = 1000;
constexpr std::size_t most_at_once = 100;
constexpr std::size_t most_wrong = 24;
/// What a cancelled evaluation gets to end by itself, so that its result is not lost for little.
constexpr auto time_to_end = std::chrono::seconds(1);

/// Counts of all blocks: whole numbers, so that it does not matter which block adds its own first.
struct all_counts {
    /// By class, or without classes by value.
    explicit all_counts(std::size_t classes)
        : confusion(classes <= plan::limits::shown_classes ? classes * classes : 0), scores(classes) {
        if (classes == 0) {
            histogram.emplace();
        }
    }

    void add(const learning::evaluation_sums& other) {
        const std::lock_guard lock(busy);
        for (std::size_t i = 0; i < confusion.size(); ++i) {
            confusion[i] += other.confusion[i];
        }
        scores.add(other.scores);
        if (histogram) {
            histogram->add(other.histogram.value());
        }
    }

    std::mutex busy;
    std::vector<std::uint64_t> confusion;
    nn::score_counts scores;
    std::optional<nn::value_histogram> histogram;
};

/// Evaluations that are made are used again, so that memory is touched for the first time once for each
/// thread and not for each block.
class spare_evaluations {
public:
    explicit spare_evaluations(const nn::network& network) : network_(network) {}

    std::unique_ptr<learning::evaluation> take() {
        const std::lock_guard lock(busy_);
        if (spare_.empty()) {
            return std::make_unique<learning::evaluation>(network_, most_at_once);
        }
        auto one = std::move(spare_.back());
        spare_.pop_back();
        return one;
    }

    void give_back(std::unique_ptr<learning::evaluation> one) {
        const std::lock_guard lock(busy_);
        spare_.push_back(std::move(one));
    }

private:
    const nn::network& network_;
    std::mutex busy_;
    std::vector<std::unique_ptr<learning::evaluation>> spare_;
};

/// A block, or what went wrong with it. What depends on the order of adding is kept by block.
struct block_outcome {
    learning::evaluation_sums sums; ///< without counts
    std::vector<model_evaluated::mistake> wrong;
    std::exception_ptr failure;
};

void keep_surest(std::vector<model_evaluated::mistake>& wrong) {
    std::ranges::sort(wrong, [](const auto& one, const auto& other) {
        return one.confidence != other.confidence ? one.confidence > other.confidence
                                                  : one.index < other.index;
    });
    wrong.resize(std::min(wrong.size(), most_wrong));
}

/// Samples [first, first + count); their counts are added to `all`.
void evaluate_block(const data::dataset& samples, spare_evaluations& evaluations,
                    std::span<const float> weights, std::size_t first, std::size_t count, all_counts& all,
                    block_outcome& out, const std::stop_token& stop) {
    if (stop.stop_requested()) {
        return;
    }
    auto block = evaluations.take();
    std::vector<std::uint32_t> indices(count);
    std::iota(indices.begin(), indices.end(), static_cast<std::uint32_t>(first));
    out.sums.confusion.resize(all.confusion.size());
    out.sums.scores = nn::score_counts(all.scores.classes());
    if (all.histogram) {
        out.sums.histogram.emplace();
    }
    const auto note = [&](std::span<const std::uint32_t> seen, std::span<const nn::prediction> predictions) {
        for (std::size_t i = 0; i < seen.size(); ++i) {
            const auto label = static_cast<std::uint32_t>(samples.classes()[seen[i]]);
            const auto [top, confidence] = predictions[i];
            if (top != label) {
                out.wrong.push_back({seen[i], label, top, confidence});
            }
        }
        keep_surest(out.wrong);
    };
    const auto is_stopped = [&] { return stop.stop_requested(); };
    if (block->add(samples, indices, weights, is_stopped, out.sums, note)) {
        all.add(out.sums);
    }
    evaluations.give_back(std::move(block));
    out.sums.confusion = {};
    out.sums.scores = {};
    out.sums.histogram.reset();
}

} // namespace

std::optional<double> test_result::loss() const {
    return samples == 0 ? std::nullopt : std::optional(loss_sum / static_cast<double>(samples));
}

std::optional<double> test_result::accuracy() const {
    return samples == 0 || regression
               ? std::nullopt
               : std::optional(static_cast<double>(correct) / static_cast<double>(samples));
}

test_metrics test_result::metrics(double unit) const {
    test_metrics found;
    found.loss = loss();
    found.accuracy = accuracy();
    if (samples == 0) {
        return found;
    }
    found.own = own;
    const auto count = static_cast<double>(samples);
    if (regression && is_own_loss) {
        return found;
    }
    if (regression) {
        found.rmse = std::sqrt(loss_sum / count) * unit;
        found.mae = absolute_sum ? std::optional(*absolute_sum / count * unit) : std::nullopt;
        // None of targets that are all alike, nor beyond all numbers.
        const double r2 = 1 - loss_sum / label_m2.value_or(0);
        found.r2 = std::isfinite(r2) ? std::optional(r2) : std::nullopt;
        return found;
    }
    found.auc = scores.empty() ? std::nullopt : nn::area_under_roc(scores, score_bins);
    const auto classes =
        static_cast<std::size_t>(std::lround(std::sqrt(static_cast<double>(confusion.size()))));
    for (std::size_t i = 0; i < classes; ++i) {
        const auto row = std::span(confusion).subspan(i * classes, classes);
        const auto all_of_class = std::reduce(row.begin(), row.end());
        found.recall.push_back(all_of_class == 0 ? std::nullopt
                                                 : std::optional(static_cast<double>(row[i]) /
                                                                 static_cast<double>(all_of_class)));
    }
    return found;
}

void take_scores(test_result& into, const nn::score_counts& counts) {
    into.scores = counts.occupied();
    into.score_bins = counts.bins();
}

void take_metrics(round_result& into, const test_metrics& found) {
    into.test_loss = found.loss;
    into.test_accuracy = found.accuracy;
    into.test_r2 = found.r2;
    into.test_rmse = found.rmse;
    into.test_mae = found.mae;
    into.test_auc = found.auc;
    into.test_recall = found.recall;
    into.test_metrics = found.own;
}

net::awaitable<std::optional<test_result>> evaluate(net::runtime& rt, boost::asio::any_io_executor pool,
                                                    std::shared_ptr<const data::dataset> samples,
                                                    nn::network network, std::span<const float> weights) {
    std::vector<block_outcome> blocks((samples->size() + block_size - 1) / block_size);
    const bool regression = samples->class_count() == 0;
    all_counts counts(regression ? 0 : network.output().size());
    spare_evaluations evaluations(network);
    net::nursery workers(rt.executor);
    for (std::size_t i = 0; i < blocks.size(); ++i) {
        const auto begin = i * block_size;
        const auto count = std::min(block_size, samples->size() - begin);
        auto block = [](net::runtime& home, boost::asio::any_io_executor threads, const data::dataset& set,
                        spare_evaluations& spare, std::span<const float> values, std::size_t first,
                        std::size_t size, all_counts& all, block_outcome& out) -> net::awaitable<void> {
            try {
                auto job = [&](const std::stop_token& stop) {
                    evaluate_block(set, spare, values, first, size, all, out, stop);
                    return true;
                };
                co_await net::offload(home, threads, std::move(job));
            } catch (...) {
                out.failure = std::current_exception();
            }
        };
        workers.spawn(block(rt, pool, *samples, evaluations, weights, begin, count, counts, blocks[i]));
    }
    bool was_cut = false;
    std::unique_ptr<net::alarm> cut;
    auto cut_soon = [&] {
        cut = rt.time.at(rt.time.now() + time_to_end, [&] {
            was_cut = workers.size() > 0;
            workers.cancel();
        });
    };
    co_await workers.join(std::move(cut_soon));
    test_result total;
    total.regression = regression;
    nn::value_sums values;
    for (const auto& [sums, wrong, failure] : blocks) {
        if (failure) {
            std::rethrow_exception(failure);
        }
        total.samples += sums.samples;
        total.loss_sum += sums.loss_sum;
        total.correct += sums.correct;
        values.add(sums.values);
        total.wrong.insert(total.wrong.end(), wrong.begin(), wrong.end());
        keep_surest(total.wrong);
    }
    if (regression) {
        total.absolute_sum = values.absolute;
        total.label_m2 = values.label_m2;
        total.histogram = counts.histogram.value().occupied();
    }
    total.confusion = std::move(counts.confusion);
    take_scores(total, counts.scores);
    co_return was_cut ? std::nullopt : std::optional(std::move(total));
}

} // namespace fedasio::master
