#include <algorithm>
#include <nn/activation.hpp>
#include <nn/layer_kernel.hpp>

namespace fedasio::nn {

namespace {

class activation_kernel final : public layer_kernel {
public:
    activation_kernel(const activate& spec, const layer_layout& layer)
        : features_(layer.input.size()), act_(spec.act) {}

    void forward(const float* /*weights*/, const float* x, float* y, std::size_t samples) override {
        std::copy_n(x, features_ * samples, y);
        apply(act_, y, features_, samples);
    }

    void backward(const layer_weights& /*own*/, const float* /*x*/, const float* y, float* dy, float* dx,
                  std::size_t samples) override {
        std::copy_n(dy, features_ * samples, dx);
        backpropagate(act_, y, dx, features_, samples);
    }

private:
    std::size_t features_;
    activation act_;
};

} // namespace

std::unique_ptr<layer_kernel> make_kernel(const activate& spec, const layer_layout& layer) {
    return std::make_unique<activation_kernel>(spec, layer);
}

} // namespace fedasio::nn
