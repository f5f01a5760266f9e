#include <fedasio/plan/limits.hpp>
#include <fedasio/plan/spec_json.hpp>
#include <fedasio/text/json_field.hpp>

#include <boost/json/array.hpp>

#include "plan/foreign_words.hpp"
#include <array>
#include <charconv>
#include <limits>

namespace fedasio::plan {

namespace json = boost::json;

namespace {

template <class Enum>
using names_of = std::pair<std::string_view, Enum>;

constexpr std::array<names_of<nn::activation>, 5> activations{{{"linear", nn::activation::linear},
                                                               {"relu", nn::activation::relu},
                                                               {"tanh", nn::activation::tanh},
                                                               {"sigmoid", nn::activation::sigmoid},
                                                               {"softmax", nn::activation::softmax}}};
constexpr std::array<names_of<nn::initializer>, 2> initializers{
    {{"he", nn::initializer::he}, {"glorot", nn::initializer::glorot}}};
constexpr std::array<names_of<nn::padding>, 2> paddings{
    {{"valid", nn::padding::valid}, {"same", nn::padding::same}}};
constexpr std::array<names_of<nn::loss>, 2> losses{
    {{"cross_entropy", nn::loss::cross_entropy}, {"mean_squared_error", nn::loss::mean_squared_error}}};
constexpr std::array<names_of<data::csv_column::kind>, 3> column_kinds{
    {{"numeric", data::csv_column::kind::numeric},
     {"categorical", data::csv_column::kind::categorical},
     {"ignored", data::csv_column::kind::ignored}}};
enum class layer_kind { dense, conv2d, max_pool2d, avg_pool2d, group_norm, flatten, dropout, activation };

constexpr std::array<names_of<layer_kind>, 8> layer_kinds{{{"dense", layer_kind::dense},
                                                           {"conv2d", layer_kind::conv2d},
                                                           {"max_pool2d", layer_kind::max_pool2d},
                                                           {"avg_pool2d", layer_kind::avg_pool2d},
                                                           {"group_norm", layer_kind::group_norm},
                                                           {"flatten", layer_kind::flatten},
                                                           {"dropout", layer_kind::dropout},
                                                           {"activation", layer_kind::activation}}};

enum class source_kind { idx, csv };

constexpr std::array<names_of<source_kind>, 2> source_kinds{
    {{"idx", source_kind::idx}, {"csv", source_kind::csv}}};

constexpr std::array<names_of<char>, 2> decimal_marks{{{".", '.'}, {",", ','}}};

constexpr text::interval share_below_one{.low = 0, .high = 1, .high_open = true};

template <class Enum, std::size_t N>
std::string_view name_of(const std::array<names_of<Enum>, N>& names, Enum value) {
    for (const auto& [name, named] : names) {
        if (named == value) {
            return name;
        }
    }
    throw std::invalid_argument("a value outside its enumeration");
}

template <class Enum, std::size_t N>
Enum choice(const text::json_field& field, const std::array<names_of<Enum>, N>& names) {
    return field.choice(std::span<const names_of<Enum>>(names));
}

template <class Enum, std::size_t N>
Enum choice_or(const text::json_members& members, std::string_view key,
               const std::array<names_of<Enum>, N>& names, Enum otherwise) {
    const auto field = members.find(key);
    return field ? choice(*field, names) : otherwise;
}

json::string_view text(std::string_view string) {
    return {string.data(), string.size()};
}

json::value shortest(float number) {
    std::array<char, 32> digits{};
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
    double same = 0;
    std::from_chars(digits.data(), end, same);
    return same;
}

// The keys that an object takes depend on its `type`, so that is read before the others are known.
template <class Enum, std::size_t N>
Enum type_of(const text::json_field& field, std::string_view key,
             const std::array<names_of<Enum>, N>& names) {
    const json::object* object = field.value().if_object();
    const json::value* type = object == nullptr ? nullptr : object->if_contains(text(key));
    if (type == nullptr) {
        std::string list;
        for (const auto& [name, value] : names) {
            list += (list.empty() ? "\"" : ", \"") + std::string(name) + "\"";
        }
        if (object == nullptr) {
            field.refuse("an object with the key `" + std::string(key) + "`: one of " + list);
        }
        field.fail("the key `" + std::string(key) + "` is missing: write one of " + list);
    }
    return choice(text::json_field(*type, field.where(key), ".", &plan_words), names);
}

nn::shape read_input(const text::json_field& field) {
    if (field.value().is_string()) {
        if (field.text(limits::plan_column_name) != "auto") {
            field.refuse("\"auto\" or the shape of a sample: [features], [height, width] or [height, width, "
                         "channels]");
        }
        return {1, 1, 0};
    }
    if (field.value().is_number()) {
        return {1, 1, field.whole32(1, limits::units)};
    }
    const auto dims = field.items(1, 3);
    if (dims.size() == 1) {
        return {1, 1, dims[0].whole32(1, limits::units)};
    }
    return {dims[0].whole32(1, limits::pixels), dims[1].whole32(1, limits::pixels),
            dims.size() == 3 ? dims[2].whole32(1, limits::pixels) : 1};
}

struct window {
    std::uint32_t height;
    std::uint32_t width;
};

window read_window(const text::json_field& field) {
    if (!field.value().is_array()) {
        const std::uint32_t side = field.whole32(1, limits::window);
        return {side, side};
    }
    const auto sides = field.items(2, 2);
    return {sides[0].whole32(1, limits::window), sides[1].whole32(1, limits::window)};
}

std::uint32_t read_square(const text::json_field& field, const std::string& remedy) {
    const window size = read_window(field);
    if (size.height != size.width) {
        field.fail(remedy);
    }
    return size.height;
}

nn::dense read_dense(const text::json_field& field) {
    const auto members = field.members({"type", "units", "activation", "initializer"});
    nn::dense layer;
    layer.units = members.require("units", "write the number of outputs").whole32(1, limits::units);
    layer.act = choice_or(members, "activation", activations, layer.act);
    layer.init = choice_or(members, "initializer", initializers, layer.init);
    return layer;
}

nn::conv2d read_conv2d(const text::json_field& field) {
    const auto members =
        field.members({"type", "filters", "kernel_size", "strides", "padding", "activation", "initializer"});
    nn::conv2d layer;
    layer.filters =
        members.require("filters", "write the number of output channels").whole32(1, limits::pixels);
    if (const auto kernel = members.find("kernel_size")) {
        const window size = read_window(*kernel);
        layer.kernel_height = size.height;
        layer.kernel_width = size.width;
    }
    if (const auto strides = members.find("strides")) {
        layer.stride = read_square(*strides, "must be the same in both directions, such as 2 or [2, 2]");
    }
    layer.pad = choice_or(members, "padding", paddings, layer.pad);
    layer.act = choice_or(members, "activation", activations, layer.act);
    layer.init = choice_or(members, "initializer", initializers, layer.init);
    return layer;
}

template <class Pooling>
Pooling read_pooling(const text::json_field& field) {
    const auto members = field.members({"type", "pool_size"});
    Pooling layer;
    if (const auto pool = members.find("pool_size")) {
        layer.size = read_square(*pool, "must be a square window, such as 2 or [2, 2]");
    }
    return layer;
}

nn::group_norm read_group_norm(const text::json_field& field) {
    const auto members = field.members({"type", "groups", "epsilon"});
    nn::group_norm layer;
    layer.groups = members.require("groups", "write into how many groups the channels are divided")
                       .whole32(1, limits::pixels);
    if (const auto epsilon = members.find("epsilon")) {
        layer.epsilon = epsilon->real32({.low = 0, .low_open = true});
    }
    return layer;
}

nn::layer_spec read_layer(const text::json_field& field) {
    switch (type_of(field, "type", layer_kinds)) {
    case layer_kind::dense:
        return read_dense(field);
    case layer_kind::conv2d:
        return read_conv2d(field);
    case layer_kind::max_pool2d:
        return read_pooling<nn::max_pool2d>(field);
    case layer_kind::avg_pool2d:
        return read_pooling<nn::avg_pool2d>(field);
    case layer_kind::group_norm:
        return read_group_norm(field);
    case layer_kind::flatten:
        static_cast<void>(field.members({"type"}));
        return nn::flatten{};
    case layer_kind::dropout: {
        const auto members = field.members({"type", "rate"});
        return nn::dropout{
            members.require("rate", "write the share of values to drop").real32(share_below_one)};
    }
    case layer_kind::activation:
        break;
    }
    const auto members = field.members({"type", "activation"});
    return nn::activate{choice(members.require("activation", "write one such as \"relu\""), activations)};
}

// One overload a layer: std::visit picks it.
json::object layer_json(const nn::dense& layer) {
    return {{"type", "dense"},
            {"units", layer.units},
            {"activation", text(name_of(activations, layer.act))},
            {"initializer", text(name_of(initializers, layer.init))}};
}

json::object layer_json(const nn::conv2d& layer) {
    json::object json{{"type", "conv2d"},
                      {"filters", layer.filters},
                      {"kernel_size", json::array{layer.kernel_height, layer.kernel_width}},
                      {"padding", text(name_of(paddings, layer.pad))},
                      {"activation", text(name_of(activations, layer.act))},
                      {"initializer", text(name_of(initializers, layer.init))}};
    // Left out where it is 1, so that a plan from before there were strides keeps its digest.
    if (layer.stride != 1) {
        json["strides"] = layer.stride;
    }
    return json;
}

json::object layer_json(const nn::max_pool2d& layer) {
    return {{"type", "max_pool2d"}, {"pool_size", layer.size}};
}

json::object layer_json(const nn::avg_pool2d& layer) {
    return {{"type", "avg_pool2d"}, {"pool_size", layer.size}};
}

json::object layer_json(const nn::group_norm& layer) {
    return {{"type", "group_norm"}, {"groups", layer.groups}, {"epsilon", shortest(layer.epsilon)}};
}

json::object layer_json(const nn::flatten& /*layer*/) {
    return {{"type", "flatten"}};
}

json::object layer_json(const nn::dropout& layer) {
    return {{"type", "dropout"}, {"rate", shortest(layer.rate)}};
}

json::object layer_json(const nn::activate& layer) {
    return {{"type", "activation"}, {"activation", text(name_of(activations, layer.act))}};
}

json::value input_json(const nn::shape& input) {
    if (input == nn::shape{1, 1, 0}) {
        return "auto";
    }
    if (input.height == 1 && input.width == 1) {
        return json::array{input.channels};
    }
    return json::array{input.height, input.width, input.channels};
}

std::string path_or_empty(const text::json_members& members, std::string_view key) {
    const auto field = members.find(key);
    return field ? field->text(limits::plan_path) : std::string();
}

data::idx_source read_idx_source(const text::json_field& field) {
    const auto members =
        field.members({"type", "train_images", "train_labels", "test_images", "test_labels"});
    data::idx_source source;
    source.train_images =
        members.require("train_images", "write the path of the images' file").text(limits::plan_path);
    source.train_labels =
        members.require("train_labels", "write the path of the labels' file").text(limits::plan_path);
    source.test_images = path_or_empty(members, "test_images");
    source.test_labels = path_or_empty(members, "test_labels");
    if (source.test_images.empty() != source.test_labels.empty()) {
        field.fail("`test_images` and `test_labels` go together; write both or neither");
    }
    return source;
}

char read_delimiter(const text::json_field& field) {
    const json::string* string = field.value().if_string();
    if (string != nullptr && string->size() == 1) {
        const char c = string->front();
        if (c == '\t' || (c >= ' ' && c <= '~' && c != '"')) {
            return c;
        }
    }
    field.refuse("one ASCII character that is no quote and no line end, such as \",\", \";\" or \"\\t\"");
}

data::csv_column read_column(const text::json_field& field) {
    data::csv_column column;
    if (field.value().is_string()) {
        column.type = choice(field, column_kinds);
        return column;
    }
    column.type = type_of(field, "type", column_kinds);
    if (column.type != data::csv_column::kind::categorical) {
        static_cast<void>(field.members({"type"}));
        return column;
    }
    const auto members = field.members({"type", "categories"});
    if (const auto categories = members.find("categories")) {
        for (const text::json_field& category : categories->items(1, limits::plan_categories)) {
            std::string name = category.text(limits::plan_column_name);
            if (std::ranges::find(column.categories, name) != column.categories.end()) {
                category.fail("the category \"" + name + "\" is already in the list; remove one");
            }
            column.categories.push_back(std::move(name));
        }
    }
    return column;
}

char read_thousands(const text::json_field& field) {
    const json::string* string = field.value().if_string();
    constexpr std::string_view separators = ",.' _";
    if (string != nullptr && string->empty()) {
        return '\0';
    }
    if (string == nullptr || string->size() != 1 ||
        separators.find(string->front()) == std::string_view::npos) {
        field.refuse("\"\" or one of \",\", \".\", \"'\", \" \" and \"_\"");
    }
    return string->front();
}

data::csv_notation read_notation(const text::json_members& members) {
    data::csv_notation notation;
    if (const auto decimal = members.find("decimal")) {
        notation.decimal = choice(*decimal, decimal_marks);
    }
    if (const auto thousands = members.find("thousands")) {
        notation.thousands = read_thousands(*thousands);
        if (notation.thousands == notation.decimal) {
            thousands->fail("is the decimal mark as well; set `decimal` to the other one of \".\" and \",\"");
        }
    }
    if (const auto missing = members.find("missing")) {
        notation.missing.clear();
        for (const text::json_field& word : missing->items(0, limits::missing_words)) {
            const bool is_empty = word.value().is_string() && word.value().get_string().empty();
            if (!is_empty) { // an empty field is missing anyway
                notation.missing.push_back(word.text(limits::plan_column_name));
            }
        }
    }
    return notation;
}

/// Whether the second one of two words was chosen.
bool is_second(const text::json_members& members, std::string_view key, std::string_view first,
               std::string_view second) {
    const auto field = members.find(key);
    const std::array<names_of<bool>, 2> words{{{first, false}, {second, true}}};
    return field && choice(*field, words);
}

data::csv_source read_csv_source(const text::json_field& field) {
    const auto members =
        field.members({"type", "train", "test", "label", "delimiter", "standardize", "columns", "missing",
                       "decimal", "thousands", "extra_columns", "unlabelled", "unseen"});
    data::csv_source source;
    source.train = path_or_empty(members, "train");
    source.test = path_or_empty(members, "test");
    source.label =
        members.require("label", "write the name of the column to be learned").text(limits::plan_column_name);
    if (const auto delimiter = members.find("delimiter")) {
        source.delimiter = read_delimiter(*delimiter);
    }
    if (const auto standardize = members.find("standardize")) {
        source.standardize = standardize->boolean();
    }
    source.notation = read_notation(members);
    source.ignore_extra_columns = is_second(members, "extra_columns", "refuse", "ignore");
    source.skip_unlabelled = is_second(members, "unlabelled", "refuse", "skip");
    source.unseen_is_other = is_second(members, "unseen", "refuse", "other");
    if (const auto columns = members.find("columns")) {
        const json::object* object = columns->value().if_object();
        if (object == nullptr || object->size() > limits::plan_columns) {
            columns->refuse("an object of at most " + std::to_string(limits::plan_columns) +
                            " columns, such as {\"age\": \"numeric\"}");
        }
        for (const auto& member : *object) {
            const json::value key(member.key());
            const std::string name = text::json_field(key, columns->where() + ": the column's name")
                                         .text(limits::plan_column_name);
            const text::json_field column(member.value(), columns->where(name), ".", &plan_words);
            source.columns.emplace(name, read_column(column));
            if (name == source.label && source.columns[name].type == data::csv_column::kind::ignored) {
                column.fail("the label cannot be ignored; name another column as `label`");
            }
        }
    }
    return source;
}

json::object column_json(const data::csv_column& column) {
    json::object result{{"type", text(name_of(column_kinds, column.type))}};
    if (!column.categories.empty()) {
        json::array categories;
        for (const std::string& category : column.categories) {
            categories.emplace_back(text(category));
        }
        result["categories"] = std::move(categories);
    }
    return result;
}

void put_unless_empty(json::object& object, std::string_view key, const std::string& value) {
    if (!value.empty()) {
        object[text(key)] = text(value);
    }
}

json::object source_json(const data::idx_source& source) {
    json::object result{{"type", "idx"},
                        {"train_images", text(source.train_images)},
                        {"train_labels", text(source.train_labels)}};
    put_unless_empty(result, "test_images", source.test_images);
    put_unless_empty(result, "test_labels", source.test_labels);
    return result;
}

void put_notation(json::object& object, const data::csv_notation& notation) {
    const data::csv_notation usual;
    if (notation.missing != usual.missing) {
        json::array words;
        for (const std::string& word : notation.missing) {
            words.emplace_back(text(word));
        }
        object["missing"] = std::move(words);
    }
    if (notation.decimal != usual.decimal) {
        object["decimal"] = text(name_of(decimal_marks, notation.decimal));
    }
    if (notation.thousands != usual.thousands) {
        object["thousands"] = text(std::string_view(&notation.thousands, 1));
    }
}

json::object source_json(const data::csv_source& source) {
    json::object result{{"type", "csv"}};
    put_unless_empty(result, "train", source.train);
    put_unless_empty(result, "test", source.test);
    result["label"] = text(source.label);
    result["delimiter"] = text(std::string_view(&source.delimiter, 1));
    result["standardize"] = source.standardize;
    json::object columns;
    for (const auto& [name, column] : source.columns) {
        columns[text(name)] = column_json(column);
    }
    result["columns"] = std::move(columns);
    // A plan from before there were these keys keeps its digest, and workers from then understand it.
    put_notation(result, source.notation);
    if (source.ignore_extra_columns) {
        result["extra_columns"] = "ignore";
    }
    if (source.skip_unlabelled) {
        result["unlabelled"] = "skip";
    }
    if (source.unseen_is_other) {
        result["unseen"] = "other";
    }
    return result;
}

} // namespace

json::object to_json(const nn::model_spec& what) {
    json::array layers;
    for (const nn::layer_spec& layer : what.layers) {
        layers.emplace_back(std::visit([](const auto& one) { return layer_json(one); }, layer));
    }
    return {{"input", input_json(what.input)},
            {"layers", std::move(layers)},
            {"loss", text(name_of(losses, what.objective))}};
}

nn::model_spec model_from_json(const json::value& value, std::string_view where) {
    const auto members =
        text::json_field(value, std::string(where), ".", &plan_words).members({"input", "layers", "loss"});
    nn::model_spec model;
    const auto input = members.find("input");
    model.input = input ? read_input(*input) : nn::shape{1, 1, 0};
    const auto layers = members.require("layers", "write an array of layers, the last of them the output");
    for (const text::json_field& layer : layers.items(1, limits::layers)) {
        model.layers.push_back(read_layer(layer));
    }
    model.objective = choice_or(members, "loss", losses, model.objective);
    return model;
}

json::object to_json(const data::source_spec& what) {
    return std::visit([](const auto& source) { return source_json(source); }, what);
}

data::source_spec source_from_json(const json::value& value, std::string_view where) {
    const text::json_field field(value, std::string(where), ".", &plan_words);
    if (type_of(field, "type", source_kinds) == source_kind::idx) {
        return read_idx_source(field);
    }
    return read_csv_source(field);
}

} // namespace fedasio::plan
