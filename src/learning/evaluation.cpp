#include <fedasio/learning/evaluation.hpp>
#include <fedasio/nn/memory.hpp>

#include <algorithm>

namespace fedasio::learning {

evaluation::evaluation(const nn::network& network, std::size_t most_at_once)
    : width_(network.output().size()), at_once_(nn::evaluation_block(network, most_at_once)),
      evaluator_(network, at_once_), loader_(network, at_once_), predictions_(at_once_) {}

bool evaluation::add(const data::dataset& samples, std::span<const std::uint32_t> indices,
                     std::span<const float> weights, const std::function<bool()>& is_stopped,
                     evaluation_sums& into, const watcher& seen) {
    const bool regression = samples.class_count() == 0;
    const bool predicts = !regression && (seen || !into.confusion.empty());
    nn::evaluation_details details;
    details.scores = !regression && into.scores.classes() > 0 ? &into.scores : nullptr;
    details.values = regression ? &into.values : nullptr;
    details.histogram = regression && into.histogram ? &*into.histogram : nullptr;
    for (std::size_t begin = 0; begin < indices.size(); begin += at_once_) {
        if (is_stopped()) {
            return false;
        }
        const auto block = indices.subspan(begin, std::min(at_once_, indices.size() - begin));
        const auto expected = loader_.read(samples, block);
        details.predictions = std::span(predictions_).first(predicts ? block.size() : 0);
        const auto result = evaluator_.evaluate(weights, loader_.features(), expected, block.size(), details);
        into.samples += block.size();
        into.loss_sum += result.loss_sum;
        into.correct += result.correct;
        for (std::size_t i = 0; i < block.size() && predicts && !into.confusion.empty(); ++i) {
            const auto label = static_cast<std::size_t>(samples.classes()[block[i]]);
            ++into.confusion[label * width_ + predictions_[i].top];
        }
        if (predicts && seen) {
            seen(block, details.predictions);
        }
    }
    return true;
}

} // namespace fedasio::learning
