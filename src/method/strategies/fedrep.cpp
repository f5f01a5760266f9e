// FedRep: Collins et al., "Exploiting shared representations for personalized federated learning", ICML 2021,
// algorithm 1: as FedPer, but a round first trains the client's head on the received base, and then the base
// under the new head; `local.epochs` each.

#include "method/private_layers.hpp"

namespace fedasio::method {

namespace {

class fedrep final : public private_layers {
public:
    [[nodiscard]] std::string_view name() const override { return "fedrep"; }

private:
    [[nodiscard]] std::vector<bool> default_arrays(const nn::network& network) const override {
        return arrays_of_last_layer(network);
    }

    [[nodiscard]] std::string default_sentence() const override { return "the last layer that has weights"; }

    local_result train_from(client_training& client, std::span<const float> start,
                            const std::vector<bool>& is_private) const override {
        auto is_base = is_private;
        is_base.flip();
        local_pass head;
        head.start = start;
        head.frozen = is_base;
        const auto with_head = client.train(head);

        local_pass base;
        base.start = with_head.weights;
        base.frozen = is_private;
        base.number = 1;
        return client.train(base);
    }
};

} // namespace

std::unique_ptr<strategy> make_fedrep() {
    return std::make_unique<fedrep>();
}

} // namespace fedasio::method
