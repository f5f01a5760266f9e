#pragma once

#include <bit>
#include <cstdint>
#include <string>
#include <string_view>

namespace fedasio::steering {

/// A message of Protocol Buffers, field by field in its wire format
/// (https://protobuf.dev/programming-guides/encoding): of the kinds of fields those that ONNX and TensorBoard
/// need.
class protobuf_message {
public:
    protobuf_message& number(std::uint32_t field, std::uint64_t value) {
        key(field, 0);
        varint(value);
        return *this;
    }

    protobuf_message& real(std::uint32_t field, float value) {
        constexpr std::uint32_t bits_in_byte = 8;
        key(field, 5); // four bytes, little-endian
        for (auto bits = std::bit_cast<std::uint32_t>(value), i = 0U; i < sizeof bits; ++i) {
            bytes_ += static_cast<char>(bits >> (i * bits_in_byte) & 0xffU);
        }
        return *this;
    }

    protobuf_message& real64(std::uint32_t field, double value) {
        constexpr std::uint32_t bits_in_byte = 8;
        key(field, 1); // eight bytes, little-endian
        const auto bits = std::bit_cast<std::uint64_t>(value);
        for (std::uint32_t i = 0; i < sizeof bits; ++i) {
            bytes_ += static_cast<char>(bits >> (i * bits_in_byte) & 0xffU);
        }
        return *this;
    }

    protobuf_message& text(std::uint32_t field, std::string_view value) {
        key(field, 2); // bytes behind their number
        varint(value.size());
        bytes_ += value;
        return *this;
    }

    protobuf_message& message(std::uint32_t field, const protobuf_message& value) {
        return text(field, value.bytes_);
    }

    [[nodiscard]] const std::string& bytes() const noexcept { return bytes_; }

private:
    void key(std::uint32_t field, std::uint32_t wire_type) { varint(field << 3U | wire_type); }

    void varint(std::uint64_t value) {
        constexpr std::uint64_t low_bits = 0x7f;
        for (; value > low_bits; value >>= 7U) {
            bytes_ += static_cast<char>((value & low_bits) | 0x80U);
        }
        bytes_ += static_cast<char>(value);
    }

    std::string bytes_;
};

} // namespace fedasio::steering
