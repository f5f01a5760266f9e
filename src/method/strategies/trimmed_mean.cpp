// Coordinate-wise trimmed mean: Yin et al., "Byzantine-robust distributed learning: towards optimal
// statistical rates", ICML 2018, definition 2: of n values of a parameter the floor(beta n) smallest and as
// many largest are dropped, and the mean of the others is taken.

#include "method/robust.hpp"
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <numeric>

namespace fedasio::method {

namespace {

class trimmed_mean final : public robust_rule {
public:
    [[nodiscard]] std::string_view name() const override { return "trimmed_mean"; }

    void describe(text::keys& keys) override {
        keys.real("beta", beta_, {.low = 0, .high = 0.5, .high_open = true},
                  "The share of a parameter's values that is dropped at either end.");
    }

    std::vector<passed_over> step(const gathered_round& round, server_state& /*state*/,
                                  std::span<float> next) const override {
        require_updates(round);
        // 0.29 * 100 is a little less than 29; of two values a beta just under a half drops none.
        const auto n = static_cast<std::ptrdiff_t>(round.updates.size());
        const auto share = std::floor(beta_ * static_cast<double>(n) + 1e-9);
        const auto dropped = std::min(static_cast<std::ptrdiff_t>(share), (n - 1) / 2);
        by_coordinate(round, next, [dropped](std::span<float> values) {
            std::ranges::sort(values);
            const auto left = values.subspan(static_cast<std::size_t>(dropped),
                                             values.size() - 2 * static_cast<std::size_t>(dropped));
            return std::accumulate(left.begin(), left.end(), 0.0) / static_cast<double>(left.size());
        });
        return {};
    }

private:
    double beta_ = 0.1;
};

} // namespace

std::unique_ptr<strategy> make_trimmed_mean() {
    return std::make_unique<trimmed_mean>();
}

} // namespace fedasio::method
