#pragma once

#include <fedasio/learning/augmentation.hpp>
#include <fedasio/nn/optimizer_spec.hpp>

#include <cstdint>

namespace fedasio::method {

/// What a client does with the global weights in a round.
struct local_training {
    std::uint32_t epochs = 1;
    std::uint32_t batch_size = 32;
    nn::optimizer_spec optimizer;
    learning::augmentation augmentation = {};

    /// Of the optimizer, for a client with so many samples: the last batch of an epoch may be smaller.
    [[nodiscard]] std::uint64_t steps(std::uint64_t samples) const {
        return epochs * ((samples + batch_size - 1) / batch_size);
    }

    /// What counts in this round (from 1): with the learning rate of the schedule.
    [[nodiscard]] local_training in_round(std::uint32_t round) const;
};

} // namespace fedasio::method
