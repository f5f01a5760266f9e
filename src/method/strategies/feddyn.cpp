// FedDyn: Acar et al., "Federated learning based on dynamic regularization", ICLR 2021, algorithm 1. Clients
// train a loss whose minimum is, in the end, that of all: with g_k of client k and h of the server, both from
// 0,
//
//   client:  y minimises f_k(w) - <g_k, w> + alpha / 2 ||w - x||^2;  g_k <- g_k - alpha (y - x)
//   server:  h <- h - alpha / N sum_S (y_k - x);  x <- mean_S(y_k) - h / alpha.
//
// Clients count alike, whatever their samples.

#include "method/arrays.hpp"

namespace fedasio::method {

namespace {

class feddyn final : public strategy {
public:
    [[nodiscard]] std::string_view name() const override { return "feddyn"; }

    void describe(text::keys& keys) override {
        keys.real("alpha", alpha_, {.low = 1e-6, .high = 1e3},
                  "The strength of the term that holds clients to the global weights.");
    }

    [[nodiscard]] std::string objection(const local_training& local) const override {
        if (local.optimizer.type != nn::optimizer_spec::kind::sgd) {
            return "feddyn adds a constant to each gradient, which steps of adam would take out again: set "
                   "local.optimizer.type to \"sgd\"";
        }
        if (local.optimizer.proximal > 0) {
            return "feddyn has a proximal term of its own, strategy.alpha: set local.optimizer.proximal to 0";
        }
        return {};
    }

    [[nodiscard]] double factor(const client_report& /*report*/,
                                const local_training& /*local*/) const override {
        return 1;
    }

    [[nodiscard]] double largest_factor(std::uint64_t /*samples*/) const override { return 1; }

    std::vector<passed_over> step(const gathered_round& round, server_state& state,
                                  std::span<float> next) const override {
        auto& kept = entry(state, "h", next.size());
        const double share = static_cast<double>(round.reports.size()) / round.clients; // |S| / N
        round.in_blocks(next.size(), [&](const block& part) {
            const array h = load(kept, part) - alpha_ * share * direction(round, part);
            store(mean(round, part) - h / alpha_, next, part, "weight");
            store(h, kept, part, "h of parameter");
        });
        return {};
    }

    [[nodiscard]] bool has_client_half() const override { return true; }

    client_answer train(client_training& client) const override {
        const auto x = client.received();
        auto& g = entry(client.state(), "g", x.size());
        const block all{0, x.size()};
        std::vector<float> correction(x.size());
        store(-load(g, all), correction, all, "correction of parameter");

        local_pass pass;
        pass.start = x;
        pass.proximal = static_cast<float>(alpha_);
        pass.correction = correction;
        auto trained = client.train(pass);
        store(load(g, all) - alpha_ * (load(trained.weights, all) - load(x, all)), g, all, "g of parameter");
        return {std::move(trained.weights), {}, trained.loss, trained.accuracy, std::nullopt};
    }

private:
    double alpha_ = 0.01;
};

} // namespace

std::unique_ptr<strategy> make_feddyn() {
    return std::make_unique<feddyn>();
}

} // namespace fedasio::method
