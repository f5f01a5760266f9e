#include <fedasio/plan/limits.hpp>
#include <fedasio/plan/spec_json.hpp>
#include <fedasio/text/json_keys.hpp>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include "plan/descriptions.hpp"
#include "plan/foreign_words.hpp"
#include <array>
#include <limits>
#include <string>

namespace fedasio::plan {

namespace json = boost::json;

namespace {

constexpr std::array<std::string_view, 5> activations{"linear", "relu", "tanh", "sigmoid", "softmax"};

/// The shape of a sample, or "auto".
text::form input_form(nn::shape& input) {
    text::form result;
    result.read = [&input](const text::json_field& from) {
        if (from.value().is_string()) {
            if (from.value().get_string() != "auto") {
                from.refuse("\"auto\" or the shape of a sample: [features], [height, width] or [height, "
                            "width, channels]");
            }
            input = {1, 1, 0};
            return;
        }
        if (from.value().is_number()) {
            input = {1, 1, from.whole32(1, limits::units)};
            return;
        }
        const auto dims = from.items(1, 3);
        if (dims.size() == 1) {
            input = {1, 1, dims[0].whole32(1, limits::units)};
            return;
        }
        input = {dims[0].whole32(1, limits::pixels), dims[1].whole32(1, limits::pixels),
                 dims.size() == 3 ? dims[2].whole32(1, limits::pixels) : 1};
    };
    result.write = [&input]() -> json::value {
        if (input == nn::shape{1, 1, 0}) {
            return "auto";
        }
        if (input.height == 1 && input.width == 1) {
            return json::array{input.channels};
        }
        return json::array{input.height, input.width, input.channels};
    };
    result.outline = [] {
        return json::object{
            {"type", "array"},
            {"default", "auto"},
            {"items", json::object{{"type", "integer"}, {"minimum", 1}, {"text", "A dimension."}}}};
    };
    return result;
}

json::object window_node(json::value value) {
    return {{"type", "integer"}, {"default", std::move(value)}, {"minimum", 1}, {"maximum", limits::window}};
}

/// A number, or [height, width].
text::form window_form(std::uint32_t& height, std::uint32_t& width) {
    text::form result;
    result.read = [&height, &width](const text::json_field& from) {
        if (!from.value().is_array()) {
            height = width = from.whole32(1, limits::window);
            return;
        }
        const auto sides = from.items(2, 2);
        height = sides[0].whole32(1, limits::window);
        width = sides[1].whole32(1, limits::window);
    };
    result.write = [&height, &width]() -> json::value { return json::array{height, width}; };
    result.outline = [&height, &width] { return window_node(json::array{height, width}); };
    return result;
}

/// A number n, or [n, n]; 1 says nothing.
text::form square_form(std::uint32_t& side, std::string_view remedy) {
    text::form result;
    result.read = [&side, remedy](const text::json_field& from) {
        std::uint32_t width = 0;
        window_form(side, width).read(from);
        if (side != width) {
            from.fail(std::string(remedy));
        }
    };
    result.write = [&side]() -> json::value { return side; };
    result.outline = [&side] { return window_node(side); };
    result.says_nothing = [&side] { return side == 1; };
    return result;
}

void describe_values(nn::activation& act, nn::initializer& init, text::keys& keys) {
    keys.choice("activation", act, activations, "What is applied to the outputs.");
    keys.choice("initializer", init, {"he", "glorot"},
                "Initial weights: he is good before relu, glorot before tanh and sigmoid.");
}

void describe(nn::dense& layer, text::keys& keys) {
    keys.required("units", "write the number of outputs");
    keys.whole("units", layer.units, 1, limits::units, "Number of outputs.");
    describe_values(layer.act, layer.init, keys);
}

void describe(nn::conv2d& layer, text::keys& keys) {
    keys.required("filters", "write the number of output channels");
    keys.whole("filters", layer.filters, 1, limits::pixels, "Number of output channels.");
    keys.key("kernel_size", window_form(layer.kernel_height, layer.kernel_width),
             "Size of the window: a number or [height, width].");
    keys.choice("padding", layer.pad, {"valid", "same"},
                "valid shrinks the image by the kernel's size less one, same keeps its size; strides then "
                "divide it, rounded up.");
    describe_values(layer.act, layer.init, keys);
    keys.key("strides", square_form(layer.stride, "must be the same in both directions, such as 2 or [2, 2]"),
             "Pixels from one place of the window to the next: a number or [n, n].",
             text::written::when_changed);
}

void describe_pool(std::uint32_t& size, text::keys& keys) {
    keys.key("pool_size", square_form(size, "must be a square window, such as 2 or [2, 2]"),
             "Side of the square: a number or [n, n].");
}

void describe(nn::max_pool2d& layer, text::keys& keys) {
    describe_pool(layer.size, keys);
}

void describe(nn::avg_pool2d& layer, text::keys& keys) {
    describe_pool(layer.size, keys);
}

void describe(nn::group_norm& layer, text::keys& keys) {
    keys.required("groups", "write into how many groups the channels are divided");
    keys.whole("groups", layer.groups, 1, limits::pixels,
               "Into how many groups of neighbours the channels are divided; a divisor of their number.");
    keys.real("epsilon", layer.epsilon, {.low = 0, .high = 1, .low_open = true}, "Keeps from dividing by 0.");
}

void describe(nn::flatten& /*layer*/, text::keys& /*keys*/) {}

void describe(nn::dropout& layer, text::keys& keys) {
    keys.required("rate", "write the share of values to drop");
    keys.real("rate", layer.rate, {.low = 0, .high = 1, .high_open = true},
              "Share of the values that is set to 0.");
}

void describe(nn::activate& layer, text::keys& keys) {
    keys.required("activation", "write one such as \"relu\"");
    keys.choice("activation", layer.act, activations, "Which one.");
}

constexpr std::array<alternative<nn::layer_spec>, 8> layers{
    {{"dense", "Every output is connected to every input, which must be flat.", nn::dense{}},
     {"conv2d", "Convolution.", nn::conv2d{}},
     {"max_pool2d", "Maximum over squares that do not overlap.", nn::max_pool2d{}},
     {"avg_pool2d", "Mean over squares that do not overlap.", nn::avg_pool2d{}},
     {"group_norm",
      "Group normalisation (Wu and He, 2018): shifts and scales each group of channels of a sample to mean 0 "
      "and variance 1, then each channel by numbers that are learned.",
      nn::group_norm{}},
     {"flatten", "Image to flat list.", nn::flatten{}},
     {"dropout", "In training, sets a share of the values to 0.", nn::dropout{}},
     {"activation", "An activation as a layer of its own.", nn::activate{}}}};

} // namespace

text::kinds kinds_of(nn::layer_spec& what) {
    return kinds_of_variant<nn::layer_spec>(what, layers,
                                            [](auto& layer, text::keys& keys) { describe(layer, keys); });
}

text::description keys_of(nn::model_spec& what) {
    return [&what](text::keys& keys) {
        keys.key("input", input_form(what.input),
                 "Shape of a sample, channels last: [n] or n, [height, width] or [height, width, channels]; "
                 "\"auto\" is for CSV only: as many inputs as the columns make.");
        keys.required("layers", "write an array of layers, the last of them the output");
        keys.key("layers",
                 text::list_of(what.layers, 1, limits::layers,
                               [](nn::layer_spec& layer) { return kinds_of(layer); }),
                 "1 to " + std::to_string(limits::layers) + " layers in order, the output last.");
        keys.choice("loss", what.objective, {"cross_entropy", "mean_squared_error"},
                    "cross_entropy is for classes and needs a last softmax; mean_squared_error on a table "
                    "learns a number.");
    };
}

json::object to_json(const nn::model_spec& what) {
    auto copy = what;
    return text::write_keys(keys_of(copy));
}

nn::model_spec model_from_json(const json::value& value, std::string_view where) {
    nn::model_spec model;
    model.input = {1, 1, 0};
    text::read_keys(text::json_field(value, std::string(where), ".", &plan_words), keys_of(model));
    return model;
}

} // namespace fedasio::plan
