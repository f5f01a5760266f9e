// FedNova: Wang et al., "Tackling the objective inconsistency problem in heterogeneous federated
// optimization", NeurIPS 2020, equations 6 to 9, for clients that take unequal numbers of local steps. With
// p_k = n_k / n and a_k = ||a_k||_1, how many plain steps the local ones of client k are worth,
//
//   d_k = (x - y_k) / a_k;  tau_eff = sum_k p_k a_k;  x <- x - tau_eff sum_k p_k d_k.
//
// a_k for tau_k local steps (section 4, "instantiations"): of plain SGD tau_k; with momentum rho, each step
// does counter <- rho counter + 1, a <- a + counter; with a proximal term mu and learning rate eta it does
// a <- (1 - eta mu) a + 1.

#include "method/arrays.hpp"
#include <stdexcept>

namespace fedasio::method {

namespace {

double plain_steps(std::uint64_t steps, const nn::optimizer_spec& optimizer) {
    const double rho = optimizer.momentum;
    const double eta_mu =
        static_cast<double>(optimizer.learning_rate) * static_cast<double>(optimizer.proximal);
    if (rho == 0 && eta_mu == 0) {
        return static_cast<double>(steps);
    }
    double counter = 0;
    double a = 0;
    for (std::uint64_t step = 0; step < steps; ++step) {
        const double last_counter = counter;
        const double last_a = a;
        counter = rho * counter + 1;
        a = (1 - eta_mu) * a + counter;
        if (eta_mu == 0 && counter == last_counter) {
            return a + static_cast<double>(steps - step - 1) * counter; // nothing changes any more
        }
        if (a == last_a) {
            return a;
        }
    }
    return a;
}

class fednova final : public strategy {
public:
    [[nodiscard]] std::string_view name() const override { return "fednova"; }

    [[nodiscard]] std::string objection(const local_training& local) const override {
        const auto& optimizer = local.optimizer;
        if (optimizer.type != nn::optimizer_spec::kind::sgd) {
            return "fednova knows what steps of sgd are worth, not those of adam: set local.optimizer.type "
                   "to "
                   "\"sgd\"";
        }
        if (optimizer.momentum > 0 && optimizer.proximal > 0) {
            return "fednova knows what steps with a momentum or a proximal term are worth, not with both: "
                   "set "
                   "one of local.optimizer.momentum and local.optimizer.proximal to 0";
        }
        if (static_cast<double>(optimizer.learning_rate) * static_cast<double>(optimizer.proximal) >= 1) {
            return "with fednova local.optimizer.learning_rate times local.optimizer.proximal must be below "
                   "1";
        }
        return {};
    }

    /// p_k / a_k, but for the same number in all.
    [[nodiscard]] double factor(const client_report& report, const local_training& local) const override {
        // What a client says of its steps decides how far the round goes: it is not believed.
        if (report.steps == 0 || report.steps != local.steps(report.samples)) {
            throw std::domain_error("it reports " + std::to_string(report.steps) + " local steps, where " +
                                    std::to_string(report.samples) + " samples make " +
                                    std::to_string(local.steps(report.samples)));
        }
        return static_cast<double>(report.samples) / plain_steps(report.steps, local.optimizer);
    }

    std::vector<passed_over> step(const gathered_round& round, server_state& /*state*/,
                                  std::span<float> next) const override {
        double n = 0;
        double sum_of_pa = 0; // times n
        for (const auto& report : round.reports) {
            const auto samples = static_cast<double>(report.samples);
            n += samples;
            sum_of_pa += samples * plain_steps(report.steps, round.local.optimizer);
        }
        const double tau_eff = sum_of_pa / n;
        // direction = sum_k (p_k / a_k) (y_k - x) / sum_k (p_k / a_k)
        const double sum_of_p_by_a = round.sum->total() / n;
        round.in_blocks(next.size(), [&](const block& part) {
            const array minus_pd = sum_of_p_by_a * direction(round, part);
            store(load(round.x, part) + tau_eff * minus_pd, next, part, "weight");
        });
        return {};
    }
};

} // namespace

std::unique_ptr<strategy> make_fednova() {
    return std::make_unique<fednova>();
}

} // namespace fedasio::method
