// Convolutions of few filters or channels compute many samples side by side, and the last few by themselves;
// few samples at all are computed in frames of zeros.
// Nobody may see it in the bits.

#include <fedasio/nn/aligned_floats.hpp>
#include <fedasio/nn/network.hpp>

#include <boost/test/unit_test.hpp>

#include "random_values.hpp"
#include "same_bits.hpp"
#include <algorithm>
#include <memory>
#include <nn/layer_kernel.hpp>
#include <nn/optimizer.hpp>
#include <vector>

using namespace fedasio::nn;

namespace {

constexpr std::size_t batch = 19; // sixteen side by side, then three by themselves

/// The second of two convolutions: the first has no use for the gradient by its inputs.
class second_convolution {
public:
    second_convolution(std::uint32_t channels, const conv2d& spec)
        : model_({.input = {9, 11, 1},
                  .layers = {conv2d{.filters = channels, .kernel_height = 1, .kernel_width = 1}, spec},
                  .objective = loss::mean_squared_error}),
          weights_(random_values(model_.parameter_count(), 1)),
          x_(random_values(model_.layers()[1].input.size() * batch, 2)),
          dy_(random_values(model_.output().size() * batch, 3)) {}

    struct result {
        std::vector<float> y;
        std::vector<float> dx;
    };

    /// Of `samples` samples from `first` on.
    [[nodiscard]] result of(std::size_t first, std::size_t samples) const {
        const layer_layout& layer = model_.layers()[1];
        const auto kernel = make_kernel(std::get<conv2d>(layer.spec), layer, batch, false);
        optimizer own({.learning_rate = 1.0F}, model_);
        own.begin({.weights = weights_});
        const auto x = part_of(x_, layer.input.size(), first, samples);
        auto dy = part_of(dy_, layer.output.size(), first, samples);
        aligned_floats y(layer.output.size() * samples);
        aligned_floats dx(layer.input.size() * samples);
        kernel->forward(own.weights().data() + layer.offset, x.data(), y.data(), samples);
        kernel->backward({own, layer.offset}, x.data(), y.data(), dy.data(), dx.data(), samples);
        return {.y = copy_of(y.span()), .dx = copy_of(dx.span())};
    }

    [[nodiscard]] std::string summary() const { return model_.summary(); }

private:
    static aligned_floats part_of(const std::vector<float>& all, std::size_t size, std::size_t first,
                                  std::size_t samples) {
        aligned_floats part(size * samples);
        std::copy_n(all.data() + first * size, size * samples, part.data());
        return part;
    }

    network model_;
    std::vector<float> weights_;
    std::vector<float> x_;
    std::vector<float> dy_;
};

void check_bits(std::uint32_t channels, const conv2d& spec) {
    const second_convolution tested(channels, spec);
    BOOST_TEST_CONTEXT(tested.summary()) {
        second_convolution::result one_by_one;
        for (std::size_t sample = 0; sample < batch; ++sample) {
            const auto one = tested.of(sample, 1);
            one_by_one.y.insert(one_by_one.y.end(), one.y.begin(), one.y.end());
            one_by_one.dx.insert(one_by_one.dx.end(), one.dx.begin(), one.dx.end());
        }
        for (const std::size_t samples : {std::size_t{3}, std::size_t{5}, std::size_t{10}, batch}) {
            const auto together = tested.of(0, samples);
            BOOST_TEST(same_bits(together.y, std::span(one_by_one.y).first(together.y.size())));
            BOOST_TEST(same_bits(together.dx, std::span(one_by_one.dx).first(together.dx.size())));
        }
    }
}

} // namespace

BOOST_AUTO_TEST_SUITE(samples_side_by_side)

BOOST_AUTO_TEST_CASE(have_the_bits_that_each_has_by_itself) {
    for (const padding pad : {padding::valid, padding::same}) {
        for (const std::uint32_t stride : {1U, 2U, 3U}) {
            for (const std::uint32_t channels : {1U, 6U, 20U}) {
                for (const std::uint32_t filters : {1U, 7U, 20U}) {
                    check_bits(channels, {.filters = filters,
                                          .kernel_height = 4,
                                          .kernel_width = 3,
                                          .pad = pad,
                                          .act = activation::relu,
                                          .stride = stride});
                }
            }
        }
    }
}

// More rows than are put side by side at once.
BOOST_AUTO_TEST_CASE(reach_over_tall_images) {
    for (const padding pad : {padding::valid, padding::same}) {
        const conv2d spec{.filters = 3, .kernel_height = 5, .kernel_width = 2, .pad = pad};
        const network model({.input = {50, 4, 1}, .layers = {spec}, .objective = loss::mean_squared_error});
        const auto weights = random_values(model.parameter_count(), 1);
        const layer_layout& layer = model.layers()[0];
        const auto kernel = make_kernel(spec, layer, 0, false);
        aligned_floats x(model.input().size() * batch);
        std::ranges::copy(random_values(x.size(), 2), x.data());
        aligned_floats all(model.output().size() * batch);
        kernel->forward(weights.data(), x.data(), all.data(), batch);
        aligned_floats one(model.output().size());
        for (std::size_t sample = 0; sample < batch; ++sample) {
            aligned_floats image(model.input().size());
            std::copy_n(x.data() + sample * image.size(), image.size(), image.data());
            kernel->forward(weights.data(), image.data(), one.data(), 1);
            BOOST_TEST(same_bits(one.span(), all.span().subspan(sample * one.size(), one.size())));
        }
    }
}

BOOST_AUTO_TEST_SUITE_END()
