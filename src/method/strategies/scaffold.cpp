// SCAFFOLD: Karimireddy et al., "SCAFFOLD: stochastic controlled averaging for federated learning", ICML
// 2020, algorithm 1 with option II. Clients correct their steps by what they drift from the others: with
// control variates c of the server and c_k of client k, both from 0, and K local steps of learning rate
// eta_l,
//
//   client:  y <- y - eta_l (g(y) - c_k + c);  c_k+ = c_k - c + (x - y) / (K eta_l)
//   server:  x <- x + eta_g mean_S(y_k - x);   c <- c + |S| / N mean_S(c_k+ - c_k).
//
// Clients count alike, whatever their samples; with `by_samples` both means are weighted by them, so that the
// limit is the minimum of sum_k n_k / n f_k, as FedAvg's is meant to be.

#include "method/arrays.hpp"
#include "method/ranges.hpp"

namespace fedasio::method {

namespace {

const std::string control = "control_variate";

class scaffold final : public strategy {
public:
    [[nodiscard]] std::string_view name() const override { return "scaffold"; }

    void describe(text::keys& keys) override {
        keys.real("server_learning_rate", eta_, positive_rate,
                  "How far the weights move to the mean of the updates: 1 is the mean itself.");
        keys.boolean("by_samples", by_samples_,
                     "Clients count by their samples, in the model and in the control variates; in the paper "
                     "all count alike.",
                     text::written::when_changed);
    }

    [[nodiscard]] std::string objection(const local_training& local) const override {
        const auto& optimizer = local.optimizer;
        if (optimizer.type != nn::optimizer_spec::kind::sgd) {
            return "scaffold's control variates are mean gradients, which steps of adam are not: set "
                   "local.optimizer.type to \"sgd\"";
        }
        if (optimizer.momentum > 0) {
            return "scaffold's control variates are mean gradients, which steps with a momentum are not: set "
                   "local.optimizer.momentum to 0";
        }
        if (optimizer.proximal > 0) {
            return "scaffold corrects the drift itself: set local.optimizer.proximal to 0";
        }
        return {};
    }

    [[nodiscard]] double factor(const client_report& report, const local_training& local) const override {
        return by_samples_ ? strategy::factor(report, local) : 1;
    }

    [[nodiscard]] double largest_factor(std::uint64_t samples) const override {
        return by_samples_ ? strategy::largest_factor(samples) : 1;
    }

    [[nodiscard]] std::vector<std::string> channels() const override { return {control}; }

    std::vector<passed_over> step(const gathered_round& round, server_state& state,
                                  std::span<float> next) const override {
        auto& c = entry(state, control, next.size());
        const double share = static_cast<double>(round.reports.size()) / round.clients; // |S| / N
        round.in_blocks(next.size(), [&](const block& part) {
            store(load(round.x, part) + eta_ * direction(round, part), next, part, "weight");
            store(load(c, part) + share * channel_mean(round, 0, part), c, part,
                  "control variate of parameter");
        });
        return {};
    }

    [[nodiscard]] bool has_client_half() const override { return true; }

    client_answer train(client_training& client) const override {
        const auto x = client.received();
        const auto c = client.channel(0);
        auto& own = entry(client.state(), control, x.size());
        const block all{0, x.size()};
        std::vector<float> correction(x.size());
        store(load(c, all) - load(own, all), correction, all, "correction of parameter");

        local_pass pass;
        pass.start = x;
        pass.correction = correction;
        auto trained = client.train(pass);
        const double k_eta =
            static_cast<double>(trained.steps) * static_cast<double>(client.local().optimizer.learning_rate);
        const array change = (load(x, all) - load(trained.weights, all)) / k_eta - load(c, all);

        std::vector<float> sent(x.size());
        store(change, sent, all, "change of the control variate of parameter");
        store(load(own, all) + load(sent, all), own, all, "control variate of parameter");
        return {std::move(trained.weights), {std::move(sent)}, trained.loss, trained.accuracy, std::nullopt};
    }

private:
    double eta_ = 1;
    bool by_samples_ = false;
};

} // namespace

std::unique_ptr<strategy> make_scaffold() {
    return std::make_unique<scaffold>();
}

} // namespace fedasio::method
