#include "method/adaptive.hpp"

#include "method/ranges.hpp"
#include <cmath>

namespace fedasio::method {

std::vector<passed_over> adaptive::step(const gathered_round& round, server_state& state,
                                        std::span<float> next) const {
    auto& first = entry(state, "first_moment", next.size());
    auto& second =
        entry(state, "second_moment", next.size(), bias_correction_ ? 0.0F : static_cast<float>(tau_ * tau_));
    double m_scale = 1;
    double v_scale = 1;
    if (bias_correction_) {
        float& t = entry(state, "steps", 1).front();
        ++t;
        m_scale = 1 / (1 - std::pow(beta1_, t));
        v_scale = 1 / (1 - std::pow(beta2_, t));
    }
    round.in_blocks(next.size(), [&](const block& part) {
        const array x = load(round.x, part);
        const array d = direction(round, part);
        const array m = beta1_ * load(first, part) + (1 - beta1_) * d;
        const array v = second_moment(load(second, part), d);
        store(x + eta_ * (m_scale * m) / ((v_scale * v).sqrt() + tau_), next, part, "weight");
        store(m, first, part, "first moment of parameter");
        store(v, second, part, "second moment of parameter");
    });
    return {};
}

void adaptive::describe_rate(text::keys& keys) {
    keys.real("server_learning_rate", eta_, positive_rate,
              "How far the weights move in a round: a parameter whose updates keep their direction moves by "
              "about so much.");
}

void adaptive::describe_beta1(text::keys& keys) {
    keys.real("beta1", beta1_, share_below_one, "The share of the last first moment that stays in the next.");
}

void adaptive::describe_beta2(text::keys& keys) {
    keys.real("beta2", beta2_, share_below_one,
              "The share of the last second moment that stays in the next.");
}

void adaptive::describe_tau(text::keys& keys) {
    keys.real("tau", tau_, {.low = 1e-12, .high = 1e3},
              "Added to the root of the second moment: the larger, the less adaptive.");
}

void adaptive::describe_bias_correction(text::keys& keys) {
    keys.boolean(
        "bias_correction", bias_correction_,
        "Divides the moments by what they lack in the first rounds, as Adam does; the paper does not.");
}

} // namespace fedasio::method
