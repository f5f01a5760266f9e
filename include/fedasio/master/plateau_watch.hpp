#pragma once

#include <fedasio/master/events.hpp>

#include <array>
#include <cstdint>
#include <optional>

namespace fedasio::master {

/// Sees when nothing is learned any more: the best value is 15 rounds old, and a quarter of all rounds that
/// have one. It goes by the first of test_accuracy, test_rmse, test_loss and train_loss that some round has.
/// It ends nothing (early_stop does that): people are told.
///
/// It depends on nothing but the results it was given, as early_stop: what is resumed goes on as if it had
/// never been interrupted. Tests of some of the clients only count for nothing.
class plateau_watch {
public:
    static constexpr std::uint32_t least_rounds = 15;
    static constexpr double least_share = 0.25;

    /// A finished round, in order; as many as there are. Gives what `round_result::flat` says of it.
    std::optional<round_result::plateau> take(const round_result& result);

private:
    struct best {
        double value = 0;
        std::uint32_t round = 0;
        std::uint32_t last = 0;   ///< round that has a value
        std::uint32_t values = 0; ///< rounds that have one; 0: nothing here is known
    };

    std::array<best, 4> known_{};
};

} // namespace fedasio::master
