// FedAvg: McMahan et al., "Communication-efficient learning of deep networks from decentralized data",
// AISTATS 2017, algorithm 1: x <- sum_k n_k / n y_k.

#include "method/averaging.hpp"

namespace fedasio::method {

namespace {

class fedavg final : public averaging {
public:
    [[nodiscard]] std::string_view name() const override { return "fedavg"; }
};

} // namespace

std::unique_ptr<strategy> make_fedavg() {
    return std::make_unique<fedavg>();
}

} // namespace fedasio::method
