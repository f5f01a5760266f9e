// Norm bounding: Sun et al., "Can you really backdoor federated learning?", 2019, section 4.2:
//
//   x <- x + sum_k n_k / n (y_k - x) min(1, C / ||y_k - x||).
//
// Each update is shortened as it comes, so that none is kept.

#include "method/averaging.hpp"

namespace fedasio::method {

namespace {

class norm_bound final : public averaging {
public:
    [[nodiscard]] std::string_view name() const override { return "norm_bound"; }

    void describe(text::keys& keys) override {
        keys.real(
            "bound", bound_, {.low = 1e-6, .high = 1e9},
            "The norm of the difference from the global weights to which a longer update is shortened.");
    }

    [[nodiscard]] double share(const client_report& report) const override {
        return report.distance > bound_ ? bound_ / report.distance : 1;
    }

private:
    double bound_ = 1;
};

} // namespace

std::unique_ptr<strategy> make_norm_bound() {
    return std::make_unique<norm_bound>();
}

} // namespace fedasio::method
