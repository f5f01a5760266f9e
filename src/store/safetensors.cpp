#include <fedasio/store/durable_file.hpp>
#include <fedasio/store/safetensors.hpp>
#include <fedasio/text/input_file.hpp>
#include <fedasio/text/json_text.hpp>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <algorithm>
#include <array>
#include <bit>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <fstream>
#include <limits>
#include <optional>
#include <set>
#include <system_error>

namespace fedasio::store {

namespace json = boost::json;

static_assert(std::endian::native == std::endian::little, "tensors are stored as they lie in memory");

namespace {

constexpr std::string_view metadata_key = "__metadata__";
constexpr std::size_t alignment = 64;
constexpr std::size_t longest_header = 100'000'000;
constexpr text::json_limits header_limits{.bytes = longest_header, .depth = 4};

json::string_view text(std::string_view string) {
    return {string.data(), string.size()};
}

std::optional<std::uint64_t> product(std::span<const std::size_t> dims) {
    std::uint64_t result = 1;
    for (const std::uint64_t dim : dims) {
        if (dim != 0 && result > std::numeric_limits<std::uint64_t>::max() / dim) {
            return std::nullopt;
        }
        result *= dim;
    }
    return result;
}

std::string header_for(std::span<const tensor_view> tensors,
                       const std::map<std::string, std::string>& metadata) {
    json::object header;
    if (!metadata.empty()) {
        json::object& entries = header[text(metadata_key)].emplace_object();
        for (const auto& [key, value] : metadata) {
            entries[text(key)] = text(value);
        }
    }
    std::uint64_t offset = 0;
    for (const tensor_view& one : tensors) {
        if (one.name == metadata_key || header.contains(text(one.name))) {
            throw std::invalid_argument("write_safetensors: the name `" + one.name +
                                        "` cannot be used (again)");
        }
        if (product(one.dims) != one.values.size()) {
            throw std::invalid_argument("write_safetensors: the dims of `" + one.name +
                                        "` are not those of its " + std::to_string(one.values.size()) +
                                        " values");
        }
        json::array shape;
        for (const std::uint64_t dim : one.dims) {
            shape.emplace_back(dim);
        }
        const std::uint64_t end = offset + one.values.size_bytes();
        header[text(one.name)] = {
            {"dtype", "F32"}, {"shape", std::move(shape)}, {"data_offsets", json::array{offset, end}}};
        offset = end;
    }
    std::string result = text::canonical_text(header);
    const std::size_t end = sizeof(std::uint64_t) + result.size();
    result.append((alignment - end % alignment) % alignment, ' ');
    return result;
}

// The place of one tensor's data, as the header tells it.
struct extent {
    std::string name;
    std::vector<std::size_t> dims;
    std::uint64_t begin;
    std::uint64_t end;
};

class reader {
public:
    explicit reader(const std::filesystem::path& path) : path_(path), in_(text::open_stored_file(path)) {
        in_.seekg(0, std::ios::end);
        size_ = static_cast<std::uint64_t>(in_.tellg());
        in_.seekg(0);
    }

    std::map<std::string, std::string> read_metadata() {
        const auto header = read_header();
        const json::value* found = header.if_contains(text(metadata_key));
        return found == nullptr ? std::map<std::string, std::string>() : metadata(*found);
    }

    model_file read() {
        const auto header = read_header();
        model_file result;
        std::vector<extent> extents;
        for (const auto& member : header) {
            const std::string name(member.key().data(), member.key().size());
            if (name == metadata_key) {
                result.metadata = metadata(member.value());
            } else {
                extents.push_back(read_extent(name, member.value()));
            }
        }
        check_cover(extents);
        for (extent& one : extents) {
            tensor& into = result.tensors.emplace_back(
                std::move(one.name), std::move(one.dims),
                std::vector<float>(static_cast<std::size_t>((one.end - one.begin) / sizeof(float))));
            read_bytes(std::as_writable_bytes(std::span(into.values)));
        }
        return result;
    }

private:
    [[noreturn]] void fail(const std::string& problem) const { throw model_file_error(path_, problem); }

    void read_bytes(std::span<std::byte> into) {
        in_.read(reinterpret_cast<char*>(into.data()), static_cast<std::streamsize>(into.size()));
        if (!in_) {
            throw std::system_error(EIO, std::generic_category(), path_.string() + ": cannot read");
        }
    }

    json::object read_header() {
        std::uint64_t length = 0;
        if (size_ < sizeof(length)) {
            fail("it has " + std::to_string(size_) + " bytes, too few for a safetensors file");
        }
        read_bytes(std::as_writable_bytes(std::span(&length, 1)));
        if (length > longest_header || length > size_ - sizeof(length)) {
            fail("its header claims " + std::to_string(length) + " bytes, the file has " +
                 std::to_string(size_) + "; it is damaged or no safetensors file");
        }
        std::string header(static_cast<std::size_t>(length), '\0');
        read_bytes(std::as_writable_bytes(std::span(header)));
        if (!header.starts_with('{')) {
            fail("its header does not begin with '{'; it is damaged or no safetensors file");
        }
        data_size_ = size_ - sizeof(length) - length;
        try {
            auto parsed = text::parse_json(header, header_limits);
            if (!parsed.is_object()) {
                fail("its header is no JSON object");
            }
            return std::move(parsed.get_object());
        } catch (const text::json_error& error) {
            fail("its header is damaged: " + std::string(error.what()));
        }
    }

    std::map<std::string, std::string> metadata(const json::value& value) const {
        std::map<std::string, std::string> result;
        if (!value.is_object()) {
            fail("its metadata is no JSON object");
        }
        for (const auto& member : value.get_object()) {
            const json::string* string = member.value().if_string();
            if (string == nullptr) {
                fail("its metadata holds something other than strings");
            }
            result.emplace(member.key(), std::string(string->data(), string->size()));
        }
        return result;
    }

    std::uint64_t whole(const json::value& value, const std::string& name) const {
        if (value.is_uint64()) {
            return value.get_uint64();
        }
        if (!value.is_int64() || value.get_int64() < 0) {
            fail("the tensor `" + name + "` has a dimension or offset that is no whole number");
        }
        return static_cast<std::uint64_t>(value.get_int64());
    }

    std::vector<std::uint64_t> wholes(const json::value* value, const std::string& name) const {
        if (value == nullptr || !value->is_array()) {
            fail("the tensor `" + name + "` has no `shape` or no `data_offsets`");
        }
        std::vector<std::uint64_t> result;
        for (const json::value& item : value->get_array()) {
            result.push_back(whole(item, name));
        }
        return result;
    }

    extent read_extent(const std::string& name, const json::value& value) const {
        const json::object* object = value.if_object();
        const json::value* dtype = object == nullptr ? nullptr : object->if_contains("dtype");
        if (dtype == nullptr || !dtype->is_string() || object->size() != 3) {
            fail("the tensor `" + name +
                 "` needs the keys `dtype`, `shape` and `data_offsets`, and no others");
        }
        if (dtype->get_string() != "F32") {
            fail("the tensor `" + name + "` is of type " + text::canonical_text(*dtype) +
                 "; only float32 (\"F32\") can be read: convert it first");
        }
        const auto dims = wholes(object->if_contains("shape"), name);
        const auto offsets = wholes(object->if_contains("data_offsets"), name);
        if (offsets.size() != 2 || offsets[0] > offsets[1] || offsets[1] > data_size_) {
            fail("the tensor `" + name + "` lies outside the file's " + std::to_string(data_size_) +
                 " bytes of data; the file is cut off or damaged");
        }
        const auto values = product(dims);
        const std::uint64_t bytes = offsets[1] - offsets[0];
        if (!values || bytes % sizeof(float) != 0 || *values != bytes / sizeof(float)) {
            fail("the shape of the tensor `" + name + "` does not fit its " + std::to_string(bytes) +
                 " bytes");
        }
        return {name, dims, offsets[0], offsets[1]};
    }

    void check_cover(std::vector<extent>& extents) const {
        std::ranges::sort(extents, [](const extent& a, const extent& b) {
            return std::tie(a.begin, a.end, a.name) < std::tie(b.begin, b.end, b.name);
        });
        std::uint64_t reached = 0;
        for (const extent& one : extents) {
            if (one.begin != reached) {
                fail("the data of the tensor `" + one.name + "` " +
                     (one.begin < reached ? "overlaps another's" : "leaves a hole before it"));
            }
            reached = one.end;
        }
        if (reached != data_size_) {
            fail("it has " + std::to_string(data_size_ - reached) + " bytes that belong to no tensor");
        }
    }

    std::filesystem::path path_;
    std::ifstream in_;
    std::uint64_t size_ = 0;
    std::uint64_t data_size_ = 0;
};

} // namespace

void write_safetensors(const std::filesystem::path& path, std::span<const tensor_view> tensors,
                       const std::map<std::string, std::string>& metadata, disk& on) {
    const std::string header = header_for(tensors, metadata);
    const std::uint64_t length = header.size();
    std::vector<std::span<const std::byte>> parts{std::as_bytes(std::span(&length, 1)),
                                                  std::as_bytes(std::span(header))};
    for (const tensor_view& one : tensors) {
        parts.push_back(std::as_bytes(one.values));
    }
    write_durably(path, parts, on);
}

std::string safetensors_bytes(std::span<const tensor_view> tensors,
                              const std::map<std::string, std::string>& metadata) {
    const std::string header = header_for(tensors, metadata);
    const std::uint64_t length = header.size();
    std::string result(sizeof(length), '\0');
    std::memcpy(result.data(), &length, sizeof(length));
    result += header;
    for (const tensor_view& one : tensors) {
        result.append(reinterpret_cast<const char*>(one.values.data()), one.values.size_bytes()); // NOLINT
    }
    return result;
}

model_file read_safetensors(const std::filesystem::path& path) {
    return reader(path).read();
}

std::map<std::string, std::string> read_safetensors_metadata(const std::filesystem::path& path) {
    return reader(path).read_metadata();
}

} // namespace fedasio::store
