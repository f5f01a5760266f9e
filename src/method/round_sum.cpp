#include <fedasio/method/round_sum.hpp>

#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <cmath>
#include <functional>
#include <limits>
#include <new>
#include <numeric>
#include <stdexcept>
#include <string>
#include <utility>

namespace fedasio::method {

namespace {

constexpr int highest_step = 15;
/// A model without any weights is taken for one of this size.
constexpr double least_base = 0.0625;
constexpr double harmless_share = 0.125;

/// The least e with |x| <= 2^e; of 0 a number below all others.
int exponent_above(double x) {
    if (x == 0) {
        return std::numeric_limits<int>::min() / 2;
    }
    int exponent = 0;
    const double mantissa = std::frexp(x, &exponent);
    return mantissa == 0.5 ? exponent - 1 : exponent;
}

/// Sums side by side, so that it runs as fast as memory.
double norm_of(std::span<const float> values) {
    constexpr std::size_t lanes = 16;
    std::array<double, lanes> squares{};
    const auto whole = values.size() / lanes * lanes;
    for (std::size_t i = 0; i < whole; i += lanes) {
        for (std::size_t k = 0; k < lanes; ++k) {
            const auto value = static_cast<double>(values[i + k]);
            squares[k] += value * value;
        }
    }
    for (std::size_t i = whole; i < values.size(); ++i) {
        squares[i - whole] += static_cast<double>(values[i]) * static_cast<double>(values[i]);
    }
    return std::sqrt(std::accumulate(squares.begin(), squares.end(), 0.0));
}

/// Of an even number the lower one.
double median_of(std::vector<double> norms) {
    const auto middle = norms.begin() + static_cast<std::ptrdiff_t>((norms.size() - 1) / 2);
    std::ranges::nth_element(norms, middle);
    return *middle;
}

std::vector<fixed_point> codes_of(const update_check& base, double largest_total) {
    std::vector<fixed_point> codes{fixed_point(largest_total, base.bound())};
    for (const float bound : base.channel_bounds()) {
        codes.emplace_back(largest_total, bound);
    }
    return codes;
}

} // namespace

round_sum::round_sum(const update_check& base, double largest_total, std::optional<std::uint32_t> norm_bound)
    : base_(base), largest_total_(largest_total), norm_bound_(norm_bound),
      codes_(codes_of(base, largest_total)), blocks_(blocks_of(base.x().size())),
      block_locks_(blocks_.size()) {
    if (norm_bound_ && !std::has_single_bit(*norm_bound_)) {
        throw std::invalid_argument("round_sum: the norm bound must be a power of two");
    }
    if (norm_bound_) {
        base_norm_ = norm_of(base_.x());
        lowest_exponent_ = exponent_above(harmless_share * std::max(base_norm_, least_base));
    }
}

int round_sum::step_of(double norm) const {
    return norm_bound_ ? std::clamp(exponent_above(norm) - lowest_exponent_, 0, highest_step) : 0;
}

// Factors are at most the whole numbers that largest_total_ is the sum of. So this holds for whatever comes
// in honestly, in any order: rounding never lets a sum of less pass a sum of more.
std::optional<rejection> round_sum::over_maximum(double factor, std::size_t updates) const {
    if (total_ + factor <= largest_total_ &&
        static_cast<double>(arrivals_.size() + updates) <= largest_total_) {
        return std::nullopt;
    }
    return rejection{rejection::kind::weight_too_big,
                     "a weight of " + std::to_string(factor) + " on top of " + std::to_string(total_) +
                         " is over the maximum of " + std::to_string(largest_total_)};
}

round_sum::sums& round_sum::sums_of(int step) {
    const auto found = sums_.find(step);
    if (found != sums_.end()) {
        return found->second;
    }
    sums fresh;
    fresh.has_begun.resize(blocks_.size());
    for (std::size_t i = 0; i < codes_.size(); ++i) {
        fresh.values.emplace_back(base_.x().size() * sizeof(std::uint64_t));
    }
    return sums_.emplace(step, std::move(fresh)).first->second;
}

std::span<std::uint64_t> round_sum::sums::part(std::size_t which, const block& of) {
    const auto bytes = values[which].bytes();
    return std::span(reinterpret_cast<std::uint64_t*>(bytes.data()), bytes.size() / sizeof(std::uint64_t))
        .subspan(of.first, of.size);
}

std::span<const std::uint64_t> round_sum::sums::part(std::size_t which, const block& of) const {
    const auto bytes = values[which].bytes();
    return std::span(reinterpret_cast<const std::uint64_t*>(bytes.data()),
                     bytes.size() / sizeof(std::uint64_t))
        .subspan(of.first, of.size);
}

/// Its block of this number is locked.
void round_sum::begin(sums& to, std::size_t number) {
    if (to.has_begun[number] == 0) {
        for (std::size_t which = 0; which < to.values.size(); ++which) {
            std::ranges::fill(to.part(which, blocks_[number]), std::uint64_t{0});
        }
        to.has_begun[number] = 1;
    }
}

/// Calls work(number of the block) for each block while nobody else does. Who starts elsewhere seldom waits.
template <class Work>
void round_sum::in_locked_blocks(std::size_t start, const Work& work) {
    for (std::size_t i = 0; i < blocks_.size(); ++i) {
        const auto at = (start + i) % blocks_.size();
        const std::scoped_lock alone(block_locks_[at]);
        work(at);
    }
}

/// Several threads do the work, if there is memory to ask them; it needs none itself.
template <class Work>
bool round_sum::add_together(const block_runner& in_blocks, const Work& work) {
    std::atomic<bool> has_begun = false;
    try {
        in_blocks(base_.x().size(), [&](const block& part) {
            has_begun = true;
            const auto number = part.first / block_values;
            const std::scoped_lock alone(block_locks_[number]);
            work(number);
        });
    } catch (const std::bad_alloc&) {
        if (has_begun) {
            throw;
        }
        return false;
    }
    return true;
}

/// It counts from now on, in these sums; or why not. `lock_` is held.
std::optional<rejection> round_sum::enter(const addition& next, sums*& to) {
    if (auto refused = over_maximum(next.how.factor, 1)) {
        return refused;
    }
    arrival one{next.how.client, next.how.factor, next.how.share * next.update->sketch().norm(), 0};
    one.step = step_of(one.norm / std::max(next.how.allowance, 1.0));
    to = &sums_of(one.step);
    arrivals_.push_back(one);
    total_ += one.factor;
    return std::nullopt;
}

std::vector<std::optional<rejection>> round_sum::add(std::span<const addition> updates,
                                                     const block_runner& in_blocks) {
    std::vector<std::optional<rejection>> refused(updates.size());
    std::vector<sums*> to(updates.size());
    for (std::size_t i = 0; i < updates.size(); ++i) {
        const auto& update = *updates[i].update;
        if (update.values().size() != base_.x().size() || update.channels().size() + 1 != codes_.size()) {
            throw std::invalid_argument("round_sum: the update was checked against something else");
        }
        if (!(updates[i].how.factor > 0)) {
            refused[i] = rejection{rejection::kind::no_weight, "the update's weight is 0"};
        }
    }
    std::size_t start = 0;
    {
        const std::scoped_lock alone(lock_);
        const auto before = arrivals_.size();
        const auto total_before = total_;
        start = before * 7;
        try {
            for (std::size_t i = 0; i < updates.size(); ++i) {
                if (!refused[i]) {
                    refused[i] = enter(updates[i], to[i]);
                }
            }
        } catch (...) { // no memory for sums: then none of them counts
            arrivals_.resize(before);
            total_ = total_before;
            throw;
        }
    }
    const auto add_all_to = [&](std::size_t number) {
        for (std::size_t i = 0; i < updates.size(); ++i) {
            if (!refused[i]) {
                add_block(updates[i], number, *to[i]);
            }
        }
    };
    if (!in_blocks || !add_together(in_blocks, add_all_to)) {
        in_locked_blocks(start, add_all_to);
    }
    return refused;
}

std::optional<rejection> round_sum::add(const checked_update& update, const addend& how) {
    const addition only{&update, how};
    return std::move(add(std::span(&only, 1)).front());
}

/// The block of this number is locked.
void round_sum::add_block(const addition& from, std::size_t number, sums& to) {
    const auto& part = blocks_[number];
    const auto& [update, how] = from;
    begin(to, number);
    const auto shortened = std::min(part.size, how.shared_values - std::min(how.shared_values, part.first));
    codes_[0].add_share(update->values().subspan(part.first, shortened),
                        base_.x().subspan(part.first, shortened), how.share, how.factor,
                        to.part(0, {part.first, shortened}));
    const block rest{part.first + shortened, part.size - shortened};
    codes_[0].add(update->values().subspan(rest.first, rest.size), how.factor, to.part(0, rest));
    for (std::size_t i = 1; i < codes_.size(); ++i) {
        codes_[i].add(update->channels()[i - 1].subspan(part.first, part.size), how.factor, to.part(i, part));
    }
}

void round_sum::add_all(sums& to, const sums& from) {
    in_locked_blocks(0, [&](std::size_t number) {
        begin(to, number);
        for (std::size_t which = 0; which < to.values.size() && from.has_begun[number] != 0; ++which) {
            const auto out = to.part(which, blocks_[number]);
            std::ranges::transform(out, from.part(which, blocks_[number]), out.begin(), std::plus());
        }
    });
}

std::optional<rejection> round_sum::merge(const round_sum& other) {
    const auto same_code = [](const fixed_point& a, const fixed_point& b) { return a.scale() == b.scale(); };
    if (other.base_.x().size() != base_.x().size() || other.largest_total_ != largest_total_ ||
        other.norm_bound_ != norm_bound_ || other.base_norm_ != base_norm_ ||
        !std::ranges::equal(other.codes_, codes_, same_code)) {
        throw std::invalid_argument("round_sum: only sums made with the same arguments can be merged");
    }
    std::vector<std::pair<sums*, const sums*>> pairs;
    {
        const std::scoped_lock alone(lock_);
        if (auto refused = over_maximum(other.total_, other.arrivals_.size())) {
            return refused;
        }
        for (const auto& [step, from] : other.sums_) {
            pairs.emplace_back(&sums_of(step), &from);
        }
        arrivals_.insert(arrivals_.end(), other.arrivals_.begin(), other.arrivals_.end());
        total_ += other.total_;
    }
    for (const auto& [to, from] : pairs) {
        add_all(*to, *from);
    }
    return std::nullopt;
}

std::vector<round_sum::left_out> round_sum::leave_out() {
    std::vector<double> norms;
    norms.reserve(arrivals_.size());
    for (const auto& one : arrivals_) {
        norms.push_back(one.norm);
    }
    const double median = median_of(std::move(norms));
    const int most = std::max(exponent_above(median) + std::countr_zero(*norm_bound_) - lowest_exponent_, 0);
    std::vector<left_out> result;
    std::erase_if(arrivals_, [&](const arrival& one) {
        if (one.step > most) {
            result.push_back({one.client, one.norm, median, base_norm_});
        }
        return one.step > most;
    });
    sums_.erase(sums_.upper_bound(most), sums_.end());
    return result;
}

std::vector<round_sum::left_out> round_sum::settle() {
    std::ranges::sort(arrivals_, {}, &arrival::client);
    auto result = norm_bound_ && arrivals_.size() > 2 ? leave_out() : std::vector<left_out>();
    while (sums_.size() > 1) {
        const auto second = std::next(sums_.begin());
        add_all(sums_.begin()->second, second->second);
        sums_.erase(second);
    }
    total_ = 0;
    for (const auto& one : arrivals_) {
        total_ += one.factor;
    }
    return result;
}

double round_sum::total() const {
    if (sums_.size() != 1) {
        throw std::logic_error("round_sum: a result needs updates, and settle() before");
    }
    return total_;
}

void round_sum::mean_of(std::size_t which, const block& part, std::span<double> out) const {
    const double divisor = total();
    const auto from = std::as_const(sums_.begin()->second).part(which, part);
    codes_[which].means(from, divisor, out);
}

void round_sum::mean(const block& part, std::span<double> out) const {
    mean_of(0, part, out);
}

void round_sum::direction(const block& part, std::span<double> out) const {
    mean_of(0, part, out);
    std::ranges::transform(out, base_.x().subspan(part.first, part.size), out.begin(), std::minus());
}

void round_sum::channel_mean(std::size_t number, const block& part, std::span<double> out) const {
    mean_of(number + 1, part, out);
}

} // namespace fedasio::method
