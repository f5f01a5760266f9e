#include <fedasio/nn/array_place.hpp>

namespace fedasio::nn {

std::string place_of(const model_arrays& arrays, std::size_t value) {
    for (const auto& one : arrays.all()) {
        if (value < one.offset || value - one.offset >= one.size) {
            continue;
        }
        std::string indices;
        auto rest = value - one.offset;
        for (std::size_t i = one.dims.size(); i-- > 0; rest /= one.dims[i]) {
            indices = std::to_string(rest % one.dims[i]) + (indices.empty() ? "" : ", ") + indices;
        }
        return "'" + one.name + "'" + (indices.empty() ? "" : "[" + indices + "]");
    }
    return {};
}

} // namespace fedasio::nn
