#include <fedasio/dashboard/histogram_json.hpp>
#include <fedasio/dashboard/prediction_json.hpp>
#include <fedasio/nn/weight_histogram.hpp>
#include <fedasio/text/json_text.hpp>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include "json_scalar.hpp"
#include <algorithm>
#include <string>
#include <string_view>
#include <utility>

namespace fedasio::dashboard {
namespace {

namespace json = boost::json;

/// As many as `layers_measured` has.
constexpr std::size_t most_names = 200;

json::array names_of(std::span<const nn::model_array> arrays) {
    json::array names;
    for (const auto& one : arrays.first(std::min(arrays.size(), most_names))) {
        names.push_back(json_text(one.name));
    }
    return names;
}

json::value text_or_null(const std::string& text) {
    return text.empty() ? json::value(nullptr) : json::value(json_text(text));
}

/// Why there is nothing to count; empty: there is.
std::string_view why_not(const nn::model_array& array) {
    switch (array.role) {
    case nn::array_role::at_client:
        return "stays at the clients";
    case nn::array_role::counter:
        return "is a counter: its values are no weights";
    default:
        return {};
    }
}

} // namespace

bool can_be_counted(std::span<const nn::model_array> arrays, std::uint64_t index) {
    return index < arrays.size() && why_not(arrays[index]).empty();
}

archive_answer histogram_of(const counted_model& model, std::uint64_t index, std::span<const float> values) {
    if (index >= model.arrays.size()) {
        return refused_answer(404, "the model has no such array");
    }
    const auto& array = model.arrays[index];
    if (const auto reason = why_not(array); !reason.empty()) {
        return refused_answer(409, "'" + array.name + "' " + std::string(reason));
    }
    const auto made = nn::count_weights(values);
    const json::object told{
        {"model", text_or_null(model.name)},
        {"run", text_or_null(model.run)},
        {"round", model.round ? json::value(*model.round) : json::value(nullptr)},
        {"name", json_text(array.name)},
        {"dims", json::array(array.dims.begin(), array.dims.end())},
        {"values", made.values},
        {"not_finite", made.not_finite},
        {"zeros", made.zeros},
        {"minimum", json_number(made.minimum)},
        {"maximum", json_number(made.maximum)},
        {"mean", json_number(made.mean)},
        {"deviation", json_number(made.deviation)},
        {"low", json_number(made.low)},
        {"width", json_number(made.width)},
        {"bins", json::array(made.bins.begin(), made.bins.end())},
        {"below", made.below},
        {"above", made.above},
        {"arrays", names_of(model.arrays)},
    };
    return {text::canonical_text(told)};
}

} // namespace fedasio::dashboard
