// Coordinate-wise median: Yin et al., "Byzantine-robust distributed learning: towards optimal statistical
// rates", ICML 2018, definition 1; of an even number of updates the mean of the middle two.

#include "method/robust.hpp"

namespace fedasio::method {

namespace {

class median final : public robust_rule {
public:
    [[nodiscard]] std::string_view name() const override { return "median"; }

    std::vector<passed_over> step(const gathered_round& round, server_state& /*state*/,
                                  std::span<float> next) const override {
        require_updates(round);
        by_coordinate(round, next, median_of);
        return {};
    }
};

} // namespace

std::unique_ptr<strategy> make_median() {
    return std::make_unique<median>();
}

} // namespace fedasio::method
