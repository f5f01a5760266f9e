#include "onnx_model.hpp"

#include "onnx_graph.hpp"
#include "onnx_table.hpp"
#include <algorithm>
#include <array>
#include <cstdint>
#include <numeric>
#include <string_view>
#include <utility>
#include <vector>

namespace fedasio::steering {
namespace {

using whole = std::int64_t;

constexpr std::array to_channels_first{whole{0}, whole{3}, whole{1}, whole{2}};
constexpr std::array to_channels_last{whole{0}, whole{2}, whole{3}, whole{1}};

/// Takes a network's layers into a graph. Here samples are [height][width][channels]; ONNX's operators for
/// images want the channels first, so the order is changed where the first of them, or what is flat, comes.
class layer_writer {
public:
    layer_writer(onnx_graph& graph, const plan::trained_model& model, std::string value, bool is_flat)
        : graph_(graph), weights_(model.weights.floats()), parameters_(model.network.parameters()),
          value_(std::move(value)), order_(is_flat ? order::flat : order::channels_last) {}

    void add(const nn::layer_layout& layer) {
        input_ = layer.input;
        output_ = layer.output;
        std::visit([this](const auto& spec) { write(spec); }, layer.spec);
    }

    /// The value after the last layer, [batch, outputs].
    std::string finish() {
        flatten();
        return value_;
    }

private:
    enum class order : std::uint8_t { flat, channels_last, channels_first };

    void flatten() {
        if (order_ == order::channels_first) {
            value_ = graph_.node("Transpose", {value_}, {{"perm", std::span(to_channels_last)}});
        }
        if (order_ != order::flat) {
            value_ = graph_.node("Flatten", {value_}, {{"axis", whole{1}}});
        }
        order_ = order::flat;
    }

    void put_channels_first() {
        if (order_ == order::flat) {
            const std::array shape{whole{0}, whole{input_.height}, whole{input_.width},
                                   whole{input_.channels}};
            value_ = graph_.node("Reshape", {value_, graph_.constant("shape", shape)});
        }
        if (order_ != order::channels_first) {
            value_ = graph_.node("Transpose", {value_}, {{"perm", std::span(to_channels_first)}});
        }
        order_ = order::channels_first;
    }

    /// The layers' arrays come in the order of the network's.
    const nn::parameter& next_parameter() { return parameters_[next_++]; }

    std::span<const float> values_of(const nn::parameter& one) const {
        return weights_.subspan(one.offset, one.size);
    }

    std::string next_constant() {
        const auto& one = next_parameter();
        return graph_.constant(one.name, one.dims, values_of(one));
    }

    void activate(nn::activation act) {
        switch (act) {
        case nn::activation::linear:
            return;
        case nn::activation::relu:
            value_ = graph_.node("Relu", {value_});
            return;
        case nn::activation::tanh:
            value_ = graph_.node("Tanh", {value_});
            return;
        case nn::activation::sigmoid:
            value_ = graph_.node("Sigmoid", {value_});
            return;
        case nn::activation::softmax: // over the channels of what is flat, in the last layer alone
            flatten();
            value_ = graph_.node("Softmax", {value_}, {{"axis", whole{1}}});
            return;
        }
    }

    void write(const nn::dense& layer) {
        flatten();
        const auto kernel = next_constant();
        value_ = graph_.node("Gemm", {value_, kernel, next_constant()});
        activate(layer.act);
    }

    void write(const nn::conv2d& layer) {
        put_channels_first();
        const auto kernel = next_kernel();
        const auto bias = next_constant();
        const auto around = [&](std::uint32_t size, std::uint32_t out, std::uint32_t kernel_size) {
            const auto needed = whole{out - 1} * layer.stride + kernel_size - whole{size};
            return layer.pad == nn::padding::same ? std::max<whole>(needed, 0) : whole{0};
        };
        const auto rows = around(input_.height, output_.height, layer.kernel_height);
        const auto columns = around(input_.width, output_.width, layer.kernel_width);
        const std::array pads{rows / 2, columns / 2, rows - rows / 2, columns - columns / 2};
        const std::array strides{whole{layer.stride}, whole{layer.stride}};
        value_ = graph_.node("Conv", {value_, kernel, bias},
                             {{"pads", std::span(pads)}, {"strides", std::span(strides)}});
        activate(layer.act);
    }

    /// [height][width][channels][filters] to [filters][channels][height][width].
    std::string next_kernel() {
        const auto& one = next_parameter();
        const auto values = values_of(one);
        const auto [height, width, channels, filters] =
            std::array{one.dims[0], one.dims[1], one.dims[2], one.dims[3]};
        std::vector<float> turned(values.size());
        for (std::size_t place = 0; place < height * width; ++place) {
            for (std::size_t c = 0; c < channels; ++c) {
                for (std::size_t f = 0; f < filters; ++f) {
                    turned[(f * channels + c) * height * width + place] =
                        values[(place * channels + c) * filters + f];
                }
            }
        }
        const std::array dims{filters, channels, height, width};
        return graph_.constant(one.name, dims, turned);
    }

    void write_pool(std::string_view op, std::uint32_t size) {
        put_channels_first();
        const std::array window{whole{size}, whole{size}};
        value_ =
            graph_.node(op, {value_}, {{"kernel_shape", std::span(window)}, {"strides", std::span(window)}});
    }

    void write(const nn::max_pool2d& layer) { write_pool("MaxPool", layer.size); }

    void write(const nn::avg_pool2d& layer) { write_pool("AveragePool", layer.size); }

    /// These operators have no normalisation of groups; each group becomes a channel of one that is
    /// normalised by itself.
    void write(const nn::group_norm& layer) {
        put_channels_first();
        const std::array groups{whole{0}, whole{layer.groups}, whole{-1}};
        const std::array shape{whole{0}, whole{input_.channels}, whole{input_.height}, whole{input_.width}};
        const std::array count{std::size_t{layer.groups}};
        const auto name = parameters_[next_].name;
        const std::vector<float> ones(layer.groups, 1);
        const std::vector<float> zeros(layer.groups, 0);
        value_ = graph_.node("Reshape", {value_, graph_.constant("groups", groups)});
        value_ = graph_.node("InstanceNormalization",
                             {value_, graph_.constant(name + ".ones", count, ones),
                              graph_.constant(name + ".zeros", count, zeros)},
                             {{"epsilon", layer.epsilon}});
        value_ = graph_.node("Reshape", {value_, graph_.constant("shape", shape)});
        const auto by_channel = [&] {
            const auto& one = next_parameter();
            const std::array dims{one.size, std::size_t{1}, std::size_t{1}};
            return graph_.constant(one.name, dims, values_of(one));
        };
        value_ = graph_.node("Mul", {value_, by_channel()});
        value_ = graph_.node("Add", {value_, by_channel()});
    }

    void write(const nn::flatten& /*layer*/) { flatten(); }

    void write(const nn::dropout& /*layer*/) {} // of training only

    void write(const nn::activate& layer) { activate(layer.act); }

    onnx_graph& graph_;
    std::span<const float> weights_;
    std::span<const nn::parameter> parameters_;
    std::size_t next_ = 0;
    std::string value_;
    order order_;
    nn::shape input_;
    nn::shape output_;
};

void add_classes(onnx_graph& graph, const plan::trained_model& model, const std::string& value) {
    const auto units = static_cast<std::uint32_t>(model.network.output().size());
    const auto scores = graph.node("Identity", {value}, {}, {}, "probabilities");
    graph.output(scores, onnx_type::float32, std::span(&units, 1));
    std::vector<whole> numbers(units);
    std::iota(numbers.begin(), numbers.end(), whole{0});
    std::vector<std::string> names;
    names.reserve(units);
    for (std::size_t i = 0; i < units; ++i) {
        names.push_back(model.output_name(i));
    }
    const auto best = graph.node("ArgMax", {value}, {{"axis", whole{1}}, {"keepdims", whole{0}}});
    const auto label = graph.node("LabelEncoder", {best},
                                  {{"keys_int64s", std::span<const whole>(numbers)},
                                   {"values_strings", std::span<const std::string>(names)}},
                                  "ai.onnx.ml", "label");
    graph.output(label, onnx_type::string, {});
}

void add_value(onnx_graph& graph, const data::csv_schema& schema, const std::string& value) {
    const auto wide = graph.node("Cast", {value}, {{"to", static_cast<whole>(onnx_type::float64)}});
    const auto scaled =
        graph.node("Mul", {wide, graph.constant(schema.label + ".deviation", schema.label_deviation)});
    const auto result = graph.node("Add", {scaled, graph.constant(schema.label + ".mean", schema.label_mean)},
                                   {}, {}, "prediction");
    const std::uint32_t one = 1;
    graph.output(result, onnx_type::float64, std::span(&one, 1));
}

} // namespace

std::string onnx_bytes(const plan::trained_model& model) {
    onnx_graph graph;
    const auto shape = model.network.input();
    const std::array dims{shape.height, shape.width, shape.channels};
    const bool is_table = model.schema.has_value();
    auto value = is_table ? add_table(graph, *model.schema) : graph.input("image", onnx_type::float32, dims);
    layer_writer layers(graph, model, std::move(value), is_table);
    for (const auto& layer : model.network.layers()) {
        layers.add(layer);
    }
    value = layers.finish();
    if (model.is_regression()) {
        add_value(graph, *model.schema, value);
    } else {
        add_classes(graph, model, value);
    }
    const auto doc =
        is_table ? "Each column of the table is an input: numbers as float64 (NaN is a missing value), texts "
                   "as strings, trimmed (\"\" is a missing value)."
                 : "image: [batch, height, width, channels], bytes divided by 255.";
    const auto plan = model.metadata.find("plan");
    return graph.model_bytes(plan == model.metadata.end() ? "model" : plan->second, doc, model.metadata);
}

} // namespace fedasio::steering
