// Ditto: Li et al., "Ditto: fair and robust federated learning through personalization", ICML 2021,
// algorithm 1. Beside the global model, learned by FedAvg as if nothing else were there, each client k learns
// one of its own, v_k, which is held to the global weights x that the client received:
//
//   min over v_k of f_k(v_k) + lambda / 2 ||v_k - x||^2,
//
// one training a round, from where it stood; at first from x.

#include "method/averaging.hpp"
#include <algorithm>

namespace fedasio::method {

namespace {

const std::string own_model = "personal";

class ditto final : public averaging {
public:
    [[nodiscard]] std::string_view name() const override { return "ditto"; }

    void describe(text::keys& keys) override {
        keys.real("lambda", lambda_, {.low = 0, .high = 1e3},
                  "How strongly personal models are held to the global one: 0 lets each learn alone.");
    }

    [[nodiscard]] bool has_client_half() const override { return true; }

    client_answer train(client_training& client) const override {
        auto answer = strategy::train(client);
        auto& own = client.state()[own_model];
        const auto x = client.received();
        if (own.size() != x.size()) {
            own.assign(x.begin(), x.end());
        }
        local_pass pass;
        pass.start = own;
        pass.anchor = x;
        pass.proximal = static_cast<float>(lambda_);
        pass.number = 1;
        own = client.train(pass).weights;
        return answer;
    }

    [[nodiscard]] bool is_personal() const override { return true; }

    void personal(const nn::network& network, const client_state& state, std::span<const float> global,
                  std::span<float> own) const override {
        const auto kept = state.find(own_model);
        if (kept != state.end() && kept->second.size() == own.size()) {
            std::ranges::copy(kept->second, own.begin());
        } else {
            strategy::personal(network, state, global, own);
        }
    }

private:
    double lambda_ = 0.1;
};

} // namespace

std::unique_ptr<strategy> make_ditto() {
    return std::make_unique<ditto>();
}

} // namespace fedasio::method
