#include "tensorboard_file.hpp"

#include "protobuf_message.hpp"
#include <array>
#include <bit>
#include <cstdint>
#include <string_view>

namespace fedasio::steering {
namespace {

/// CRC-32C (RFC 3720, appendix B.4), bit by bit reflected.
constexpr auto crc_table = [] {
    constexpr std::uint32_t polynomial = 0x82f63b78;
    std::array<std::uint32_t, 256> table{};
    for (std::uint32_t byte = 0; byte < table.size(); ++byte) {
        auto value = byte;
        for (int bit = 0; bit < 8; ++bit) {
            value = (value & 1U) != 0 ? value >> 1U ^ polynomial : value >> 1U;
        }
        table.at(byte) = value;
    }
    return table;
}();

/// As TFRecord has it: turned and shifted, so that the checksum of a checksum is none that is seen by chance.
std::uint32_t masked_crc(std::string_view bytes) {
    std::uint32_t crc = 0xffffffff;
    for (const char c : bytes) {
        crc = crc >> 8U ^ crc_table.at((crc ^ static_cast<unsigned char>(c)) & 0xffU);
    }
    return std::rotr(~crc, 15) + 0xa282ead8U;
}

template <class Number>
std::string little_endian(Number value) {
    std::string bytes;
    for (std::size_t i = 0; i < sizeof value; ++i) {
        bytes += static_cast<char>(value >> 8U * i & 0xffU);
    }
    return bytes;
}

void add_record(std::string& file, const std::string& content) {
    const auto length = little_endian(std::uint64_t{content.size()});
    file += length + little_endian(masked_crc(length)) + content + little_endian(masked_crc(content));
}

/// Fields of tensorflow/core/util/event.proto and framework/summary.proto.
enum field : std::uint32_t {
    event_wall_time = 1,
    event_step = 2,
    event_file_version = 3,
    event_summary = 5,
    summary_value = 1,
    value_tag = 1,
    value_simple = 2,
};

} // namespace

std::string tensorboard_bytes(std::span<const run_number> numbers, double began) {
    std::string file;
    add_record(
        file,
        protobuf_message().real64(event_wall_time, began).text(event_file_version, "brain.Event:2").bytes());
    for (const auto& one : numbers) {
        const auto value =
            protobuf_message().text(value_tag, one.name).real(value_simple, static_cast<float>(one.value));
        const auto summary = protobuf_message().message(summary_value, value);
        add_record(file, protobuf_message()
                             .real64(event_wall_time, one.time)
                             .number(event_step, one.round)
                             .message(event_summary, summary)
                             .bytes());
    }
    return file;
}

} // namespace fedasio::steering
