#pragma once

#include <fedasio/store/safetensors.hpp>

#include <cstddef>
#include <filesystem>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace fedasio::store {

/// Name and dims of one tensor in a model's flat span, in the span's order (nn::network::parameters() gives
/// them).
struct tensor_shape {
    std::string name;
    std::vector<std::size_t> dims;
};

/// Saved models have names of 1 to 64 characters out of A-Z a-z 0-9 . _ - that do not begin with a dot, so
/// that no name leaves the state directory.
[[nodiscard]] bool is_model_name(std::string_view name);

/// `state_dir`/models/NAME.safetensors. Throws std::invalid_argument, with the rule, unless
/// is_model_name(name).
[[nodiscard]] std::filesystem::path model_path(const std::filesystem::path& state_dir, std::string_view name);

/// The names of all saved models, sorted; none if the directory does not exist or `state_dir` is
/// empty.
[[nodiscard]] std::vector<std::string> list_models(const std::filesystem::path& state_dir);

/// Writes the flat span as named tensors (see write_safetensors); the metadata gets `weights_sha256` besides.
/// Throws std::invalid_argument if the span's size is not that of the tensors together.
void save_model(const std::filesystem::path& path, std::span<const tensor_shape> layout,
                std::span<const float> weights, const std::map<std::string, std::string>& metadata,
                disk& on = system_disk());

/// What save_model() writes.
[[nodiscard]] std::string model_bytes(std::span<const tensor_shape> layout, std::span<const float> weights,
                                      const std::map<std::string, std::string>& metadata);

/// Reads such a file into the flat span, by name, and returns its metadata. The file must hold exactly the
/// tensors of `layout`, and only finite values: model_file_error says which tensor differs and how; `weights`
/// is then unchanged.
std::map<std::string, std::string> load_model(const std::filesystem::path& path,
                                              std::span<const tensor_shape> layout, std::span<float> weights);

} // namespace fedasio::store
