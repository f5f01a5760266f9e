// FedAdam: Reddi et al., "Adaptive federated optimization", ICLR 2021, algorithm 2; with d = mean - x
//
//   m <- beta1 m + (1 - beta1) d;  v <- beta2 v + (1 - beta2) d^2;  x <- x + eta m / (sqrt(v) + tau).

#include "method/adaptive.hpp"

namespace fedasio::method {

namespace {

class fedadam final : public adaptive {
public:
    [[nodiscard]] std::string_view name() const override { return "fedadam"; }

    void describe(text::keys& keys) override {
        describe_rate(keys);
        describe_beta1(keys);
        describe_beta2(keys);
        describe_tau(keys);
        describe_bias_correction(keys);
    }

private:
    [[nodiscard]] array second_moment(const array& v, const array& d) const override {
        return beta2_ * v + (1 - beta2_) * d.square();
    }
};

} // namespace

std::unique_ptr<strategy> make_fedadam() {
    return std::make_unique<fedadam>();
}

} // namespace fedasio::method
