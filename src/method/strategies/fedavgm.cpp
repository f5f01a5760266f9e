// FedAvgM: Hsu, Qi, Brown, "Measuring the effects of non-identical data distribution for federated visual
// classification", 2019, section 4.2, with the direction d = mean - x in place of a gradient:
//
//   v <- mu v + d;  x <- x + eta v.
//
// With `nesterov` x <- x + eta (d + mu v): the outer step of DiLoCo (Douillard et al., 2023, algorithm 1).

#include "method/arrays.hpp"
#include "method/ranges.hpp"

namespace fedasio::method {

namespace {

class fedavgm final : public strategy {
public:
    [[nodiscard]] std::string_view name() const override { return "fedavgm"; }

    void describe(text::keys& keys) override {
        keys.real("server_learning_rate", eta_, positive_rate,
                  "How far the weights move along the momentum of the updates' mean.");
        keys.real("server_momentum", mu_, share_below_one,
                  "The share of the last momentum that stays in the next.");
        keys.boolean("nesterov", nesterov_,
                     "Looks ahead by one step of the momentum (Nesterov); DiLoCo's outer step is a server "
                     "learning rate of 0.7 with a momentum of 0.9.",
                     text::written::when_changed);
    }

    std::vector<passed_over> step(const gathered_round& round, server_state& state,
                                  std::span<float> next) const override {
        auto& momentum = entry(state, "momentum", next.size());
        round.in_blocks(next.size(), [&](const block& part) {
            const array x = load(round.x, part);
            const array d = direction(round, part);
            const array v = mu_ * load(momentum, part) + d;
            if (nesterov_) {
                store(x + eta_ * (d + mu_ * v), next, part, "weight");
            } else {
                store(x + eta_ * v, next, part, "weight");
            }
            store(v, momentum, part, "momentum of parameter");
        });
        return {};
    }

private:
    double eta_ = 1;
    double mu_ = 0.9;
    bool nesterov_ = false;
};

} // namespace

std::unique_ptr<strategy> make_fedavgm() {
    return std::make_unique<fedavgm>();
}

} // namespace fedasio::method
