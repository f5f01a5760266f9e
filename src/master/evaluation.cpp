#include <fedasio/federation/limits.hpp>
#include <fedasio/master/evaluation.hpp>
#include <fedasio/net/buffer.hpp>
#include <fedasio/net/nursery.hpp>
#include <fedasio/net/offload.hpp>
#include <fedasio/nn/evaluator.hpp>
#include <fedasio/nn/memory.hpp>

#include <algorithm>
#include <chrono>
#include <memory>
#include <numeric>
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

/// Adds up, and keeps the surest mistakes.
void merge(test_result& total, const test_result& part) {
    total.samples += part.samples;
    total.loss_sum += part.loss_sum;
    total.correct += part.correct;
    total.regression = part.regression;
    total.confusion.resize(part.confusion.size());
    for (std::size_t i = 0; i < part.confusion.size(); ++i) {
        total.confusion[i] += part.confusion[i];
    }
    auto& wrong = total.wrong;
    wrong.insert(wrong.end(), part.wrong.begin(), part.wrong.end());
    std::ranges::sort(wrong, [](const auto& one, const auto& other) {
        return one.confidence != other.confidence ? one.confidence > other.confidence
                                                  : one.index < other.index;
    });
    wrong.resize(std::min(wrong.size(), most_wrong));
}

void note(test_result& into, std::size_t first, std::span<const std::int32_t> classes,
          std::span<const nn::prediction> predictions, std::size_t width) {
    into.confusion.resize(width <= federation::limits::shown_classes ? width * width : 0);
    for (std::size_t i = 0; i < classes.size(); ++i) {
        const auto label = static_cast<std::uint32_t>(classes[i]);
        const auto [top, confidence] = predictions[i];
        if (!into.confusion.empty()) {
            ++into.confusion[label * width + top];
        }
        if (top != label) {
            into.wrong.push_back({first + i, label, top, confidence});
        }
    }
}

test_result evaluate_block(const data::dataset& samples, const nn::network& network,
                           std::span<const float> weights, std::size_t first, std::size_t count,
                           const std::stop_token& stop) {
    test_result total;
    total.regression = samples.class_count() == 0;
    if (stop.stop_requested()) {
        return total;
    }
    // Few at once for a wide model, so that it is not long before somebody looks at `stop`.
    const auto batch_size = nn::evaluation_block(network, most_at_once);
    nn::evaluator evaluator(network, batch_size);
    net::buffer features(batch_size * samples.feature_count() * sizeof(float));
    std::vector<std::uint32_t> indices(batch_size);
    std::vector<nn::prediction> predictions(batch_size);
    for (std::size_t begin = first; begin < first + count && !stop.stop_requested(); begin += batch_size) {
        const auto size = std::min(batch_size, first + count - begin);
        const auto batch = std::span(indices).first(size);
        std::iota(batch.begin(), batch.end(), static_cast<std::uint32_t>(begin));
        const auto values = features.floats().first(size * samples.feature_count());
        samples.copy_features(batch, values);
        const nn::targets expected = total.regression ? nn::targets(samples.targets().subspan(begin, size))
                                                      : nn::targets(samples.classes().subspan(begin, size));
        const auto said = std::span(predictions).first(total.regression ? 0 : size);
        const auto result = evaluator.evaluate(weights, values, expected, size, said);
        test_result part;
        part.samples = size;
        part.loss_sum = result.loss_sum;
        part.correct = result.correct;
        part.regression = total.regression;
        if (!total.regression) {
            note(part, begin, samples.classes().subspan(begin, size), said, network.output().size());
        }
        merge(total, part);
    }
    return total;
}

/// A block, or what went wrong with it.
struct block_outcome {
    test_result result;
    std::exception_ptr failure;
};

} // namespace

std::optional<double> test_result::loss() const {
    return samples == 0 ? std::nullopt : std::optional(loss_sum / static_cast<double>(samples));
}

std::optional<double> test_result::accuracy() const {
    return samples == 0 || regression
               ? std::nullopt
               : std::optional(static_cast<double>(correct) / static_cast<double>(samples));
}

net::awaitable<std::optional<test_result>> evaluate(net::runtime& rt, boost::asio::any_io_executor pool,
                                                    std::shared_ptr<const data::dataset> samples,
                                                    nn::network network, std::span<const float> weights) {
    std::vector<block_outcome> blocks((samples->size() + block_size - 1) / block_size);
    net::nursery workers(rt.executor);
    for (std::size_t i = 0; i < blocks.size(); ++i) {
        const auto begin = i * block_size;
        const auto count = std::min(block_size, samples->size() - begin);
        auto block = [](net::runtime& home, boost::asio::any_io_executor threads, const data::dataset& set,
                        const nn::network& model, std::span<const float> values, std::size_t first,
                        std::size_t size, block_outcome& out) -> net::awaitable<void> {
            try {
                auto job = [&](const std::stop_token& stop) {
                    return evaluate_block(set, model, values, first, size, stop);
                };
                out.result = co_await net::offload(home, threads, std::move(job));
            } catch (...) {
                out.failure = std::current_exception();
            }
        };
        workers.spawn(block(rt, pool, *samples, network, weights, begin, count, blocks[i]));
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
    for (const auto& block : blocks) {
        if (block.failure) {
            std::rethrow_exception(block.failure);
        }
        merge(total, block.result);
    }
    co_return was_cut ? std::nullopt : std::optional(std::move(total));
}

} // namespace fedasio::master
