#include <fedasio/master/divergence_watch.hpp>

#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <utility>

namespace fedasio::master {

void divergence_watch::begin(double guessing, std::uint32_t round, net::payload weights) {
    *this = {};
    level_ = guessing;
    good_round_ = round;
    good_ = std::move(weights);
}

void divergence_watch::take(std::uint32_t round, std::vector<double> losses, const net::payload& base) {
    if (losses.empty()) {
        return;
    }
    // Of two the larger: better to stop one time too often than to ruin what was learned.
    const auto middle = losses.begin() + static_cast<std::ptrdiff_t>(losses.size() / 2);
    std::ranges::nth_element(losses, middle);
    loss_ = *middle;
    if (!std::exchange(has_begun_, true)) {
        level_ = std::max({level_, std::isfinite(loss_) ? loss_ : 0.0, 1.0});
    }
    const bool is_bad = loss_ > factor * level_;
    in_a_row_ = is_bad ? in_a_row_ + 1 : 0;
    if (!is_bad || good_.empty()) {
        good_ = base;
        good_round_ = round - 1;
    }
}

std::string divergence_watch::reason() const {
    return fmt::format("the training diverges: in {} rounds in a row the loss of the typical client was over "
                       "{:.3g}, {} times that of the beginning; the last was {:.3g}. The weights are those "
                       "after round {} again. Lower local.optimizer.learning_rate, or, if the log names a "
                       "client whose updates are out of proportion, do without it",
                       in_a_row_, factor * level_, factor, loss_, good_round_);
}

} // namespace fedasio::master
