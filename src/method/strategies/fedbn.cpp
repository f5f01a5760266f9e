// FedBN: Li et al., "FedBN: federated learning on non-IID features via local batch normalization", ICLR 2021,
// algorithm 1: the layers that normalise stay at the client, all others are learned by FedAvg. Here these are
// the group_norm layers.

#include "method/private_layers.hpp"

namespace fedasio::method {

namespace {

class fedbn final : public private_layers {
public:
    [[nodiscard]] std::string_view name() const override { return "fedbn"; }

private:
    [[nodiscard]] std::vector<bool> default_arrays(const nn::network& network) const override {
        std::vector<bool> result;
        for (const auto& array : network.parameters()) {
            result.push_back(array.name.find(".group_norm.") != std::string::npos);
        }
        return result;
    }

    [[nodiscard]] std::string default_sentence() const override { return "all group_norm layers"; }
};

} // namespace

std::unique_ptr<strategy> make_fedbn() {
    return std::make_unique<fedbn>();
}

} // namespace fedasio::method
