#include <fedasio/nn/array_place.hpp>

namespace fedasio::nn {

std::string place_of(const model_arrays& arrays, std::size_t value) {
    for (const auto& one : arrays.all()) {
        if (value < one.offset || value - one.offset >= one.size) {
            continue;
        }
        std::string place = "'" + one.name + "'";
        auto rest = value - one.offset;
        auto size = one.size;
        for (std::size_t i = 0; i < one.dims.size(); ++i) {
            size /= one.dims[i];
            place += (i == 0 ? "[" : ", ") + std::to_string(rest / size);
            rest %= size;
        }
        return one.dims.empty() ? place : place + "]";
    }
    return {};
}

} // namespace fedasio::nn
