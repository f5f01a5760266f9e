// Centered clipping: Karimireddy, He, Jaggi, "Learning from history for Byzantine robust optimization", ICML
// 2021, algorithm 2: from the previous aggregate v, which is x, L times
//
//   v <- v + mean_k (y_k - v) min(1, tau / ||y_k - v||).

#include "method/ranges.hpp"
#include "method/robust.hpp"
#include <algorithm>
#include <cmath>

namespace fedasio::method {

namespace {

class centered_clipping final : public robust_rule {
public:
    [[nodiscard]] std::string_view name() const override { return "centered_clipping"; }

    void describe(text::keys& keys) override {
        keys.real("tau", tau_, positive_rate,
                  "The norm of the difference from the center to which a farther update is clipped.");
        keys.whole("iterations", iterations_, 1, 1'000, "How often the center is moved and clipped around.");
    }

    std::vector<passed_over> step(const gathered_round& round, server_state& /*state*/,
                                  std::span<float> next) const override {
        require_updates(round);
        const auto n = static_cast<double>(round.updates.size());
        std::vector<double> center(round.x.begin(), round.x.end());
        for (std::uint32_t i = 0; i < iterations_; ++i) {
            auto clip = squared_distances_to(round, center);
            std::ranges::transform(clip, clip.begin(), [&](double squared) {
                return squared > tau_ * tau_ ? tau_ / std::sqrt(squared) : 1.0;
            });
            round.in_blocks(center.size(), [&](const block& part) {
                const auto values = std::span(center).subspan(part.first, part.size);
                Eigen::Map<array> v(values.data(), static_cast<Eigen::Index>(values.size()));
                array sum = array::Zero(v.size());
                for (std::size_t k = 0; k < clip.size(); ++k) {
                    sum += clip[k] * (load(round.updates[k], part) - v);
                }
                v += sum / n;
            });
        }
        round.in_blocks(next.size(), [&](const block& part) {
            const auto from = std::span<const double>(center).subspan(part.first, part.size);
            store(Eigen::Map<const array>(from.data(), static_cast<Eigen::Index>(from.size())), next, part,
                  "weight");
        });
        return {};
    }

private:
    double tau_ = 10;
    std::uint32_t iterations_ = 1;
};

} // namespace

std::unique_ptr<strategy> make_centered_clipping() {
    return std::make_unique<centered_clipping>();
}

} // namespace fedasio::method
