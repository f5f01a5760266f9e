#include <algorithm>
#include <nn/activation.hpp>
#include <nn/bias.hpp>
#include <nn/layer_kernel.hpp>
#include <nn/matrix_view.hpp>

namespace fedasio::nn {

namespace {

class dense_kernel final : public layer_kernel {
public:
    dense_kernel(const dense& spec, const layer_layout& layer)
        : inputs_(layer.input.size()), units_(spec.units), act_(spec.act) {}

    void forward(const float* weights, const float* x, float* y, std::size_t samples) override {
        spread_bias(weights + inputs_ * units_, y, units_, samples);
        view(y, units_, samples).noalias() += view(weights, units_, inputs_) * view(x, inputs_, samples);
        apply(act_, y, units_, samples);
    }

    void backward(const float* weights, const float* x, const float* y, float* dy, float* gradient, float* dx,
                  std::size_t samples) override {
        backpropagate(act_, y, dy, units_, samples);
        const auto delta = view(static_cast<const float*>(dy), units_, samples);
        view(gradient, units_, inputs_).noalias() = delta * view(x, inputs_, samples).transpose();
        float* bias_gradient = gradient + inputs_ * units_;
        std::fill_n(bias_gradient, units_, 0.0F);
        add_bias_gradient(dy, bias_gradient, units_, samples);
        if (dx != nullptr) {
            view(dx, inputs_, samples).noalias() = view(weights, units_, inputs_).transpose() * delta;
        }
    }

private:
    std::size_t inputs_;
    std::size_t units_;
    activation act_;
};

} // namespace

std::unique_ptr<layer_kernel> make_kernel(const dense& spec, const layer_layout& layer) {
    return std::make_unique<dense_kernel>(spec, layer);
}

} // namespace fedasio::nn
