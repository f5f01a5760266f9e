#include <fedasio/dashboard/prediction_json.hpp>
#include <fedasio/data/error.hpp>
#include <fedasio/plan/applied_model.hpp>
#include <fedasio/plan/limits.hpp>
#include <fedasio/text/json_field.hpp>
#include <fedasio/text/json_keys.hpp>
#include <fedasio/text/json_reader.hpp>
#include <fedasio/text/json_text.hpp>
#include <fedasio/text/number_text.hpp>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include "json_scalar.hpp"
#include <algorithm>
#include <charconv>
#include <cmath>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace fedasio::dashboard {
namespace {

namespace json = boost::json;

/// A row that is tried may not have more; what takes the 8 MiB of a request are pictures.
constexpr std::size_t most_row_bytes = std::size_t{1} << 20;

/// With the digits that tell it from other floats, as `fedasio predict` writes it.
json::value short_number(float number) {
    return std::isfinite(number) ? text::shortest(number) : json::value(nullptr);
}

/// As it would stand in a file of this table.
std::string field_text(const text::json_field& from, char decimal) {
    const auto& value = from.value();
    if (value.is_null()) {
        return {};
    }
    std::string text;
    if (value.is_string()) {
        text = text::cell_text(from, plan::limits::cell);
    } else if (const auto* real = value.if_double()) {
        text = text::number_text(*real);
        std::ranges::replace(text, '.', decimal);
    } else if (value.is_number()) {
        text = text::canonical_text(value);
    } else {
        from.refuse("a text or a number");
    }
    return text;
}

/// How many columns a row may have: those of the model, and as many that it does not know.
std::size_t most_members(const plan::trained_model& model) {
    constexpr std::size_t spare = 100;
    return 2 * (model.schema ? model.schema->columns.size() : 0) + spare;
}

std::vector<data::named_field> row_in(std::string_view body, const plan::trained_model& model) {
    const auto parsed = text::parse_json(body, {.bytes = most_row_bytes, .depth = 3});
    const auto row = text::json_field(parsed, "sample")
                         .members({"row"})
                         .require("row", "write an object with a text or a number for each column");
    const auto& columns = text::as_object(row);
    if (columns.size() > most_members(model)) {
        row.fail("has " + std::to_string(columns.size()) + " columns, and for this model at most " +
                 std::to_string(most_members(model)) + " are allowed; leave out what it does not know");
    }
    const char decimal = model.schema ? model.schema->notation.decimal : '.';
    std::vector<data::named_field> fields;
    for (const auto& [name, value] : columns) {
        fields.push_back({std::string(name), field_text({value, row.where(name)}, decimal)});
    }
    return fields;
}

json::object outputs_json(const plan::trained_model& model, std::span<const float> outputs) {
    json::object told;
    if (model.is_regression()) {
        told["task"] = "regression";
        told["label"] = json_text(model.schema->label);
        told["prediction"] = json_number(plan::predicted_value(model, outputs[0]));
        return told;
    }
    json::array all;
    for (std::size_t i = 0; i < outputs.size(); ++i) {
        all.push_back(
            json::object{{"class", json_text(model.output_name(i))}, {"value", short_number(outputs[i])}});
    }
    told["task"] = "classification";
    told["prediction"] = json_text(model.output_name(plan::predicted_class(outputs)));
    told["probabilities"] = plan::gives_probabilities(model);
    told["outputs"] = std::move(all);
    return told;
}

json::value round_of(const plan::trained_model& model) {
    const auto told = model.metadata.find("round");
    std::uint32_t round = 0;
    if (told == model.metadata.end()) {
        return nullptr;
    }
    const auto& text = told->second;
    const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), round);
    return problem == std::errc() && end == text.data() + text.size() ? json::value(round) : nullptr;
}

json::object predicted(const plan::trained_model& model, const archive_question& tried) {
    json::array unused;
    const auto sample = [&]() -> data::dataset {
        if (tried.is_picture) {
            const auto* bytes = reinterpret_cast<const std::uint8_t*>(tried.sample.data()); // NOLINT
            return plan::picture_sample(model, {bytes, tried.sample.size()}, most_tried_pixels);
        }
        const auto fields = row_in(tried.sample, model);
        auto row = plan::row_sample(model, fields);
        std::vector<std::string> names;
        for (const auto& one : fields) {
            names.push_back(one.name);
        }
        for (const auto& name : data::columns_unknown_to(*model.schema, names)) {
            unused.push_back(json_text(name));
        }
        return row;
    }();
    plan::applied_model applied(model, 1);
    json::object told{{"model", tried.name.empty() ? json::value(nullptr) : json::value(tried.name)},
                      {"round", round_of(model)}};
    for (auto& [key, value] : outputs_json(model, applied.outputs_of(sample))) {
        told[key] = std::move(value);
    }
    told["unused"] = std::move(unused);
    return told;
}

} // namespace

archive_answer refused_answer(unsigned status, std::string_view problem) {
    archive_answer answer{text::canonical_text(json::object{{"error", json_text(problem)}})};
    answer.status = status;
    return answer;
}

archive_answer prediction_of(const plan::trained_model& model, const archive_question& tried) {
    try {
        return {text::canonical_text(predicted(model, tried))};
    } catch (const std::runtime_error& problem) {
        return refused_answer(400, (tried.is_picture && !model.schema ? "the picture " : "") +
                                       std::string(problem.what()));
    }
}

} // namespace fedasio::dashboard
