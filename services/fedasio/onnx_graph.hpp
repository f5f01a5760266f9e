#pragma once

#include "protobuf_message.hpp"
#include <cstddef>
#include <cstdint>
#include <map>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace fedasio::steering {

/// The numbers that ONNX has for types of elements (TensorProto.DataType).
enum class onnx_type : std::uint8_t { float32 = 1, int64 = 7, string = 8, float64 = 11 };

/// A graph of ONNX (https://onnx.ai/onnx/repo-docs/IR.html) that is built node by node, each after those
/// whose outputs it takes. Names of values are unique: a wanted one that is taken gets underscores.
class onnx_graph {
public:
    /// One attribute of a node.
    class attribute {
    public:
        attribute(std::string_view name, std::int64_t value);
        attribute(std::string_view name, float value);
        attribute(std::string_view name, std::span<const std::int64_t> values);
        attribute(std::string_view name, std::span<const std::string> values);

        [[nodiscard]] const protobuf_message& content() const noexcept { return content_; }

    private:
        protobuf_message content_;
    };

    /// A batch of whatever size, then `dims`.
    std::string input(const std::string& name, onnx_type type, std::span<const std::uint32_t> dims);
    void output(const std::string& value, onnx_type type, std::span<const std::uint32_t> dims);

    /// What a node gives that not every reader works out for itself.
    void describe(const std::string& value, onnx_type type, std::span<const std::uint32_t> dims);

    std::string constant(const std::string& name, std::span<const std::size_t> dims,
                         std::span<const float> values);
    std::string constant(const std::string& name, double value);
    std::string constant(const std::string& name, std::span<const std::int64_t> values);

    /// Returns the name of its output. `domain` empty: the standard operators.
    std::string node(std::string_view op, const std::vector<std::string>& inputs,
                     const std::vector<attribute>& attributes = {}, std::string_view domain = {},
                     const std::string& wanted_name = {});

    /// A whole ModelProto. Throws std::runtime_error over the 2 GiB that the format can hold.
    [[nodiscard]] std::string model_bytes(const std::string& name, const std::string& doc,
                                          const std::map<std::string, std::string>& metadata) const;

private:
    std::string unique(std::string wanted);
    std::string add(protobuf_message tensor, const std::string& wanted_name);
    static protobuf_message value_info(const std::string& name, onnx_type type,
                                       std::span<const std::uint32_t> dims);

    std::set<std::string> names_;
    std::size_t nodes_ = 0;
    protobuf_message content_;
};

} // namespace fedasio::steering
