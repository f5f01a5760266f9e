// Our side of bench/training.py. Prints one line of JSON:
//
//   training steps PLAN BATCH IMAGES LABELS SECONDS   the plan's model and optimizer, trained on the files'
//   images
//   training limits SECONDS                           what this core multiplies and moves at best
//
// Times are CPU time of this thread: on a machine that others use too, it says more than the clock.

#include <fedasio/build_info.hpp>
#include <fedasio/data/idx.hpp>
#include <fedasio/nn/aligned_floats.hpp>
#include <fedasio/nn/evaluator.hpp>
#include <fedasio/nn/trainer.hpp>
#include <fedasio/plan/plan.hpp>
#include <fedasio/plan/spec_json.hpp>

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <ctime>
#include <exception>
#include <iostream>
#include <numeric>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

namespace json = boost::json;
using namespace fedasio::nn;

// More than the caches hold next to the weights: a client's batches are not hot either.
constexpr std::size_t samples = 3200;

double cpu_seconds() {
    timespec now{};
    ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

/// Calls work() until `seconds` have passed; returns calls a second.
template <class Work>
double rate_of(double seconds, Work work) {
    const double begin = cpu_seconds();
    double passed = 0;
    std::size_t calls = 0;
    while (passed < seconds) {
        work();
        ++calls;
        passed = cpu_seconds() - begin;
    }
    return static_cast<double>(calls) / passed;
}

/// Floating-point operations of the products in a training step, a sample: each weight is used for the
/// output, for its own gradient and for that of the inputs, which the first layer that learns does not need.
double operations_of(const network& model) {
    double sum = 0;
    for (const layer_layout& layer : model.layers()) {
        double multiplications = 0;
        if (const auto* fully = std::get_if<dense>(&layer.spec)) {
            multiplications = static_cast<double>(layer.input.size()) * fully->units;
        } else if (const auto* local = std::get_if<conv2d>(&layer.spec)) {
            multiplications = static_cast<double>(layer.output.size()) * local->kernel_height *
                              local->kernel_width * layer.input.channels;
        }
        sum += 2 * multiplications * (sum == 0 ? 2 : 3);
    }
    return sum;
}

struct training_data {
    training_data(const std::string& images, const std::string& labels) {
        const auto all = fedasio::data::read_idx(images, labels);
        std::vector<std::uint32_t> first(samples);
        std::iota(first.begin(), first.end(), 0U);
        features.resize(samples * all.feature_count());
        classes.resize(samples);
        all.copy_features(first, features);
        all.copy_classes(first, classes);
    }

    std::vector<float> features;
    std::vector<std::int32_t> classes;
};

json::object steps(const fedasio::plan::plan& plan, std::size_t batch, const training_data& data,
                   double seconds) {
    if (batch == 0 || batch > samples) {
        throw std::invalid_argument("a batch has 1 to " + std::to_string(samples) + " images");
    }
    const network model(plan.model);
    aligned_floats weights(model.parameter_count());
    model.initialise(weights.span(), plan.seed);
    trainer trained(model, plan.local.optimizer, batch);
    trained.begin(weights.span(), fedasio::random_stream(plan.seed, fedasio::purpose::dropout));

    const std::size_t inputs = model.input().size();
    std::size_t first = 0;
    const auto step = [&] {
        const auto features = std::span(data.features).subspan(first * inputs, batch * inputs);
        const auto classes = std::span(data.classes).subspan(first, batch);
        first = first + 2 * batch > samples ? 0 : first + batch;
        return trained.step(features, classes, batch).loss_sum;
    };
    double loss = 0;
    std::size_t seen = 0;
    do {
        loss += step();
        seen += batch;
    } while (first != 0);
    const double rate = rate_of(seconds, step) * static_cast<double>(batch);
    return {{"model", fedasio::plan::to_json(plan.model)},
            {"optimizer", fedasio::plan::to_json(plan.local.optimizer)},
            {"parameters", model.parameter_count()},
            {"flop_per_sample", operations_of(model)},
            {"first_pass_loss", loss / static_cast<double>(seen)},
            {"samples_per_second", rate}};
}

/// y = X W through a dense layer, in flop/s.
double product_rate(std::size_t batch, std::size_t inputs, std::size_t units, double seconds) {
    const network model({.input = {1, 1, static_cast<std::uint32_t>(inputs)},
                         .layers = {dense{static_cast<std::uint32_t>(units)}},
                         .objective = loss::mean_squared_error});
    aligned_floats weights(model.parameter_count());
    model.initialise(weights.span(), 1);
    const std::vector<float> x(batch * inputs, 0.5F);
    std::vector<float> y(batch * units);
    evaluator evaluated(model, batch);
    const auto work = static_cast<double>(batch * inputs * units);
    return 2 * work * rate_of(seconds, [&] { evaluated.predict(weights.span(), x, y, batch); });
}

[[gnu::noinline]] void triad(std::span<float> a, std::span<const float> b, std::span<const float> c) {
    float* __restrict to = a.data();
    for (std::size_t i = 0; i < a.size(); ++i) {
        to[i] = b[i] + 0.5F * c[i];
    }
}

/// McCalpin's STREAM triad over three arrays of `size` floats, in bytes read and written a second.
double triad_rate(std::size_t size, double seconds) {
    aligned_floats a(size);
    aligned_floats b(size);
    aligned_floats c(size);
    const auto bytes = static_cast<double>(3 * size * sizeof(float));
    return bytes * rate_of(seconds, [&] { triad(a.span(), b.span(), c.span()); });
}

json::object limits(double seconds) {
    return {{"product_flops", product_rate(960, 960, 960, seconds)},
            {"batch_10_flops", product_rate(10, 784, 200, seconds)},
            {"batch_32_flops", product_rate(32, 784, 200, seconds)},
            {"triad_bytes_per_second", triad_rate(std::size_t{1} << 24U, seconds)},
            {"cached_triad_bytes_per_second", triad_rate(100'000, seconds)}};
}

} // namespace

int main(int argc, char** argv) {
    const std::vector<std::string> arguments(argv + 1, argv + argc);
    try {
        json::object result;
        if (arguments.size() == 6 && arguments[0] == "steps") {
            result = steps(fedasio::plan::read_plan(arguments[1]), std::stoul(arguments[2]),
                           training_data(arguments[3], arguments[4]), std::stod(arguments[5]));
        } else if (arguments.size() == 2 && arguments[0] == "limits") {
            result = limits(std::stod(arguments[1]));
        } else {
            std::cerr << "training: run bench/training.sh\n";
            return 2;
        }
        result["instruction_set"] = fedasio::instruction_set();
        std::cout << json::serialize(result) << "\n";
    } catch (const std::exception& error) {
        std::cerr << "training: " << error.what() << "\n";
        return 1;
    }
}
