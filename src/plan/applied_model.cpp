#include <fedasio/data/error.hpp>
#include <fedasio/data/image.hpp>
#include <fedasio/data/image_folder.hpp>
#include <fedasio/plan/applied_model.hpp>

#include "last_layer.hpp"
#include <algorithm>
#include <numeric>
#include <string>
#include <utility>

namespace fedasio::plan {

applied_model::applied_model(const trained_model& model, std::size_t block)
    : model_(model), evaluator_(model.network, block) {}

std::span<const float> applied_model::outputs_of(const data::dataset& samples) {
    std::vector<std::uint32_t> indices(samples.size());
    std::iota(indices.begin(), indices.end(), 0U);
    std::vector<float> features(samples.size() * samples.feature_count());
    samples.copy_features(indices, features);
    outputs_.resize(samples.size() * model_.network.output().size());
    evaluator_.predict(model_.weights.floats(), features, outputs_, samples.size());
    return outputs_;
}

std::size_t predicted_class(std::span<const float> outputs) {
    return static_cast<std::size_t>(std::ranges::max_element(outputs) - outputs.begin());
}

double predicted_value(const trained_model& model, float output) {
    return static_cast<double>(output) * model.schema->label_deviation + model.schema->label_mean;
}

bool gives_probabilities(const trained_model& model) {
    return ends_in_softmax(model.network.spec());
}

data::image_shape picture_shape(const trained_model& model) {
    if (model.schema) {
        throw data::error("this model takes rows of a table, not pictures: send a row");
    }
    const auto input = model.network.input();
    if (input.channels != 1 && input.channels != 3) {
        throw data::error("the model takes " + std::to_string(input.channels) +
                          " channels, but images have 1 (grey) or 3 (colour)");
    }
    return {input.height, input.width, input.channels};
}

data::dataset row_sample(const trained_model& model, std::span<const data::named_field> fields) {
    if (!model.schema) {
        throw data::error("this model takes pictures, not rows of a table: send a PNG or JPEG");
    }
    auto features = data::encode_row(fields, *model.schema);
    std::vector<std::uint32_t> dims{features.inputs};
    if (model.schema->regression) {
        return {std::move(dims), std::move(features), std::vector<float>{0}};
    }
    return {std::move(dims), std::move(features), {0}, model.schema->classes};
}

data::dataset picture_sample(const trained_model& model, std::span<const std::uint8_t> bytes,
                             std::uint64_t most_pixels) {
    const auto shape = picture_shape(model);
    auto pixels = data::sample_of(data::decode_image(bytes, most_pixels), shape);
    return {{shape.height, shape.width, shape.channels},
            std::move(pixels),
            {0},
            std::vector<std::string>(model.network.output().size())};
}

} // namespace fedasio::plan
