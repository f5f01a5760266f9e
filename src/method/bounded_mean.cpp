#include <fedasio/method/bounded_mean.hpp>

#include "method/wide_clones.hpp"
#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <limits>
#include <numeric>
#include <stdexcept>
#include <utility>

namespace fedasio::method {
namespace {

// So many sums side by side that they fill the vectors of any processor.
constexpr std::size_t lanes = 16;
constexpr int highest_step = 15;
/// A model without any weights is taken for one of this size.
constexpr double least_base = 0.0625;
constexpr double harmless_share = 0.125;

FEDASIO_WIDE_CLONES
void add_squares(const float* one, const float* other, double* squares, std::size_t count) {
    for (std::size_t i = 0; i < count; i += lanes) {
        for (std::size_t k = 0; k < lanes; ++k) {
            const double difference = static_cast<double>(one[i + k]) - static_cast<double>(other[i + k]);
            squares[k] += difference * difference;
        }
    }
}

/// The least e with |x| <= 2^e; of 0 a number below all others.
int exponent_above(double x) {
    if (x == 0) {
        return std::numeric_limits<int>::min() / 2;
    }
    int exponent = 0;
    const double mantissa = std::frexp(x, &exponent);
    return mantissa == 0.5 ? exponent - 1 : exponent;
}

} // namespace

double distance(std::span<const float> one, std::span<const float> other) {
    if (one.size() != other.size()) {
        throw std::invalid_argument("distance: the two have different sizes");
    }
    std::array<double, lanes> squares{};
    const auto whole = one.size() / lanes * lanes;
    add_squares(one.data(), other.data(), squares.data(), whole);
    for (std::size_t i = whole; i < one.size(); ++i) {
        const double difference = static_cast<double>(one[i]) - static_cast<double>(other[i]);
        squares[i - whole] += difference * difference;
    }
    return std::sqrt(std::accumulate(squares.begin(), squares.end(), 0.0));
}

bounded_mean::bounded_mean(std::span<const float> base, std::uint64_t max_total_weight,
                           std::optional<std::uint32_t> factor)
    : base_(base), max_total_weight_(max_total_weight), factor_(factor), bound_(weight_bound(base)) {
    if (factor_ && !std::has_single_bit(*factor_)) {
        throw std::invalid_argument("bounded_mean: the factor must be a power of two");
    }
    double squares = 0;
    for (const float weight : base_) {
        squares += static_cast<double>(weight) * static_cast<double>(weight);
    }
    base_norm_ = std::sqrt(squares);
    lowest_exponent_ = exponent_above(harmless_share * std::max(base_norm_, least_base));
}

int bounded_mean::step_of(double norm) const {
    return std::clamp(exponent_above(norm) - lowest_exponent_, 0, highest_step);
}

std::optional<rejection> bounded_mean::add(std::size_t place, std::span<const float> values,
                                           std::uint64_t weight, double allowance) {
    arrival next{place, 0, 0};
    if (factor_ && values.size() == base_.size()) {
        next.norm = distance(values, base_);
        next.step = std::isfinite(next.norm) ? step_of(next.norm / std::max(allowance, 1.0)) : 0;
    }
    const auto [sum, is_new] = sums_.try_emplace(next.step, base_.size(), max_total_weight_, bound_);
    auto refused = sum->second.add(values, weight);
    if (refused && is_new) {
        sums_.erase(sum);
    } else if (!refused) {
        arrivals_.push_back(next);
    }
    return refused;
}

std::vector<bounded_mean::left_out> bounded_mean::settle() {
    std::vector<left_out> result;
    int most = highest_step;
    if (factor_ && arrivals_.size() > 2) {
        std::vector<double> norms;
        norms.reserve(arrivals_.size());
        for (const auto& one : arrivals_) {
            norms.push_back(one.norm);
        }
        const auto middle = norms.begin() + static_cast<std::ptrdiff_t>((norms.size() - 1) / 2);
        std::ranges::nth_element(norms, middle);
        most = std::max(exponent_above(*middle) + std::countr_zero(*factor_) - lowest_exponent_, 0);
        std::erase_if(arrivals_, [&](const arrival& one) {
            if (one.step > most) {
                result.push_back({one.place, one.norm, *middle, base_norm_});
            }
            return one.step > most;
        });
        std::ranges::sort(result, {}, &left_out::place);
    }
    sums_.erase(sums_.upper_bound(most), sums_.end());
    while (sums_.size() > 1) {
        const auto second = std::next(sums_.begin());
        if (sums_.begin()->second.merge(second->second)) {
            throw std::logic_error("bounded_mean: the updates weigh more than was said");
        }
        sums_.erase(second);
    }
    return result;
}

std::uint64_t bounded_mean::updates() const {
    return arrivals_.size();
}

std::uint64_t bounded_mean::total_weight() const {
    std::uint64_t total = 0;
    for (const auto& [step, sum] : sums_) {
        total += sum.total_weight();
    }
    return total;
}

void bounded_mean::result(std::span<float> out) const {
    if (sums_.size() != 1) {
        throw std::logic_error("bounded_mean: a result needs updates, and settle() before");
    }
    sums_.begin()->second.result(out);
}

} // namespace fedasio::method
