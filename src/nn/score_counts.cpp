#include <fedasio/nn/score_counts.hpp>

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>

namespace fedasio::nn {
namespace {

constexpr int doublings = 64; // of the odds, half of them below 1
constexpr unsigned most_step_bits = 7;
constexpr unsigned mantissa_bits = 52;
constexpr std::uint64_t exponent_of_one = 1023;
// Outputs that were trained towards 0 and 1 lie close together; this spreads them over many steps.
constexpr double spread_of_values = 8;

} // namespace

score_counts::score_counts(std::size_t classes) {
    if (classes < 2 || classes > most_classes) {
        return;
    }
    classes_ = classes;
    step_bits_ = most_step_bits;
    while ((std::size_t{doublings} << step_bits_) * histograms() > most_cells && step_bits_ > 0) {
        --step_bits_;
    }
    bins_ = std::size_t{doublings} << step_bits_;
    counts_.resize(2 * histograms() * bins_);
}

void score_counts::count(loss objective, std::span<const float> outputs, std::size_t label) {
    const double spread = objective == loss::cross_entropy ? 1.0 : spread_of_values;
    if (classes_ == 2) {
        count(0, std::exp(spread * (static_cast<double>(outputs[1]) - outputs[0])), label == 1);
        return;
    }
    std::array<double, most_classes> parts{};
    const double top = *std::ranges::max_element(outputs);
    double sum = 0;
    for (std::size_t i = 0; i < classes_; ++i) {
        parts[i] = std::exp(spread * (outputs[i] - top));
        sum += parts[i];
    }
    for (std::size_t i = 0; i < classes_; ++i) {
        count(i, parts[i] / (sum - parts[i]), label == i);
    }
}

/// The leading bits of a double are its logarithm, in steps.
void score_counts::count(std::size_t histogram, double odds, bool own) {
    constexpr std::uint64_t lowest = exponent_of_one - doublings / 2;
    const auto step = std::bit_cast<std::uint64_t>(odds) >> (mantissa_bits - step_bits_);
    const auto first = lowest << step_bits_;
    const auto bin = odds > 0 && step > first ? std::min<std::uint64_t>(step - first, bins_ - 1) : 0;
    ++counts_[2 * (histogram * bins_ + bin) + (own ? 1 : 0)];
}

void score_counts::add(std::span<const cell> cells) {
    for (const auto& [place, others, own] : cells) {
        counts_[2 * std::size_t{place}] += others;
        counts_[2 * std::size_t{place} + 1] += own;
    }
}

void score_counts::add(const score_counts& other) {
    for (std::size_t i = 0; i < counts_.size(); ++i) {
        counts_[i] += other.counts_[i];
    }
}

void score_counts::clear() {
    std::ranges::fill(counts_, 0);
}

std::vector<score_counts::cell> score_counts::occupied() const {
    std::vector<cell> cells;
    for (std::size_t place = 0; place < counts_.size() / 2; ++place) {
        const auto others = counts_[2 * place];
        const auto own = counts_[2 * place + 1];
        if (others + own > 0) {
            cells.push_back({static_cast<std::uint32_t>(place), others, own});
        }
    }
    return cells;
}

std::optional<double> area_under_roc(std::span<const score_counts::cell> cells, std::size_t bins) {
    double sum = 0;
    std::size_t classes = 0;
    while (!cells.empty()) {
        const auto histogram = cells.front().place / bins;
        double others = 0;
        double own = 0;
        double won = 0; // pairs of a sample of the class and another in which the former has the higher score
        std::size_t count = 0;
        for (; count < cells.size() && cells[count].place / bins == histogram; ++count) {
            const auto tied = static_cast<double>(cells[count].others);
            const auto here = static_cast<double>(cells[count].own);
            won += here * (others + tied / 2);
            others += tied;
            own += here;
        }
        cells = cells.subspan(count);
        if (others > 0 && own > 0) {
            sum += won / (others * own);
            ++classes;
        }
    }
    return classes == 0 ? std::nullopt : std::optional(sum / static_cast<double>(classes));
}

} // namespace fedasio::nn
