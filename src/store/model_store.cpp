#include <fedasio/store/digest.hpp>
#include <fedasio/store/model_store.hpp>
#include <fedasio/text/input_file.hpp>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <stdexcept>

namespace fedasio::store {

namespace {

constexpr std::string_view extension = ".safetensors";

bool may_stand_in_a_name(char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '_' || c == '-';
}

std::size_t value_count(const tensor_shape& one) {
    return std::accumulate(one.dims.begin(), one.dims.end(), std::size_t{1}, std::multiplies<>());
}

std::size_t value_count(std::span<const tensor_shape> layout) {
    std::size_t sum = 0;
    for (const tensor_shape& one : layout) {
        sum += value_count(one);
    }
    return sum;
}

void check_size(std::size_t values, std::span<const tensor_shape> layout) {
    if (values != value_count(layout)) {
        throw std::invalid_argument("the model's tensors have " + std::to_string(value_count(layout)) +
                                    " values, not " + std::to_string(values));
    }
}

std::string shape_text(std::span<const std::size_t> dims) {
    std::string text = "[";
    for (const std::size_t dim : dims) {
        text += (text.size() > 1 ? ", " : "") + std::to_string(dim);
    }
    return text + "]";
}

std::filesystem::path models_directory(const std::filesystem::path& state_dir) {
    return state_dir / "models";
}

} // namespace

bool is_model_name(std::string_view name) {
    constexpr std::size_t longest = 64;
    return !name.empty() && name.size() <= longest && name.front() != '.' &&
           std::ranges::all_of(name, may_stand_in_a_name);
}

std::filesystem::path model_path(const std::filesystem::path& state_dir, std::string_view name) {
    if (!is_model_name(name)) {
        throw std::invalid_argument(
            "a model's name has 1 to 64 characters, only letters, digits, '.', '_' and '-', "
            "and does not begin with '.'");
    }
    return models_directory(state_dir) / (std::string(name) + std::string(extension));
}

std::vector<std::string> list_models(const std::filesystem::path& state_dir) {
    std::vector<std::string> names;
    if (state_dir.empty()) {
        return names;
    }
    std::error_code none;
    for (const auto& entry : std::filesystem::directory_iterator(models_directory(state_dir), none)) {
        const std::filesystem::path& file = entry.path();
        std::error_code unknown; // what is behind a link that leads nowhere, or to itself
        if (entry.is_regular_file(unknown) && text::problem_of_file(file).empty() &&
            file.extension() == extension && is_model_name(file.stem().string())) {
            names.push_back(file.stem().string());
        }
    }
    std::ranges::sort(names);
    return names;
}

namespace {

std::vector<tensor_view> tensors_of(std::span<const tensor_shape> layout, std::span<const float> weights) {
    check_size(weights.size(), layout);
    std::vector<tensor_view> tensors;
    tensors.reserve(layout.size());
    std::size_t offset = 0;
    for (const tensor_shape& one : layout) {
        const std::size_t size = value_count(one);
        tensors.push_back({one.name, one.dims, weights.subspan(offset, size)});
        offset += size;
    }
    return tensors;
}

/// By which the same weights are known, bit for bit, without reading them.
std::map<std::string, std::string> with_digest(std::map<std::string, std::string> metadata,
                                               std::span<const float> weights) {
    metadata["weights_sha256"] = weights_sha256(weights);
    return metadata;
}

void require_finite(const std::filesystem::path& path, const model_file& file) {
    for (const auto& one : file.tensors) {
        if (!std::ranges::all_of(one.values, [](float value) { return std::isfinite(value); })) {
            throw model_file_error(path, "its tensor `" + one.name + "` holds a NaN or an infinity");
        }
    }
}

} // namespace

void save_model(const std::filesystem::path& path, std::span<const tensor_shape> layout,
                std::span<const float> weights, const std::map<std::string, std::string>& metadata,
                disk& on) {
    write_safetensors(path, tensors_of(layout, weights), with_digest(metadata, weights), on);
}

std::string model_bytes(std::span<const tensor_shape> layout, std::span<const float> weights,
                        const std::map<std::string, std::string>& metadata) {
    return safetensors_bytes(tensors_of(layout, weights), with_digest(metadata, weights));
}

std::map<std::string, std::string> load_model(const std::filesystem::path& path,
                                              std::span<const tensor_shape> layout,
                                              std::span<float> weights) {
    check_size(weights.size(), layout);
    model_file file = read_safetensors(path);
    if (file.tensors.size() != layout.size()) {
        throw model_file_error(path, "it has " + std::to_string(file.tensors.size()) +
                                         " tensors, the model has " + std::to_string(layout.size()) +
                                         "; it is of another model");
    }
    require_finite(path, file);
    std::vector<const tensor*> in_order;
    in_order.reserve(layout.size());
    for (const tensor_shape& one : layout) {
        const auto found = std::ranges::find(file.tensors, one.name, &tensor::name);
        if (found == file.tensors.end()) {
            throw model_file_error(path, "it has no tensor `" + one.name + "`; it is of another model");
        }
        if (found->dims != one.dims) {
            throw model_file_error(path, "its tensor `" + one.name + "` is " + shape_text(found->dims) +
                                             ", the model's is " + shape_text(one.dims) +
                                             "; it is of another model");
        }
        in_order.push_back(&*found);
    }
    auto out = weights.begin();
    for (const tensor* one : in_order) {
        out = std::copy(one->values.begin(), one->values.end(), out);
    }
    return std::move(file.metadata);
}

} // namespace fedasio::store
