#include "method/private_layers.hpp"

#include <algorithm>
#include <functional>
#include <string_view>

namespace fedasio::method {

namespace {

constexpr std::size_t most_names = 1000;
constexpr std::size_t longest_name = 100;

/// "3.dense.kernel" belongs to "3", to "3.dense", and to itself.
bool belongs(std::string_view array, std::string_view name) {
    return array.starts_with(name) && (array.size() == name.size() || array[name.size()] == '.');
}

/// "3.dense" of "3.dense.kernel".
std::string_view layer_of(std::string_view array) {
    return array.substr(0, array.rfind('.'));
}

std::string layers_of(const nn::network& network) {
    std::string result;
    std::string_view last;
    for (const auto& array : network.parameters()) {
        if (layer_of(array.name) != last) {
            last = layer_of(array.name);
            result += (result.empty() ? "\"" : ", \"") + std::string(last) + '"';
        }
    }
    return result;
}

} // namespace

void private_layers::describe(text::keys& keys) {
    keys.texts(
        "private_layers", names_, 0, most_names, longest_name,
        "The layers that stay at the client, as the model's arrays name them: \"3.dense\", or \"3\", or one "
        "array alone, \"3.dense.bias\". Empty: " +
            default_sentence() + ".");
}

std::vector<bool> private_layers::private_arrays(const nn::network& network) const {
    if (names_.empty()) {
        return default_arrays(network);
    }
    std::vector<bool> result;
    for (const auto& array : network.parameters()) {
        result.push_back(
            std::ranges::any_of(names_, [&](const std::string& name) { return belongs(array.name, name); }));
    }
    return result;
}

std::string private_layers::objection_to(const nn::network& network) const {
    for (const auto& name : names_) {
        if (std::ranges::none_of(network.parameters(),
                                 [&](const auto& array) { return belongs(array.name, name); })) {
            return "strategy.private_layers names \"" + name +
                   "\", which no array of the model belongs to: name some of " + layers_of(network);
        }
    }
    const auto is_private = private_arrays(network);
    if (std::ranges::none_of(is_private, std::identity())) {
        return "the model has no layer that " + std::string(name()) +
               " would keep at the client by itself: name some of " + layers_of(network) +
               " in strategy.private_layers";
    }
    if (std::ranges::all_of(is_private, std::identity())) {
        return "with every layer kept at the client nothing is learned together: leave one out of "
               "strategy.private_layers, or give the model another layer";
    }
    return {};
}

local_result private_layers::train_from(client_training& client, std::span<const float> start,
                                        const std::vector<bool>& /*is_private*/) const {
    local_pass pass;
    pass.start = start;
    return client.train(pass);
}

client_answer private_layers::train(client_training& client) const {
    const auto x = client.received();
    const auto is_private = private_arrays(client.network());
    std::vector<float> start(x.size());
    personal(client.network(), client.state(), x, start);
    auto trained = train_from(client, start, is_private);
    for (std::size_t i = 0; i < is_private.size(); ++i) {
        if (is_private[i]) {
            const auto& array = client.network().parameters()[i];
            const auto own = std::span(trained.weights).subspan(array.offset, array.size);
            client.state()[array.name].assign(own.begin(), own.end());
            std::ranges::copy(x.subspan(array.offset, array.size), own.begin());
        }
    }
    return {std::move(trained.weights), {}, trained.loss, trained.accuracy, std::nullopt};
}

void private_layers::personal(const nn::network& network, const client_state& state,
                              std::span<const float> global, std::span<float> own) const {
    std::ranges::copy(global, own.begin());
    const auto is_private = private_arrays(network);
    for (std::size_t i = 0; i < is_private.size(); ++i) {
        const auto& array = network.parameters()[i];
        const auto kept = is_private[i] ? state.find(array.name) : state.end();
        if (kept != state.end() && kept->second.size() == array.size) {
            std::ranges::copy(kept->second, own.begin() + static_cast<std::ptrdiff_t>(array.offset));
        }
    }
}

std::vector<bool> arrays_of_last_layer(const nn::network& network) {
    const auto last = layer_of(network.parameters().back().name);
    std::vector<bool> result;
    for (const auto& array : network.parameters()) {
        result.push_back(layer_of(array.name) == last);
    }
    return result;
}

} // namespace fedasio::method
