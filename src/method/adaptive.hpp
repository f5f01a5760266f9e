#pragma once

#include "method/arrays.hpp"

namespace fedasio::method {

/// FedOpt: Reddi et al., "Adaptive federated optimization", ICLR 2021, algorithm 2, whose three rules differ
/// in v alone. With d = mean - x:
///
///   m <- beta1 m + (1 - beta1) d;  v <- second_moment(v, d);  x <- x + eta m / (sqrt(v) + tau),
///
/// from m = 0 and v = tau^2. Bias correction, which the paper leaves out, begins with v = 0 and puts
/// m / (1 - beta1^t) and v / (1 - beta2^t) in their places, t being the number of the step, from 1.
class adaptive : public strategy {
public:
    std::vector<passed_over> step(const gathered_round& round, server_state& state,
                                  std::span<float> next) const override;

protected:
    void describe_rate(text::keys& keys);
    void describe_beta1(text::keys& keys);
    void describe_beta2(text::keys& keys);
    void describe_tau(text::keys& keys);
    void describe_bias_correction(text::keys& keys);

    [[nodiscard]] virtual array second_moment(const array& v, const array& d) const = 0;

    double eta_ = 0.1;
    double beta1_ = 0.9;
    double beta2_ = 0.99;
    double tau_ = 1e-3;
    bool bias_correction_ = false;
};

} // namespace fedasio::method
