#include <fedasio/nn/network.hpp>
#include <fedasio/random.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <nn/batch_check.hpp>
#include <optional>
#include <sstream>
#include <stdexcept>
#include <string_view>
#include <utility>

namespace fedasio::nn {

namespace {

constexpr std::uint64_t largest = std::numeric_limits<std::int32_t>::max();

[[nodiscard]] std::string_view type_of(const layer_spec& layer) {
    struct names {
        std::string_view operator()(const dense&) const { return "dense"; }

        std::string_view operator()(const conv2d&) const { return "conv2d"; }

        std::string_view operator()(const max_pool2d&) const { return "max_pool2d"; }

        std::string_view operator()(const flatten&) const { return "flatten"; }

        std::string_view operator()(const dropout&) const { return "dropout"; }

        std::string_view operator()(const activate&) const { return "activate"; }

        std::string_view operator()(const avg_pool2d&) const { return "avg_pool2d"; }

        std::string_view operator()(const group_norm&) const { return "group_norm"; }
    };

    return std::visit(names{}, layer);
}

[[nodiscard]] std::string_view name_of(activation act) {
    switch (act) {
    case activation::linear:
        return "linear";
    case activation::relu:
        return "relu";
    case activation::tanh:
        return "tanh";
    case activation::sigmoid:
        return "sigmoid";
    case activation::softmax:
        return "softmax";
    }
    return "unknown";
}

[[nodiscard]] std::optional<activation> activation_of(const layer_spec& layer) {
    const auto find = [](const auto& it) -> std::optional<activation> {
        if constexpr (requires { it.act; }) {
            return it.act;
        } else {
            return std::nullopt;
        }
    };
    return std::visit(find, layer);
}

[[nodiscard]] std::string text_of(const shape& it) {
    if (it.height == 1 && it.width == 1) {
        return std::to_string(it.channels);
    }
    return std::to_string(it.height) + "x" + std::to_string(it.width) + "x" + std::to_string(it.channels);
}

[[nodiscard]] bool is_flat(const shape& it) {
    return it.height == 1 && it.width == 1;
}

/// The product, or a number over `largest` if it is larger than that.
[[nodiscard]] std::uint64_t bounded_product(std::initializer_list<std::uint64_t> factors) {
    std::uint64_t product = 1;
    for (const std::uint64_t factor : factors) {
        product = std::min(product, largest + 1) * std::min(factor, largest + 1);
    }
    return product;
}

[[nodiscard]] std::uint64_t values_of(const shape& it) {
    return bounded_product({it.height, it.width, it.channels});
}

/// Works out one layer after the other: checks it, finds its output shape and places its parameters.
class layer_checker {
public:
    explicit layer_checker(const model_spec& spec) : shape_(spec.input), count_(spec.layers.size()) {}

    std::vector<layer_layout> layers;
    std::vector<parameter> parameters;
    std::uint64_t parameter_count = 0;

    void add(const layer_spec& layer) {
        number_ = layers.size();
        type_ = type_of(layer);
        const std::uint64_t first = parameter_count;
        layer_layout layout{.spec = layer, .input = shape_, .output = shape_};
        layout.output = std::visit([this](const auto& it) { return check(it); }, layer);
        if (values_of(layout.output) > largest) {
            refuse("gives " + text_of(layout.output) + " values a sample, more than " +
                       std::to_string(largest),
                   "make the layer smaller");
        }
        layout.offset = first;
        layout.size = parameter_count - first;
        layers.push_back(layout);
        shape_ = layers.back().output;
    }

private:
    [[noreturn]] void refuse(const std::string& what, const std::string& remedy) const {
        throw std::invalid_argument("layer " + std::to_string(number_) + " (" + std::string(type_) + ") " +
                                    what + ": " + remedy);
    }

    [[nodiscard]] shape check(const dense& it) {
        if (!is_flat(shape_)) {
            refuse("takes a flat input but gets an image of " + text_of(shape_),
                   "put a flatten layer before it");
        }
        if (it.units == 0) {
            refuse("has no units", "set units to 1 or more");
        }
        const shape output{1, 1, it.units};
        check(it.act, output);
        add_parameter("kernel", {shape_.channels, it.units});
        add_parameter("bias", {it.units});
        return output;
    }

    [[nodiscard]] shape check(const conv2d& it) {
        if (it.filters == 0) {
            refuse("has no filters", "set filters to 1 or more");
        }
        if (it.kernel_height == 0 || it.kernel_width == 0) {
            refuse("has an empty kernel", "make it 1x1 or larger");
        }
        if (it.stride == 0) {
            refuse("has a stride of 0", "set it to 1 or more");
        }
        std::uint32_t height = shape_.height;
        std::uint32_t width = shape_.width;
        if (it.pad == padding::valid) {
            if (it.kernel_height > shape_.height || it.kernel_width > shape_.width) {
                refuse("has a kernel of " + std::to_string(it.kernel_height) + "x" +
                           std::to_string(it.kernel_width) + ", larger than its input of " + text_of(shape_),
                       "use a smaller kernel or padding same");
            }
            height -= it.kernel_height - 1;
            width -= it.kernel_width - 1;
        }
        const shape output{(height - 1) / it.stride + 1, (width - 1) / it.stride + 1, it.filters};
        check(it.act, output);
        add_parameter("kernel", {it.kernel_height, it.kernel_width, shape_.channels, it.filters});
        add_parameter("bias", {it.filters});
        return output;
    }

    [[nodiscard]] shape check(const max_pool2d& it) const { return check_window(it.size); }

    [[nodiscard]] shape check(const avg_pool2d& it) const { return check_window(it.size); }

    [[nodiscard]] shape check_window(std::uint32_t size) const {
        if (size == 0) {
            refuse("has an empty window", "set size to 1 or more");
        }
        if (size > shape_.height || size > shape_.width) {
            refuse("has a window of " + std::to_string(size) + "x" + std::to_string(size) +
                       ", larger than its input of " + text_of(shape_),
                   "use a smaller window or fewer pooling layers");
        }
        return {shape_.height / size, shape_.width / size, shape_.channels};
    }

    [[nodiscard]] shape check(const group_norm& it) {
        if (it.groups == 0 || shape_.channels % it.groups != 0) {
            refuse("divides " + std::to_string(shape_.channels) + " channels into " +
                       std::to_string(it.groups) + " groups",
                   "set groups to a divisor of the number of channels");
        }
        if (shape_.size() == it.groups) {
            refuse("has one value in each group, and would make it 0", "set fewer groups");
        }
        const bool is_positive = it.epsilon > 0.0F && std::isfinite(it.epsilon); // NaN is not
        if (!is_positive) {
            refuse("has an epsilon of " + std::to_string(it.epsilon), "set it above 0, such as 1e-5");
        }
        add_parameter("gamma", {shape_.channels});
        add_parameter("beta", {shape_.channels});
        return shape_;
    }

    [[nodiscard]] shape check(const flatten&) const {
        return {1, 1, static_cast<std::uint32_t>(shape_.size())};
    }

    [[nodiscard]] shape check(const dropout& it) const {
        const bool is_share = it.rate >= 0.0F && it.rate < 1.0F; // NaN is not
        if (!is_share) {
            refuse("has a rate of " + std::to_string(it.rate), "set it to at least 0 and below 1");
        }
        return shape_;
    }

    [[nodiscard]] shape check(const activate& it) const {
        check(it.act, shape_);
        return shape_;
    }

    void check(activation act, const shape& output) const {
        if (act != activation::softmax) {
            return;
        }
        if (number_ + 1 != count_) {
            refuse("is a softmax with layers after it", "use softmax in the last layer only");
        }
        if (!is_flat(output)) {
            refuse("is a softmax over an image of " + text_of(output), "end with flatten and a dense layer");
        }
        if (output.channels < 2) {
            refuse("is a softmax over one value, which is always 1", "use 2 units or more, or a sigmoid");
        }
    }

    void add_parameter(std::string_view array, std::initializer_list<std::uint64_t> dims) {
        const std::uint64_t size = bounded_product(dims);
        if (size > largest || parameter_count + size > largest) {
            refuse("brings the model to more than " + std::to_string(largest) + " parameters",
                   "make it or the layers before it smaller");
        }
        parameters.push_back(
            {.name = std::to_string(number_) + "." + std::string(type_) + "." + std::string(array),
             .dims = {dims.begin(), dims.end()},
             .offset = parameter_count,
             .size = size});
        parameter_count += size;
    }

    shape shape_;
    std::size_t count_;
    std::size_t number_ = 0;
    std::string_view type_;
};

void check_whole(const model_spec& spec) {
    if (values_of(spec.input) == 0) {
        throw std::invalid_argument("the model's input " + text_of(spec.input) +
                                    " is empty: give it a height, width and channels of 1 or more");
    }
    if (values_of(spec.input) > largest) {
        throw std::invalid_argument("the model's input " + text_of(spec.input) + " has more than " +
                                    std::to_string(largest) + " values: use smaller samples");
    }
    if (spec.layers.empty()) {
        throw std::invalid_argument("the model has no layers: add at least one dense or conv2d layer");
    }
}

void check_objective(const model_spec& spec) {
    const layer_spec& last = spec.layers.back();
    if (spec.objective == loss::cross_entropy && activation_of(last) != activation::softmax) {
        throw std::invalid_argument(
            "layer " + std::to_string(spec.layers.size() - 1) + " (" + std::string(type_of(last)) +
            ") is the last one and is not a softmax, which cross_entropy needs: give it the "
            "activation softmax with one unit a class, or use mean_squared_error");
    }
}

} // namespace

struct network::description {
    model_spec spec;
    std::vector<layer_layout> layers;
    std::vector<parameter> parameters;
    std::size_t parameter_count = 0;
};

network::network(model_spec spec) {
    check_whole(spec);
    layer_checker checker(spec);
    for (const layer_spec& layer : spec.layers) {
        checker.add(layer);
    }
    check_objective(spec);
    if (checker.parameter_count == 0) {
        throw std::invalid_argument("the model has nothing to learn: add at least one dense or conv2d layer");
    }
    description_ = std::make_shared<const description>(
        std::move(spec), std::move(checker.layers), std::move(checker.parameters), checker.parameter_count);
}

const model_spec& network::spec() const noexcept {
    return description_->spec;
}

shape network::input() const noexcept {
    return description_->spec.input;
}

shape network::output() const noexcept {
    return description_->layers.back().output;
}

std::span<const layer_layout> network::layers() const noexcept {
    return description_->layers;
}

std::size_t network::parameter_count() const noexcept {
    return description_->parameter_count;
}

std::span<const parameter> network::parameters() const noexcept {
    return description_->parameters;
}

bool network::initialise(std::span<float> weights, std::uint64_t seed,
                         const std::function<bool()>& unwanted) const {
    check_weights(*this, weights);
    constexpr std::size_t step = std::size_t{1} << 18;
    const auto in_steps = [&](std::span<float> part, const auto& next) {
        for (std::size_t done = 0; done < part.size(); done += step) {
            if (unwanted && unwanted()) {
                return false;
            }
            std::ranges::generate(part.subspan(done, std::min(step, part.size() - done)), next);
        }
        return true;
    };
    for (std::size_t number = 0; number < layers().size(); ++number) {
        const layer_layout& layer = layers()[number];
        random_stream stream(seed, purpose::weights, 0, static_cast<std::uint32_t>(number));
        const auto fill = [&](std::size_t size, initializer init, double fan_in, double fan_out) {
            const double deviation = std::sqrt(2.0 / fan_in);
            const double limit = std::sqrt(6.0 / (fan_in + fan_out));
            return in_steps(weights.subspan(layer.offset, size), [&] {
                return static_cast<float>(init == initializer::he
                                              ? deviation * stream.normal()
                                              : limit * (2.0 * stream.uniform_double() - 1.0));
            });
        };
        std::size_t filled = 0;
        bool wanted = true;
        if (const auto* full = std::get_if<dense>(&layer.spec)) {
            const std::size_t inputs = layer.input.size();
            filled = inputs * full->units;
            wanted = fill(filled, full->init, static_cast<double>(inputs), full->units);
        } else if (const auto* conv = std::get_if<conv2d>(&layer.spec)) {
            const std::size_t area = std::size_t{conv->kernel_height} * conv->kernel_width;
            const std::size_t inputs = area * layer.input.channels;
            filled = inputs * conv->filters;
            wanted = fill(filled, conv->init, static_cast<double>(inputs),
                          static_cast<double>(area * conv->filters));
        } else if (std::holds_alternative<group_norm>(layer.spec)) {
            filled = layer.input.channels;
            std::ranges::fill(weights.subspan(layer.offset, filled), 1.0F);
        }
        if (!wanted) {
            return false;
        }
        std::ranges::fill(weights.subspan(layer.offset + filled, layer.size - filled), 0.0F); // biases
    }
    return true;
}

std::string network::summary() const {
    std::ostringstream text;
    for (std::size_t number = 0; number < layers().size(); ++number) {
        const layer_layout& layer = layers()[number];
        text << number << ' ' << type_of(layer.spec) << ' ' << text_of(layer.input) << " -> "
             << text_of(layer.output);
        if (const auto act = activation_of(layer.spec)) {
            text << ' ' << name_of(*act);
        }
        if (layer.size != 0) {
            text << ", " << layer.size << " parameters";
        }
        text << '\n';
    }
    text << parameter_count() << " parameters\n";
    return text.str();
}

} // namespace fedasio::nn
