#include <fedasio/plan/arrays_json.hpp>
#include <fedasio/plan/limits.hpp>
#include <fedasio/plan/schema_json.hpp>
#include <fedasio/plan/spec_json.hpp>
#include <fedasio/plan/trained_model.hpp>
#include <fedasio/text/json_reader.hpp>
#include <fedasio/text/json_text.hpp>

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <utility>

namespace fedasio::plan {

namespace {

constexpr text::json_limits schema_limits{.bytes = std::size_t{64} << 20U};

std::optional<data::csv_schema> schema_in(const std::filesystem::path& path,
                                          const std::map<std::string, std::string>& metadata) {
    const auto text = metadata.find("schema");
    if (text == metadata.end()) {
        return std::nullopt;
    }
    try {
        const auto json = text::parse_json(text->second, schema_limits);
        if (!json.is_object()) {
            throw std::invalid_argument("it is no object");
        }
        return read_schema(json.get_object());
    } catch (const std::exception& e) {
        throw store::model_file_error(path,
                                      std::string("the `schema` in its metadata is damaged: ") + e.what());
    }
}

/// Those of images; a table's stand in its schema.
std::vector<std::string> class_names_in(const std::filesystem::path& path,
                                        const std::map<std::string, std::string>& metadata) {
    const auto text = metadata.find("classes");
    if (text == metadata.end()) {
        return {};
    }
    try {
        const auto json = text::parse_json(text->second, schema_limits);
        return text::cell_texts(text::json_field(json, "classes"), data::most_categories, limits::cell);
    } catch (const std::exception& e) {
        throw store::model_file_error(path,
                                      std::string("the `classes` in its metadata are damaged: ") + e.what());
    }
}

nn::network network_in(const std::filesystem::path& path, const std::map<std::string, std::string>& metadata,
                       const std::optional<data::csv_schema>& schema, const std::optional<plan>& of) {
    const auto text = metadata.find("network");
    if (text == metadata.end() && metadata.contains("arrays")) {
        throw store::model_file_error(path, "it is the model of a trainer of one's own, whose network is not "
                                            "known here: load it in Python with fedasio.load_model");
    }
    if (text == metadata.end() && !of) {
        throw store::model_file_error(path,
                                      "its metadata do not say what network it is of, as those of older "
                                      "versions, or from elsewhere: name its plan with --plan PLAN");
    }
    try {
        auto spec = of ? of->model : model_from_json(text::parse_json(text->second), "`network`");
        if (spec.input.size() == 0 && schema) {
            spec.input = {1, 1, static_cast<std::uint32_t>(data::feature_count(*schema))};
        }
        nn::network network(std::move(spec));
        if (schema && network.input().size() != data::feature_count(*schema)) {
            throw std::invalid_argument("it takes " + std::to_string(network.input().size()) +
                                        " inputs, but the encoding makes " +
                                        std::to_string(data::feature_count(*schema)));
        }
        if (schema && !schema->regression && schema->classes.empty()) {
            throw std::invalid_argument("its encoding is of a classification, and names no classes");
        }
        const auto units = network.output().size();
        if (schema && (schema->regression ? units != 1 : schema->classes.size() > units)) {
            throw std::invalid_argument(
                "its last layer has " + std::to_string(units) + " units, which is not " +
                (schema->regression ? "the one of a regression" : "one for each class of the encoding"));
        }
        return network;
    } catch (const std::exception& e) {
        throw store::model_file_error(path,
                                      (of ? std::string("the plan's model does not fit: ")
                                          : std::string("the `network` in its metadata cannot be used: ")) +
                                          e.what());
    }
}

} // namespace

std::string trained_model::output_name(std::size_t output) const {
    const auto& names = schema ? schema->classes : class_names;
    return output < names.size() ? names[output] : std::to_string(output);
}

std::vector<store::tensor_shape> layout_of(const nn::network& network) {
    std::vector<store::tensor_shape> layout;
    for (const auto& parameter : network.parameters()) {
        layout.push_back({parameter.name, parameter.dims});
    }
    return layout;
}

std::vector<store::tensor_shape> layout_of(const nn::model_arrays& arrays) {
    std::vector<store::tensor_shape> layout;
    for (const auto& one : arrays.all()) {
        layout.push_back({one.name, one.dims});
    }
    return layout;
}

nn::model_arrays arrays_of(const std::filesystem::path& path, const store::model_file& file) {
    try {
        if (const auto told = file.metadata.find("arrays"); told != file.metadata.end()) {
            return arrays_from_json(text::parse_json(told->second, schema_limits), "`arrays`");
        }
        std::vector<nn::model_array> all;
        for (const auto& tensor : file.tensors) {
            all.push_back({tensor.name, tensor.dims, "float32", nn::usual_role(tensor.name, "float32")});
        }
        return {std::move(all), limits::parameters};
    } catch (const std::exception& e) {
        throw store::model_file_error(path, e.what());
    }
}

trained_model read_trained_model(const std::filesystem::path& path, const std::optional<plan>& of) {
    auto metadata = store::read_safetensors_metadata(path);
    auto schema = schema_in(path, metadata);
    auto class_names = class_names_in(path, metadata);
    auto network = network_in(path, metadata, schema, of);
    const auto bytes = network.parameter_count() * sizeof(float);
    if (bytes > std::filesystem::file_size(path)) {
        throw store::model_file_error(path, "it is too short for its network of " +
                                                std::to_string(network.parameter_count()) +
                                                " parameters; it is damaged, or of another model");
    }
    net::buffer weights(bytes);
    load_model(path, layout_of(network), weights.floats());
    return {std::move(network), net::payload(std::move(weights)), std::move(schema), std::move(class_names),
            std::move(metadata)};
}

} // namespace fedasio::plan
