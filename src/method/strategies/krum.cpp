// Krum: Blanchard et al., "Machine learning with adversaries: Byzantine tolerant gradient descent", NeurIPS
// 2017, section 4: of n updates, n >= 2f + 3, the one with the least sum of its n - f - 2 smallest squared
// distances to others becomes the global weights; of equal ones that of the lower client.

#include "method/robust.hpp"
#include <algorithm>

namespace fedasio::method {

namespace {

class krum final : public robust_rule {
public:
    [[nodiscard]] std::string_view name() const override { return "krum"; }

    void describe(text::keys& keys) override {
        keys.whole("f", f_, 0, 10'000,
                   "How many clients of a round may send anything; it needs 2 f + 3 updates.");
    }

    [[nodiscard]] std::size_t fewest_updates() const override { return 2 * std::size_t{f_} + 3; }

    std::vector<passed_over> step(const gathered_round& round, server_state& /*state*/,
                                  std::span<float> next) const override {
        require_updates(round);
        const auto chosen = krum_scores(round, f_).best(1);
        take_mean_of(round, chosen, next);
        return all_but(round, chosen, "another update is nearer to the others (krum)");
    }

private:
    std::uint32_t f_ = 1;
};

} // namespace

std::unique_ptr<strategy> make_krum() {
    return std::make_unique<krum>();
}

} // namespace fedasio::method
