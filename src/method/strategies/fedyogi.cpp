// FedYogi: Reddi et al., "Adaptive federated optimization", ICLR 2021, algorithm 2; with d = mean - x
//
//   m <- beta1 m + (1 - beta1) d;  v <- v - (1 - beta2) d^2 sign(v - d^2);  x <- x + eta m / (sqrt(v) + tau).

#include "method/adaptive.hpp"

namespace fedasio::method {

namespace {

class fedyogi final : public adaptive {
public:
    [[nodiscard]] std::string_view name() const override { return "fedyogi"; }

    void describe(text::keys& keys) override {
        describe_rate(keys);
        describe_beta1(keys);
        describe_beta2(keys);
        describe_tau(keys);
        describe_bias_correction(keys);
    }

private:
    [[nodiscard]] array second_moment(const array& v, const array& d) const override {
        return v - (1 - beta2_) * d.square() * (v - d.square()).sign();
    }
};

} // namespace

std::unique_ptr<strategy> make_fedyogi() {
    return std::make_unique<fedyogi>();
}

} // namespace fedasio::method
