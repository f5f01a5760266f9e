// Multi-Krum: Blanchard et al., "Machine learning with adversaries: Byzantine tolerant gradient descent",
// NeurIPS 2017, section 4 and "m-Krum" in the experiments: the plain mean of the m updates with the best
// scores of Krum, n >= 2f + 3; m is n - f unless the plan says otherwise.

#include "method/robust.hpp"
#include <algorithm>

namespace fedasio::method {

namespace {

class multi_krum final : public robust_rule {
public:
    [[nodiscard]] std::string_view name() const override { return "multi_krum"; }

    void describe(text::keys& keys) override {
        keys.whole("f", f_, 0, 10'000,
                   "How many clients of a round may send anything; it needs 2 f + 3 updates.");
        keys.whole("m", m_, 1, 1'000'000,
                   "How many updates are averaged, the best ones; without it all but f of those that come.");
    }

    [[nodiscard]] std::size_t fewest_updates() const override {
        return std::max(2 * std::size_t{f_} + 3, std::size_t{m_.value_or(1)});
    }

    std::vector<passed_over> step(const gathered_round& round, server_state& /*state*/,
                                  std::span<float> next) const override {
        require_updates(round);
        auto chosen = krum_scores(round, f_).best(m_ ? *m_ : round.updates.size() - f_);
        std::ranges::sort(chosen);
        take_mean_of(round, chosen, next);
        return all_but(round, chosen, "it is farther from the others than those that count (multi_krum)");
    }

private:
    std::uint32_t f_ = 1;
    std::optional<std::uint32_t> m_;
};

} // namespace

std::unique_ptr<strategy> make_multi_krum() {
    return std::make_unique<multi_krum>();
}

} // namespace fedasio::method
