#include <fedasio/dashboard/prediction_json.hpp>
#include <fedasio/text/json_text.hpp>

#include <boost/json/object.hpp>

#include "target.hpp"
#include <array>
#include <utility>
#include <vector>

// A sample that a browser tries a model on: the first byte says on which, the rest is its row or its picture.
// Whatever it is, the answer is one for the page, and a refusal says why.

namespace {

namespace dashboard = fedasio::dashboard;
namespace data = fedasio::data;
namespace fuzz = fedasio::fuzz;
namespace nn = fedasio::nn;
namespace text = fedasio::text;
using fedasio::plan::trained_model;

trained_model model_of(nn::shape input, std::uint32_t units, nn::activation act) {
    nn::model_spec spec;
    spec.input = input;
    if (act != nn::activation::softmax) {
        spec.objective = nn::loss::mean_squared_error;
    }
    if (input.height > 1) {
        spec.layers.emplace_back(nn::flatten{});
    }
    nn::dense layer;
    layer.units = units;
    layer.act = act;
    spec.layers.emplace_back(layer);
    nn::network network(std::move(spec));
    fedasio::net::buffer bytes(network.parameter_count() * sizeof(float));
    float next = -1;
    for (auto& weight : bytes.floats()) {
        weight = next += 0.25F;
    }
    return {std::move(network), fedasio::net::payload(std::move(bytes)), std::nullopt, {}, {{"round", "12"}}};
}

trained_model of_classes() {
    auto model = model_of({1, 1, 3}, 2, nn::activation::softmax);
    data::csv_schema schema;
    schema.label = "kind";
    schema.classes = {"up", "down"};
    schema.columns = {{"size", data::csv_column::kind::numeric, 1, 2, {}},
                      {"note", data::csv_column::kind::ignored, 0, 0, {}},
                      {"shade", data::csv_column::kind::categorical, 0, 0, {"red", "blue"}}};
    model.schema = std::move(schema);
    return model;
}

trained_model of_values() {
    auto model = model_of({1, 1, 2}, 1, nn::activation::linear);
    data::csv_schema schema;
    schema.label = "price";
    schema.regression = true;
    schema.label_mean = 1e30;
    schema.label_deviation = 1e30;
    schema.notation.decimal = ',';
    schema.columns = {{"a", data::csv_column::kind::numeric, 0, 1e-30, {}},
                      {"b", data::csv_column::kind::numeric, 1e30, 1, {}}};
    model.schema = std::move(schema);
    return model;
}

/// With models of three kinds, each tried with a row and with a picture.
const trained_model& model_by(unsigned number) {
    static const std::array<trained_model, 4> all{of_classes(), of_values(),
                                                  model_of({4, 5, 1}, 3, nn::activation::softmax),
                                                  model_of({3, 2, 3}, 2, nn::activation::relu)};
    return all[number % all.size()];
}

} // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) {
        return 0;
    }
    const unsigned first = data[0];
    dashboard::archive_question tried{dashboard::archive_question::kind::prediction};
    tried.is_picture = (first & 4U) != 0;
    tried.sample = fuzz::as_text(data + 1, size - 1);
    const auto answer = dashboard::prediction_of(model_by(first & 3U), tried);
    const auto body = text::parse_json(answer.body);
    const bool is_refused = answer.status == 400 && body.as_object().contains("error");
    fuzz::require(is_refused || (answer.status == 200 && body.as_object().contains("prediction")),
                  "an answer says what the model says, or why it does not");
    return 0;
}
