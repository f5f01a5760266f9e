// Training steps a second on one core, beside matrix products at a size where they are at their best: the
// limit. Times differ from machine to machine and from minute to minute; compare within one run.

#include <fedasio/nn/aligned_floats.hpp>
#include <fedasio/nn/evaluator.hpp>
#include <fedasio/nn/trainer.hpp>

#include <Eigen/Core>
#include <benchmark/benchmark.h>

#include <cstdint>
#include <nn/product.hpp>
#include <numeric>
#include <string>
#include <vector>

namespace {

using namespace fedasio::nn;

struct samples {
    samples(const network& model, std::size_t count) : features(model.input().size() * count), labels(count) {
        fedasio::random_stream stream(1, fedasio::purpose::partition);
        for (float& value : features) {
            value = stream.uniform();
        }
        for (std::int32_t& label : labels) {
            label =
                static_cast<std::int32_t>(stream.below(static_cast<std::uint32_t>(model.output().size())));
        }
    }

    std::vector<float> features;
    std::vector<std::int32_t> labels;
};

// McMahan et al. (2017): "2NN", two hidden layers of 200 units.
[[nodiscard]] network two_nn() {
    return network({.input = {28, 28, 1},
                    .layers = {flatten{}, dense{200, activation::relu}, dense{200, activation::relu},
                               dense{10, activation::softmax, initializer::glorot}}});
}

[[nodiscard]] network cnn(padding pad) {
    const auto convolution = [pad](std::uint32_t filters) {
        return conv2d{.filters = filters, .pad = pad, .act = activation::relu};
    };
    return network({.input = {28, 28, 1},
                    .layers = {convolution(32), max_pool2d{2}, dropout{0.1F}, convolution(64), max_pool2d{2},
                               dropout{0.1F}, convolution(32), max_pool2d{2}, dropout{0.1F}, flatten{},
                               dense{128, activation::relu}, dropout{0.1F}, dense{64, activation::relu},
                               dropout{0.1F}, dense{10, activation::softmax, initializer::glorot}}});
}

// The same paper's network for images, of 1,663,370 parameters.
[[nodiscard]] network paper_cnn() {
    const auto convolution = [](std::uint32_t filters) {
        return conv2d{.filters = filters,
                      .kernel_height = 5,
                      .kernel_width = 5,
                      .pad = padding::same,
                      .act = activation::relu};
    };
    return network(
        {.input = {28, 28, 1},
         .layers = {convolution(32), max_pool2d{2}, convolution(64), max_pool2d{2}, flatten{},
                    dense{512, activation::relu}, dense{10, activation::softmax, initializer::glorot}}});
}

/// `corrected` is a step of SCAFFOLD; `head_only` one of FedRep, with all but the last layer frozen.
enum class pass_kind { plain, corrected, head_only };

void train(benchmark::State& state, const network& model, const optimizer_spec& optimizer, std::size_t batch,
           pass_kind kind = pass_kind::plain) {
    const samples data(model, batch);
    aligned_floats weights(model.parameter_count());
    model.initialise(weights.span(), 1);
    trainer trained(model, optimizer, batch);
    std::vector<std::size_t> frozen(kind == pass_kind::head_only ? model.parameters().size() - 2 : 0);
    std::iota(frozen.begin(), frozen.end(), std::size_t{0});
    const aligned_floats correction(kind == pass_kind::corrected ? model.parameter_count() : 0);
    trained.begin({.weights = weights.span(), .correction = correction.span(), .frozen = frozen},
                  fedasio::random_stream(1, fedasio::purpose::dropout));
    for ([[maybe_unused]] auto _ : state) {
        benchmark::DoNotOptimize(trained.step(data.features, data.labels, batch));
    }
    state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(batch));
}

void train_2nn(benchmark::State& state) {
    train(state, two_nn(), {.learning_rate = 0.01F}, static_cast<std::size_t>(state.range(0)));
}

void train_2nn_adam(benchmark::State& state) {
    train(state, two_nn(), {.type = optimizer_spec::kind::adam, .learning_rate = 0.001F},
          static_cast<std::size_t>(state.range(0)));
}

void train_2nn_pass(benchmark::State& state, pass_kind kind) {
    train(state, two_nn(), {.learning_rate = 0.01F}, static_cast<std::size_t>(state.range(0)), kind);
}

void train_paper_cnn(benchmark::State& state) {
    train(state, paper_cnn(), {.learning_rate = 0.01F}, static_cast<std::size_t>(state.range(0)));
}

void train_paper_cnn_pass(benchmark::State& state, pass_kind kind) {
    train(state, paper_cnn(), {.learning_rate = 0.01F}, static_cast<std::size_t>(state.range(0)), kind);
}

void train_cnn(benchmark::State& state, padding pad) {
    train(state, cnn(pad), {.type = optimizer_spec::kind::adam, .learning_rate = 0.001F},
          static_cast<std::size_t>(state.range(0)));
}

void evaluate_2nn(benchmark::State& state) {
    const network model = two_nn();
    const samples data(model, 256);
    aligned_floats weights(model.parameter_count());
    model.initialise(weights.span(), 1);
    evaluator evaluated(model, static_cast<std::size_t>(state.range(0)));
    for ([[maybe_unused]] auto _ : state) {
        benchmark::DoNotOptimize(evaluated.evaluate(weights.span(), data.features, data.labels, 256));
    }
    state.SetItemsProcessed(state.iterations() * 256);
}

void count_operations(benchmark::State& state, std::size_t size) {
    const auto each = 2.0 * static_cast<double>(size * size * size);
    state.counters["flop/s"] =
        benchmark::Counter(each * static_cast<double>(state.iterations()), benchmark::Counter::kIsRate);
}

// Of all instruction sets that this processor has, the widest first.
void product_of(benchmark::State& state) {
    const product_kernel kernel = product_kernels()[static_cast<std::size_t>(state.range(0))];
    state.SetLabel(std::string(kernel.name));
    constexpr std::size_t size = 960;
    aligned_floats a(size * size);
    aligned_floats b(size * size);
    aligned_floats c(size * size);
    for ([[maybe_unused]] auto _ : state) {
        kernel.compute({.rows = size,
                        .columns = size,
                        .inner = size,
                        .a = a.data(),
                        .a_step = size,
                        .b = b.data(),
                        .b_inner = 1,
                        .b_column = size,
                        .c = c.data(),
                        .c_column = size});
        benchmark::ClobberMemory();
    }
    count_operations(state, size);
}

void eigen_product(benchmark::State& state) {
    const Eigen::Index size = state.range(0);
    const Eigen::MatrixXf a = Eigen::MatrixXf::Constant(size, size, 0.5F);
    const Eigen::MatrixXf b = Eigen::MatrixXf::Constant(size, size, 0.25F);
    Eigen::MatrixXf c(size, size);
    for ([[maybe_unused]] auto _ : state) {
        c.noalias() = a * b;
        benchmark::DoNotOptimize(c.data());
        benchmark::ClobberMemory();
    }
    count_operations(state, static_cast<std::size_t>(size));
}

} // namespace

BENCHMARK(product_of)->DenseRange(0, static_cast<int>(product_kernels().size()) - 1);
BENCHMARK(eigen_product)->Arg(960);
BENCHMARK(train_2nn)->Arg(10)->Arg(32)->Arg(64);
BENCHMARK(train_2nn_adam)->Arg(32);
BENCHMARK_CAPTURE(train_2nn_pass, corrected, pass_kind::corrected)->Arg(10)->Arg(32);
BENCHMARK_CAPTURE(train_2nn_pass, head_only, pass_kind::head_only)->Arg(10);
BENCHMARK(evaluate_2nn)->Arg(64);
BENCHMARK(train_paper_cnn)->Arg(10)->Arg(32);
BENCHMARK_CAPTURE(train_paper_cnn_pass, corrected, pass_kind::corrected)->Arg(10);
BENCHMARK_CAPTURE(train_paper_cnn_pass, head_only, pass_kind::head_only)->Arg(10);
BENCHMARK_CAPTURE(train_cnn, valid, padding::valid)->Arg(32);
BENCHMARK_CAPTURE(train_cnn, same, padding::same)->Arg(32);
BENCHMARK_MAIN();
