#pragma once

#include <fedasio/data/dataset.hpp>
#include <fedasio/learning/augmentation.hpp>
#include <fedasio/nn/aligned_floats.hpp>
#include <fedasio/nn/batch.hpp>
#include <fedasio/nn/network.hpp>
#include <fedasio/random.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace fedasio::learning {

/// The features and targets of one batch at a time, as nn::trainer and nn::evaluator take them, in memory
/// that is used again. Not thread-safe.
class batch_loader {
public:
    /// For batches of up to `most` samples of data that fits the network: see problem_of_fit().
    batch_loader(const nn::network& network, std::size_t most);

    /// Reads the samples `indices` of `from`. What is returned, and features(), lie in this object until the
    /// next call.
    nn::targets read(const data::dataset& from, std::span<const std::uint32_t> indices);

    /// Varies the images that were read last.
    void vary(const augmentation& how, random_stream& draws) {
        augment(how, image_, features_.span().first(filled_), draws);
    }

    /// Of the samples that were read last, row-major.
    [[nodiscard]] std::span<const float> features() const noexcept { return features_.span().first(filled_); }

private:
    nn::shape image_;
    nn::aligned_floats features_;
    std::size_t filled_ = 0;
    std::vector<std::int32_t> classes_;
    std::vector<float> values_;
};

} // namespace fedasio::learning
