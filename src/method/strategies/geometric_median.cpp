// Geometric median (RFA): Pillutla, Kakade, Harchaoui, "Robust aggregation for federated learning", IEEE
// Trans. Signal Processing 2022, algorithm 2, the smoothed Weiszfeld algorithm on whole vectors: from the
// weighted mean z of the updates, with w_k = n_k / n, R times
//
//   beta_k = w_k / max(nu, ||y_k - z||);  z <- sum_k beta_k y_k / sum_k beta_k.

#include "method/robust.hpp"
#include <algorithm>
#include <cmath>
#include <numeric>

namespace fedasio::method {

namespace {

void weighted_mean(const gathered_round& round, const std::vector<double>& beta, std::span<double> z) {
    const double sum = std::accumulate(beta.begin(), beta.end(), 0.0);
    round.in_blocks(z.size(), [&](const block& part) {
        const auto to = z.subspan(part.first, part.size);
        Eigen::Map<array> mean(to.data(), static_cast<Eigen::Index>(to.size()));
        mean.setZero();
        for (std::size_t k = 0; k < beta.size(); ++k) {
            mean += beta[k] / sum * load(round.updates[k], part);
        }
    });
}

class geometric_median final : public robust_rule {
public:
    [[nodiscard]] std::string_view name() const override { return "geometric_median"; }

    void describe(text::keys& keys) override {
        keys.whole("iterations", iterations_, 1, 1'000,
                   "How often the weights of the updates are made anew.");
        keys.real("nu", nu_, {.low = 1e-12, .high = 1e3},
                  "The least distance that an update is taken to have from the median.");
    }

    std::vector<passed_over> step(const gathered_round& round, server_state& /*state*/,
                                  std::span<float> next) const override {
        require_updates(round);
        std::vector<double> w;
        w.reserve(round.reports.size());
        for (const auto& report : round.reports) {
            w.push_back(static_cast<double>(report.samples));
        }
        // Weights that add up to 1, so that nu has one meaning.
        const double n = std::accumulate(w.begin(), w.end(), 0.0);
        std::vector<double> z(next.size());
        weighted_mean(round, w, z);
        for (std::uint32_t i = 0; i < iterations_; ++i) {
            auto beta = squared_distances_to(round, z);
            std::ranges::transform(beta, w, beta.begin(), [&](double squared, double samples) {
                return samples / n / std::max(nu_, std::sqrt(squared));
            });
            weighted_mean(round, beta, z);
        }
        round.in_blocks(next.size(), [&](const block& part) {
            const auto from = std::span<const double>(z).subspan(part.first, part.size);
            store(Eigen::Map<const array>(from.data(), static_cast<Eigen::Index>(from.size())), next, part,
                  "weight");
        });
        return {};
    }

private:
    std::uint32_t iterations_ = 5;
    double nu_ = 1e-6;
};

} // namespace

std::unique_ptr<strategy> make_geometric_median() {
    return std::make_unique<geometric_median>();
}

} // namespace fedasio::method
