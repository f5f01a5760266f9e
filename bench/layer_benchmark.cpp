// Each layer by itself, forward and backward with the optimiser's step, beside the product that it is made
// of at its best: which layer holds a network up, and whether it computes or waits for memory.

#include <fedasio/nn/aligned_floats.hpp>
#include <fedasio/nn/network.hpp>
#include <fedasio/plan/plan.hpp>

#include <benchmark/benchmark.h>

#include <array>
#include <cstdint>
#include <memory>
#include <nn/layer_kernel.hpp>
#include <nn/no_denormals.hpp>
#include <nn/optimizer.hpp>
#include <string>
#include <variant>
#include <vector>

namespace {

using namespace fedasio::nn;

/// A network's kernels, with memory for one batch before and after each.
struct layers {
    layers(const network& used, const optimizer_spec& spec, std::size_t size)
        : model(used), batch(size), steps(spec, model), stages(make_stages(model, batch, &masks)) {
        aligned_floats weights(model.parameter_count());
        model.initialise(weights.span(), 1);
        steps.begin({.weights = weights.span()});
        steps.begin_step();
        values.emplace_back(model.input().size() * batch);
        for (const stage& it : stages) {
            values.emplace_back(it.outputs * batch);
        }
        fedasio::random_stream draw(1, fedasio::purpose::partition);
        for (float& value : values.front().span()) {
            value = draw.uniform();
        }
        for (std::size_t i = 0; i < stages.size(); ++i) {
            forward(i);
        }
    }

    void forward(std::size_t i) {
        stages[i].kernel->forward(steps.weights().data() + stages[i].offset, values[i].data(),
                                  values[i + 1].data(), batch);
    }

    network model;
    std::size_t batch;
    fedasio::random_stream masks{1, fedasio::purpose::dropout};
    optimizer steps;
    std::vector<stage> stages;
    std::vector<aligned_floats> values; ///< what goes into each stage, and what comes out of the last
};

/// Multiply-adds of a dense layer or a convolution, a sample; 0 for others.
double multiplications_of(const layer_layout& layer) {
    if (const auto* fully = std::get_if<dense>(&layer.spec)) {
        return static_cast<double>(layer.input.size()) * fully->units;
    }
    if (const auto* local = std::get_if<conv2d>(&layer.spec)) {
        return static_cast<double>(layer.output.size()) * local->kernel_height * local->kernel_width *
               layer.input.channels;
    }
    return 0;
}

[[nodiscard]] std::string kind_of(const layer_layout& layer) {
    // In the order of layer_spec's alternatives.
    constexpr std::array names{"dense",   "conv2d",     "max_pool2d", "flatten",
                               "dropout", "activation", "avg_pool2d", "group_norm"};
    static_assert(names.size() == std::variant_size_v<layer_spec>);
    return names.at(layer.spec.index());
}

void count(benchmark::State& state, std::size_t batch, double operations) {
    state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(batch));
    if (operations > 0) {
        const auto all = operations * static_cast<double>(batch) * static_cast<double>(state.iterations());
        state.counters["flop/s"] = benchmark::Counter(all, benchmark::Counter::kIsRate);
    }
}

void forward(benchmark::State& state, layers& all, std::size_t i, double multiplications) {
    const no_denormals mode;
    for ([[maybe_unused]] auto _ : state) {
        all.forward(i);
        benchmark::ClobberMemory();
    }
    count(state, all.batch, 2 * multiplications);
}

void backward(benchmark::State& state, layers& all, std::size_t i, double multiplications) {
    const no_denormals mode;
    const stage& it = all.stages[i];
    const layer_weights own(all.steps, it.offset);
    aligned_floats dy(it.outputs * all.batch);
    aligned_floats dx(it.inputs * all.batch);
    float* const wanted = i == 0 ? nullptr : dx.data();
    for ([[maybe_unused]] auto _ : state) {
        it.kernel->backward(own, all.values[i].data(), all.values[i + 1].data(), dy.data(), wanted,
                            all.batch);
        benchmark::ClobberMemory();
    }
    count(state, all.batch, (i == 0 ? 2 : 4) * multiplications);
}

void add_benchmarks(const std::string& name, const std::string& file, std::size_t batch) {
    const auto plan = fedasio::plan::read_plan(file);
    const auto all = std::make_shared<layers>(network(plan.model), plan.local.optimizer, batch);
    std::size_t i = 0;
    for (const layer_layout& layer : all->model.layers()) {
        if (std::holds_alternative<flatten>(layer.spec)) {
            continue;
        }
        const auto title =
            name + "/" + std::to_string(batch) + "/" + std::to_string(i) + "_" + kind_of(layer);
        const double work = multiplications_of(layer);
        benchmark::RegisterBenchmark((title + "/forward").c_str(),
                                     [=](benchmark::State& state) { forward(state, *all, i, work); });
        benchmark::RegisterBenchmark((title + "/backward").c_str(),
                                     [=](benchmark::State& state) { backward(state, *all, i, work); });
        ++i;
    }
}

} // namespace

int main(int argc, char** argv) {
    const std::string top = FEDASIO_SOURCE_DIR "/";
    const std::string plans = top + "plans/";
    for (const std::size_t batch : {10U, 32U}) {
        add_benchmarks("2nn", plans + "paper/2nn.json", batch);
        add_benchmarks("paper_cnn", plans + "paper/cnn.json", batch);
    }
    add_benchmarks("fashion_cnn", plans + "fashion-mnist-cnn.json", 32);
    for (const std::size_t batch : {10U, 64U}) {
        add_benchmarks("lenet", top + "bench/plans/lenet.json", batch);
    }
    benchmark::Initialize(&argc, argv);
    benchmark::RunSpecifiedBenchmarks();
    return 0;
}
