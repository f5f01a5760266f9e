// FedPer: Arivazhagan et al., "Federated learning with personalization layers", 2019, algorithm 1: clients
// learn the base layers together, by FedAvg, and each a head of its own; a round trains both at once.

#include "method/private_layers.hpp"

namespace fedasio::method {

namespace {

class fedper final : public private_layers {
public:
    [[nodiscard]] std::string_view name() const override { return "fedper"; }

private:
    [[nodiscard]] std::vector<bool> default_arrays(const nn::network& network) const override {
        return arrays_of_last_layer(network);
    }

    [[nodiscard]] std::string default_sentence() const override { return "the last layer that has weights"; }
};

} // namespace

std::unique_ptr<strategy> make_fedper() {
    return std::make_unique<fedper>();
}

} // namespace fedasio::method
