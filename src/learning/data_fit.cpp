#include <fedasio/learning/data_fit.hpp>

#include <array>
#include <cstdint>
#include <span>

namespace fedasio::learning {

namespace {

std::string in_brackets(std::span<const std::uint32_t> dims) {
    std::string text = "[";
    for (const auto dim : dims) {
        text += (text.size() > 1 ? ", " : "") + std::to_string(dim);
    }
    return text + "]";
}

std::string as_written(const nn::shape& input) {
    if (input.height == 1 && input.width == 1) {
        return in_brackets(std::array{input.channels});
    }
    return in_brackets(std::array{input.height, input.width, input.channels});
}

bool is_same(std::span<const std::uint32_t> dims, const nn::shape& input) {
    const std::array expected{input.height, input.width, input.channels};
    const auto channels = dims.size() > 2 ? dims[2] : 1;
    return dims.size() <= expected.size() && std::array{dims[0], dims[1], channels} == expected;
}

} // namespace

std::string problem_of_fit(const data::dataset& samples, const nn::network& network) {
    const auto input = network.input();
    const auto dims = samples.feature_dims();
    const bool is_flat = dims.size() == 1 || (input.height == 1 && input.width == 1);
    if (samples.feature_count() != input.size() || (!is_flat && !is_same(dims, input))) {
        return "a sample of the data is " + in_brackets(dims) +
               (dims.size() > 1 ? " (height, width, channels)" : "") + ", but model.input is " +
               as_written(input) + ": write \"input\": " + in_brackets(dims) + " in the plan's model";
    }
    const auto units = network.output().size();
    if (samples.class_count() > units) {
        return "the data has " + std::to_string(samples.class_count()) +
               " classes, but the model's last layer has " + std::to_string(units) +
               " units: give it one unit a class";
    }
    return {};
}

} // namespace fedasio::learning
