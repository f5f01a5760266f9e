#include "master/advice.hpp"

#include <algorithm>
#include <variant>

namespace fedasio::master {
namespace {

/// Of the last layer, by name, if it bounds what comes out; else empty.
std::string bounding_activation(const nn::model_spec& model) {
    const auto& last = model.layers.back();
    auto act = nn::activation::linear;
    if (const auto* dense = std::get_if<nn::dense>(&last)) {
        act = dense->act;
    } else if (const auto* alone = std::get_if<nn::activate>(&last)) {
        act = alone->act;
    }
    switch (act) {
    case nn::activation::relu:
        return "relu";
    case nn::activation::sigmoid:
        return "sigmoid";
    case nn::activation::tanh:
        return "tanh";
    default:
        return {};
    }
}

} // namespace

std::string advice_on_units(std::size_t classes, const nn::network& network) {
    const auto units = network.output().size();
    if (classes == 0 || classes >= units) {
        return {};
    }
    return "the model's last layer has " + std::to_string(units) + " units, but the data only " +
           std::to_string(classes) + " classes: the others learn nothing; is that meant?";
}

std::string advice_on_outputs(const plan::plan& plan) {
    const auto* table = std::get_if<data::csv_source>(&plan.source);
    const auto name = bounding_activation(plan.model);
    if (!plan::is_regression(plan) || table == nullptr || !table->standardize || name.empty()) {
        return {};
    }
    return "the model ends in " + name +
           ", but the label is standardised, so that about half of its values are negative and some lie "
           "beyond 1: "
           "remove that activation";
}

std::string advice_on_steps(const plan::local_training& local, std::span<const std::uint64_t> samples) {
    constexpr std::uint64_t few = 3;
    if (samples.empty()) {
        return {};
    }
    const auto most = *std::ranges::max_element(samples);
    const auto steps = std::uint64_t{local.epochs} * ((most + local.batch_size - 1) / local.batch_size);
    if (steps > few) {
        return {};
    }
    const auto batch = std::min<std::uint64_t>(local.batch_size, most);
    return "a client takes at most " + std::to_string(steps) + (steps == 1 ? " step" : " steps") +
           " in a round (" + std::to_string(most) + " samples, local.batch_size " +
           std::to_string(local.batch_size) + ", local.epochs " + std::to_string(local.epochs) +
           "): if it learns slowly, raise local.epochs" + (batch > 8 ? " or lower local.batch_size" : "");
}

} // namespace fedasio::master
