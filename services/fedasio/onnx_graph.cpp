#include "onnx_graph.hpp"

#include <fedasio/build_info.hpp>

#include <bit>
#include <limits>
#include <stdexcept>
#include <utility>

namespace fedasio::steering {
namespace {

// The numbers of fields are those of onnx.proto; values lie in memory as the format has them.
static_assert(std::endian::native == std::endian::little);

// Of 2020, which every reader of today knows.
constexpr std::uint64_t ir_version = 7;
constexpr std::uint64_t operators = 13;
constexpr std::uint64_t ml_operators = 2;

enum attribute_type : std::uint8_t { of_float = 1, of_int = 2, of_ints = 7, of_strings = 8 };

protobuf_message named(std::string_view name, attribute_type type) {
    return protobuf_message().text(1, name).number(20, type);
}

template <class Value>
protobuf_message tensor(onnx_type type, std::span<const std::size_t> dims, std::span<const Value> values) {
    protobuf_message content;
    for (const auto dim : dims) {
        content.number(1, dim);
    }
    content.number(2, static_cast<std::uint64_t>(type));
    content.text(9, {reinterpret_cast<const char*>(values.data()), values.size_bytes()}); // NOLINT
    return content;
}

} // namespace

onnx_graph::attribute::attribute(std::string_view name, std::int64_t value) : content_(named(name, of_int)) {
    content_.number(3, static_cast<std::uint64_t>(value));
}

onnx_graph::attribute::attribute(std::string_view name, float value) : content_(named(name, of_float)) {
    content_.real(2, value);
}

onnx_graph::attribute::attribute(std::string_view name, std::span<const std::int64_t> values)
    : content_(named(name, of_ints)) {
    for (const auto value : values) {
        content_.number(8, static_cast<std::uint64_t>(value));
    }
}

onnx_graph::attribute::attribute(std::string_view name, std::span<const std::string> values)
    : content_(named(name, of_strings)) {
    for (const auto& value : values) {
        content_.text(9, value);
    }
}

std::string onnx_graph::unique(std::string wanted) {
    while (!names_.insert(wanted).second) {
        wanted += '_';
    }
    return wanted;
}

protobuf_message onnx_graph::value_info(const std::string& name, onnx_type type,
                                        std::span<const std::uint32_t> dims) {
    protobuf_message shape;
    shape.message(1, protobuf_message().text(2, "batch"));
    for (const auto dim : dims) {
        shape.message(1, protobuf_message().number(1, dim));
    }
    const auto tensor = protobuf_message().number(1, static_cast<std::uint64_t>(type)).message(2, shape);
    return protobuf_message().text(1, name).message(2, protobuf_message().message(1, tensor));
}

std::string onnx_graph::input(const std::string& name, onnx_type type, std::span<const std::uint32_t> dims) {
    auto own = unique(name);
    content_.message(11, value_info(own, type, dims));
    return own;
}

void onnx_graph::output(const std::string& value, onnx_type type, std::span<const std::uint32_t> dims) {
    content_.message(12, value_info(value, type, dims));
}

void onnx_graph::describe(const std::string& value, onnx_type type, std::span<const std::uint32_t> dims) {
    content_.message(13, value_info(value, type, dims));
}

std::string onnx_graph::add(protobuf_message tensor, const std::string& wanted_name) {
    auto own = unique(wanted_name);
    tensor.text(8, own);
    content_.message(5, tensor);
    return own;
}

std::string onnx_graph::constant(const std::string& name, std::span<const std::size_t> dims,
                                 std::span<const float> values) {
    return add(tensor(onnx_type::float32, dims, values), name);
}

std::string onnx_graph::constant(const std::string& name, double value) {
    return add(tensor(onnx_type::float64, {}, std::span<const double>(&value, 1)), name);
}

std::string onnx_graph::constant(const std::string& name, std::span<const std::int64_t> values) {
    const auto size = values.size();
    return add(tensor(onnx_type::int64, std::span(&size, 1), values), name);
}

std::string onnx_graph::node(std::string_view op, const std::vector<std::string>& inputs,
                             const std::vector<attribute>& attributes, std::string_view domain,
                             const std::string& wanted_name) {
    const auto number = std::to_string(nodes_++);
    auto result = unique(wanted_name.empty() ? number + "." + std::string(op) : wanted_name);
    protobuf_message content;
    for (const auto& input : inputs) {
        content.text(1, input);
    }
    content.text(2, result).text(3, number + "." + std::string(op)).text(4, op);
    for (const auto& one : attributes) {
        content.message(5, one.content());
    }
    if (!domain.empty()) {
        content.text(7, domain);
    }
    content_.message(1, content);
    return result;
}

std::string onnx_graph::model_bytes(const std::string& name, const std::string& doc,
                                    const std::map<std::string, std::string>& metadata) const {
    auto graph = content_;
    graph.text(2, name);
    protobuf_message model;
    model.number(1, ir_version).text(2, "fedasio").text(3, version()).text(6, doc).message(7, graph);
    model.message(8, protobuf_message().text(1, "").number(2, operators));
    model.message(8, protobuf_message().text(1, "ai.onnx.ml").number(2, ml_operators));
    for (const auto& [key, value] : metadata) {
        model.message(14, protobuf_message().text(1, key).text(2, value));
    }
    if (model.bytes().size() > std::numeric_limits<std::int32_t>::max()) {
        throw std::runtime_error("the model takes more than the 2 GiB that an ONNX file can hold: export it "
                                 "with --npz");
    }
    return model.bytes();
}

} // namespace fedasio::steering
