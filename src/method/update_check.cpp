#include <fedasio/method/fixed_point.hpp>
#include <fedasio/method/update_check.hpp>

#include "method/wide_clones.hpp"
#include <algorithm>
#include <cmath>
#include <optional>
#include <string>
#include <utility>

namespace fedasio::method {

namespace {

// So many that what one pass of them read is still in the fastest cache for the next.
constexpr std::size_t piece_values = 4 * update_sketch::buckets;

bool within(float value, float bound) {
    return std::abs(value) <= bound;
}

// Without a branch in it the loop runs as fast as memory; the offender is looked for only if there is one.
FEDASIO_WIDE_CLONES
bool all_within(const float* values, float bound, std::size_t count) {
    bool fine = true;
    for (std::size_t i = 0; i < count; ++i) {
        fine &= within(values[i], bound);
    }
    return fine;
}

rejection offender(std::span<const float> values, float bound, const std::string& where) {
    const auto place = static_cast<std::size_t>(
        std::ranges::find_if_not(values, [bound](float value) { return within(value, bound); }) -
        values.begin());
    const std::string what = where + "value " + std::to_string(place) + " of " +
                             std::to_string(values.size()) + " is " + std::to_string(values[place]);
    if (!std::isfinite(values[place])) {
        return {rejection::kind::not_finite, what, place};
    }
    return {rejection::kind::out_of_bound, what + ", over the bound of " + std::to_string(bound), place};
}

std::string of_channel(std::size_t number) {
    return "channel " + std::to_string(number) + ": ";
}

} // namespace

update_check::update_check(std::span<const float> x, const std::vector<std::span<const float>>& channels,
                           bool compares)
    : x_(x), bound_(weight_bound(x)), compares_(compares) {
    for (const auto& channel : channels) {
        channel_bounds_.push_back(weight_bound(channel));
    }
}

std::variant<checked_update, rejection>
update_check::check(std::span<const float> values, std::vector<std::span<const float>> channels) const {
    if (channels.size() != channel_bounds_.size()) {
        return rejection{rejection::kind::wrong_size, "the update has " + std::to_string(channels.size()) +
                                                          " channels, the strategy has " +
                                                          std::to_string(channel_bounds_.size())};
    }
    const auto wrong_size = [this](std::size_t size, const std::string& where) {
        return rejection{rejection::kind::wrong_size, where + "the update has " + std::to_string(size) +
                                                          " values, the model has " +
                                                          std::to_string(x_.size())};
    };
    if (values.size() != x_.size()) {
        return wrong_size(values.size(), "");
    }
    for (std::size_t i = 0; i < channels.size(); ++i) {
        if (channels[i].size() != x_.size()) {
            return wrong_size(channels[i].size(), of_channel(i));
        }
        if (!all_within(channels[i].data(), channel_bounds_[i], channels[i].size())) {
            return offender(channels[i], channel_bounds_[i], of_channel(i));
        }
    }
    checked_update result(values, std::move(channels));
    for (std::size_t first = 0; first < values.size(); first += piece_values) {
        const auto piece = std::min(piece_values, values.size() - first);
        const auto from = values.subspan(first, piece);
        const auto base = x_.subspan(first, piece);
        const bool fine = compares_ ? result.sketch_.extend_within(from, base, bound_)
                                    : result.sketch_.measure_within(from, base, bound_);
        if (!fine) {
            return offender(values, bound_, "");
        }
    }
    return result;
}

} // namespace fedasio::method
