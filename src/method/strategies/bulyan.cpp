// Bulyan: El Mhamdi, Guerraoui, Rouault, "The hidden vulnerability of distributed learning in Byzantium",
// ICML 2018, section 4. Of n updates, n >= 4f + 3, n - 2f are picked by Krum one after the other, each from
// those that are left; then each parameter becomes the mean of the n - 4f picked values that are nearest to
// their median. Of equal scores the lower client is picked, of values equally near the smaller one.

#include "method/robust.hpp"
#include <algorithm>
#include <cmath>
#include <numeric>

namespace fedasio::method {

namespace {

std::vector<std::size_t> pick(const krum_scores& scores, std::size_t of, std::size_t wanted) {
    std::vector<std::size_t> left(of);
    std::iota(left.begin(), left.end(), std::size_t{0});
    std::vector<std::size_t> picked;
    while (picked.size() < wanted) {
        const auto score = scores.of(left);
        const auto best = left.begin() + (std::ranges::min_element(score) - score.begin());
        picked.push_back(*best);
        left.erase(best);
    }
    std::ranges::sort(picked);
    return picked;
}

/// The `count` that are nearest to the median lie side by side once the values are sorted.
double mean_near_median(std::span<float> values, std::size_t count) {
    const double median = median_of(values);
    std::ranges::sort(values);
    auto first = values.begin();
    auto last = values.end();
    while (static_cast<std::size_t>(last - first) > count) {
        const double below = median - static_cast<double>(*first);
        const double above = static_cast<double>(*std::prev(last)) - median;
        if (below > above) {
            ++first;
        } else {
            --last;
        }
    }
    return std::accumulate(first, last, 0.0) / static_cast<double>(count);
}

class bulyan final : public robust_rule {
public:
    [[nodiscard]] std::string_view name() const override { return "bulyan"; }

    void describe(text::keys& keys) override {
        keys.whole("f", f_, 0, 10'000,
                   "How many clients of a round may send anything; it needs 4 f + 3 updates.");
    }

    [[nodiscard]] std::size_t fewest_updates() const override { return 4 * std::size_t{f_} + 3; }

    std::vector<passed_over> step(const gathered_round& round, server_state& /*state*/,
                                  std::span<float> next) const override {
        require_updates(round);
        const auto n = round.updates.size();
        const auto f = std::size_t{f_};
        const auto picked = pick(krum_scores(round, f_), n, n - 2 * f);

        auto among = round; // the same round with fewer updates
        among.updates.clear();
        for (const auto k : picked) {
            among.updates.push_back(round.updates[k]);
        }
        by_coordinate(among, next,
                      [&](std::span<float> values) { return mean_near_median(values, n - 4 * f); });
        return all_but(round, picked, "it is farther from the others than those that were picked (bulyan)");
    }

private:
    std::uint32_t f_ = 1;
};

} // namespace

std::unique_ptr<strategy> make_bulyan() {
    return std::make_unique<bulyan>();
}

} // namespace fedasio::method
