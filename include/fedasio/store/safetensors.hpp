#pragma once

#include <fedasio/store/disk.hpp>

#include <cstddef>
#include <filesystem>
#include <map>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

namespace fedasio::store {

/// A tensor to be written: row-major, `values.size()` the product of `dims` (no dims: a scalar).
struct tensor_view {
    std::string name;
    std::vector<std::size_t> dims;
    std::span<const float> values;
};

/// A tensor that was read.
struct tensor {
    std::string name;
    std::vector<std::size_t> dims;
    std::vector<float> values;

    friend bool operator==(const tensor&, const tensor&) = default;
};

/// What a safetensors file holds, tensors in the order of their data.
struct model_file {
    std::map<std::string, std::string> metadata;
    std::vector<tensor> tensors;
};

/// A file that is no safetensors file of ours. `what()` names the file and what is wrong with it.
class model_file_error : public std::runtime_error {
public:
    model_file_error(const std::filesystem::path& file, const std::string& problem)
        : std::runtime_error(file.string() + ": " + problem) {}
};

/// Writes float32 tensors in the safetensors format (https://github.com/huggingface/safetensors): an 8-byte
/// little-endian header length, a JSON header padded with spaces so that the data begins at a multiple of 64
/// bytes, and the data without holes, little-endian. Python reads it with safetensors.numpy.load_file.
/// Durable as write_durably() says. Throws std::system_error, and std::invalid_argument if a name appears
/// twice, is `__metadata__`, or dims and values disagree.
void write_safetensors(const std::filesystem::path& path, std::span<const tensor_view> tensors,
                       const std::map<std::string, std::string>& metadata = {}, disk& on = system_disk());

/// What write_safetensors() writes.
[[nodiscard]] std::string safetensors_bytes(std::span<const tensor_view> tensors,
                                            const std::map<std::string, std::string>& metadata = {});

/// Reads a safetensors file and believes nothing in it: the header's length and every offset are checked
/// against the file's size before memory is taken; the data must have no holes, overlaps or bytes left over.
/// Only float32 (F32) tensors are taken. Throws model_file_error; std::system_error if the file cannot be
/// opened or read, and std::runtime_error if it is a pipe or something else that is no file.
[[nodiscard]] model_file read_safetensors(const std::filesystem::path& path);

/// Reads no more than the header. Throws likewise.
[[nodiscard]] std::map<std::string, std::string> read_safetensors_metadata(const std::filesystem::path& path);

} // namespace fedasio::store
