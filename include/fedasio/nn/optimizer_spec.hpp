#pragma once

#include <fedasio/nn/schedule.hpp>

namespace fedasio::nn {

/// A client's local optimiser. `sgd`: v = momentum * v + g; w -= learning_rate * v (plain SGD when momentum
/// is 0; Sutskever et al., 2013). `adam`: Kingma and Ba (2015) with bias correction; epsilon outside the
/// root. `weight_decay` adds weight_decay * w to the gradient (L2, as in PyTorch's SGD and Adam), to all
/// arrays alike. `proximal` adds proximal * (w - w_global) to the gradient (FedProx, Li et al., 2020; 0 is
/// plain FedAvg). What else may be added to it, and in which order: training_pass.
struct optimizer_spec {
    enum class kind { sgd, adam };

    kind type = kind::sgd;
    float learning_rate = 0.1F;
    float momentum = 0.0F;
    float weight_decay = 0.0F;
    float beta1 = 0.9F;
    float beta2 = 0.999F;
    float epsilon = 1e-7F;
    float proximal = 0.0F;
    /// Of the learning rate, from round to round: whoever trains applies it (training_pass), not the
    /// optimiser.
    nn::schedule schedule = {};
};

} // namespace fedasio::nn
