#include "onnx_table.hpp"

#include <algorithm>
#include <array>
#include <cstdint>

namespace fedasio::steering {
namespace {

constexpr std::array one_column{std::uint32_t{1}};

std::string cast(onnx_graph& graph, const std::string& value, onnx_type type) {
    return graph.node("Cast", {value}, {{"to", static_cast<std::int64_t>(type)}});
}

/// As csv_rows has it: a missing value is the mean, and a column without deviation says nothing.
std::string add_numeric(onnx_graph& graph, const data::csv_schema& schema,
                        const data::csv_column_schema& column) {
    auto value = graph.input(column.name, onnx_type::float64, one_column);
    auto instead = column.mean;
    if (schema.standardize) {
        const bool varies = column.deviation > 0;
        value = graph.node("Sub", {value, graph.constant(column.name + ".mean", column.mean)});
        value = varies
                    ? graph.node("Div", {value, graph.constant(column.name + ".deviation", column.deviation)})
                    : graph.node("Mul", {value, graph.constant(column.name + ".deviation", 0.0)});
        instead = 0;
    }
    const auto missing = graph.node("IsNaN", {value});
    value = graph.node("Where", {missing, graph.constant(column.name + ".missing", instead), value});
    return cast(graph, value, onnx_type::float32);
}

/// A 1 in the place of the category. Of one that is not known all are 0, as of a missing value; where the
/// plan counts such as one of their own, that place is 1 less all others and those of missing values.
std::string add_categorical(onnx_graph& graph, const data::csv_schema& schema,
                            const data::csv_column_schema& column) {
    const auto value = graph.input(column.name, onnx_type::string, one_column);
    auto known = column.categories;
    if (schema.unseen_is_other) {
        for (const auto& word : schema.notation.missing) {
            known.push_back(word);
        }
        known.emplace_back();
        std::vector<std::string> different;
        for (auto& word : known) {
            if (std::ranges::find(different, word) == different.end()) {
                different.push_back(std::move(word));
            }
        }
        known = std::move(different);
    }
    const auto places = graph.node(
        "OneHotEncoder", {value},
        {{"cats_strings", std::span<const std::string>(known)}, {"zeros", std::int64_t{1}}}, "ai.onnx.ml");
    const std::array dims{std::uint32_t{1}, static_cast<std::uint32_t>(known.size())};
    graph.describe(places, onnx_type::float32, dims);
    auto inputs = graph.node("Flatten", {places}, {{"axis", std::int64_t{1}}});
    if (!schema.unseen_is_other) {
        return inputs;
    }
    const auto own = column.categories.size();
    std::vector<float> to_inputs(known.size() * (own + 1));
    for (std::size_t i = 0; i < known.size(); ++i) {
        to_inputs[i * (own + 1) + own] = -1;
        if (i < own) {
            to_inputs[i * (own + 1) + i] = 1;
        }
    }
    std::vector<float> others(own + 1);
    others.back() = 1;
    const std::array place_dims{known.size(), own + 1};
    const std::array bias_dims{own + 1};
    return graph.node("Gemm", {inputs, graph.constant(column.name + ".places", place_dims, to_inputs),
                               graph.constant(column.name + ".other", bias_dims, others)});
}

} // namespace

std::string add_table(onnx_graph& graph, const data::csv_schema& schema) {
    std::vector<std::string> parts;
    for (const auto& column : schema.columns) {
        if (column.type == data::csv_column::kind::numeric) {
            parts.push_back(add_numeric(graph, schema, column));
        } else if (column.type == data::csv_column::kind::categorical && feature_count(schema, column) > 0) {
            parts.push_back(add_categorical(graph, schema, column));
        }
    }
    return graph.node("Concat", parts, {{"axis", std::int64_t{1}}});
}

} // namespace fedasio::steering
