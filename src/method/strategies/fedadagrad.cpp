// FedAdagrad: Reddi et al., "Adaptive federated optimization", ICLR 2021, algorithm 2; with d = mean - x
//
//   m <- beta1 m + (1 - beta1) d;  v <- v + d^2;  x <- x + eta m / (sqrt(v) + tau).
//
// beta1 is 0 unless the plan says otherwise.

#include "method/adaptive.hpp"

namespace fedasio::method {

namespace {

class fedadagrad final : public adaptive {
public:
    fedadagrad() { beta1_ = 0; }

    [[nodiscard]] std::string_view name() const override { return "fedadagrad"; }

    void describe(text::keys& keys) override {
        describe_rate(keys);
        describe_beta1(keys);
        describe_tau(keys);
    }

private:
    [[nodiscard]] array second_moment(const array& v, const array& d) const override {
        return v + d.square();
    }
};

} // namespace

std::unique_ptr<strategy> make_fedadagrad() {
    return std::make_unique<fedadagrad>();
}

} // namespace fedasio::method
