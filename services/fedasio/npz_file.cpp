#include "npz_file.hpp"

#include <zlib.h>

#include <bit>
#include <cstdint>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <limits>
#include <span>
#include <stdexcept>
#include <string_view>

namespace fedasio::steering {
namespace {

static_assert(std::endian::native == std::endian::little);

template <class Number>
void put(std::string& to, Number number) {
    to.append(reinterpret_cast<const char*>(&number), sizeof number); // NOLINT
}

/// https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html, version 1.0.
std::string npy_bytes(std::span<const std::size_t> dims, std::span<const float> values) {
    constexpr std::size_t alignment = 64;
    constexpr std::string_view start("\x93NUMPY\x01\x00", 8);
    auto header = fmt::format("{{'descr': '<f4', 'fortran_order': False, 'shape': ({}{}), }}",
                              fmt::join(dims, ", "), dims.size() == 1 ? "," : "");
    const auto before = start.size() + sizeof(std::uint16_t);
    header.append(alignment - 1 - (before + header.size()) % alignment, ' ');
    header += '\n';
    std::string bytes(start);
    put(bytes, static_cast<std::uint16_t>(header.size()));
    bytes += header;
    return bytes.append(reinterpret_cast<const char*>(values.data()), values.size_bytes()); // NOLINT
}

/// A zip archive of stored files (APPNOTE.TXT 6.3.10).
class zip_writer {
public:
    void add(const std::string& name, std::string_view content) {
        const auto offset = static_cast<std::uint32_t>(bytes_.size());
        const auto sum = static_cast<std::uint32_t>(
            ::crc32_z(0, reinterpret_cast<const unsigned char*>(content.data()), content.size())); // NOLINT
        std::string common;
        put(common, std::uint16_t{20});        // version needed
        put(common, std::uint16_t{1U << 11U}); // names are UTF-8
        put(common, std::uint16_t{0});         // stored
        put(common, std::uint16_t{0});         // time
        put(common, first_day);
        put(common, sum);
        put(common, static_cast<std::uint32_t>(content.size()));
        put(common, static_cast<std::uint32_t>(content.size()));
        put(common, static_cast<std::uint16_t>(name.size()));
        put(common, std::uint16_t{0}); // no extra field
        bytes_.append("PK\x03\x04", 4).append(common).append(name).append(content);
        directory_.append("PK\x01\x02", 4);
        put(directory_, std::uint16_t{20}); // made by
        directory_ += common;
        put(directory_, std::uint16_t{0}); // no comment
        put(directory_, std::uint16_t{0}); // disk
        put(directory_, std::uint16_t{0}); // inner attributes
        put(directory_, std::uint32_t{0}); // outer attributes
        put(directory_, offset);
        directory_ += name;
        ++files_;
    }

    std::string finish() {
        const auto offset = static_cast<std::uint32_t>(bytes_.size());
        bytes_ += directory_;
        bytes_.append("PK\x05\x06", 4);
        put(bytes_, std::uint32_t{0}); // disks
        put(bytes_, files_);
        put(bytes_, files_);
        put(bytes_, static_cast<std::uint32_t>(directory_.size()));
        put(bytes_, offset);
        put(bytes_, std::uint16_t{0}); // no comment
        return std::move(bytes_);
    }

private:
    static constexpr std::uint16_t first_day = 1U << 5U | 1U; // 1980-01-01: the same model, the same bytes

    std::string bytes_;
    std::string directory_;
    std::uint16_t files_ = 0;
};

} // namespace

std::string npz_bytes(const plan::trained_model& model) {
    constexpr std::uint64_t most_header = 1024; // of a file, in all
    const auto parameters = model.network.parameters();
    if (model.network.parameter_count() * sizeof(float) + parameters.size() * most_header >
            std::numeric_limits<std::uint32_t>::max() ||
        parameters.size() > std::numeric_limits<std::uint16_t>::max()) {
        throw std::runtime_error("the model takes more than the 4 GiB and 65535 arrays that an .npz file can "
                                 "hold: read the safetensors file itself");
    }
    zip_writer archive;
    for (const auto& one : parameters) {
        archive.add(one.name + ".npy",
                    npy_bytes(one.dims, model.weights.floats().subspan(one.offset, one.size)));
    }
    return archive.finish();
}

} // namespace fedasio::steering
