// q-FedAvg: Li et al., "Fair resource allocation in federated learning", ICLR 2020, algorithm 2. Clients with
// a high loss count more. With F_k the loss of client k at the weights that it received, L = 1 / eta, eta
// being the local learning rate,
//
//   D_k = F_k^q L (x - y_k);  h_k = q F_k^(q-1) ||L (x - y_k)||^2 + L F_k^q;  x <- x - sum_k D_k / sum_k h_k.
//
// Clients count alike whatever their samples; q = 0 is their plain mean. Sums are integers with a room that
// is fixed before any loss is known, so F_k^q is kept between 2^-20 and 2^15, by what is taken for F_k.

#include "method/arrays.hpp"
#include <algorithm>
#include <cmath>
#include <stdexcept>

namespace fedasio::method {

namespace {

constexpr double least_power = 0x1p-20;
constexpr double largest_power = 0x1p15;
constexpr double least_loss = 1e-10; // of a client that knows everything; F^(q-1) has no end there

class qffl final : public strategy {
public:
    [[nodiscard]] std::string_view name() const override { return "qffl"; }

    void describe(text::keys& keys) override {
        keys.real("q", q_, {.low = 0, .high = 5},
                  "How much a client's loss counts: 0 is the plain mean of all, the larger the more do those "
                  "with a high loss count.");
    }

    [[nodiscard]] std::string objection(const local_training& local) const override {
        if (local.optimizer.type != nn::optimizer_spec::kind::sgd) {
            return "qffl takes its step from the local learning rate of sgd: set local.optimizer.type to "
                   "\"sgd\"";
        }
        return {};
    }

    [[nodiscard]] double factor(const client_report& report, const local_training& /*local*/) const override {
        if (!report.loss_before || !std::isfinite(*report.loss_before) || *report.loss_before < 0) {
            throw std::domain_error("it reports no loss, or none that a loss can be, for the weights that it "
                                    "received");
        }
        return std::clamp(std::pow(*report.loss_before, q_), least_power, largest_power);
    }

    [[nodiscard]] double largest_factor(std::uint64_t /*samples*/) const override { return largest_power; }

    [[nodiscard]] bool has_client_half() const override { return true; }

    [[nodiscard]] bool asks_for_loss() const override { return true; }

    std::vector<passed_over> step(const gathered_round& round, server_state& /*state*/,
                                  std::span<float> next) const override {
        const double l = 1 / static_cast<double>(round.local.optimizer.learning_rate);
        double sum_of_h = 0;
        for (const auto& report : round.reports) {
            const double power = factor(report, round.local); // F^q
            const double loss = q_ > 0 ? std::max(std::pow(power, 1 / q_), least_loss) : 1;
            const double gradient = l * report.distance;
            sum_of_h += q_ * power / loss * gradient * gradient + l * power;
        }
        // direction = sum_k F_k^q (y_k - x) / sum_k F_k^q
        const double sum_of_powers = round.sum->total();
        round.in_blocks(next.size(), [&](const block& part) {
            const array sum_of_d = -sum_of_powers * l * direction(round, part);
            store(load(round.x, part) - sum_of_d / sum_of_h, next, part, "weight");
        });
        return {};
    }

private:
    double q_ = 1;
};

} // namespace

std::unique_ptr<strategy> make_qffl() {
    return std::make_unique<qffl>();
}

} // namespace fedasio::method
