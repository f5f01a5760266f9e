#include <fedasio/nn/model_arrays.hpp>
#include <fedasio/nn/network.hpp>

#include <algorithm>
#include <array>
#include <set>
#include <stdexcept>
#include <utility>

namespace fedasio::nn {
namespace {

constexpr std::array<std::string_view, 10> types{"float32", "float64", "float16", "bfloat16", "int64",
                                                 "int32",   "int16",   "int8",    "uint8",    "bool"};
constexpr std::size_t whole_from = 4;

std::invalid_argument problem(const model_array& of, const std::string& what) {
    return std::invalid_argument("the array \"" + of.name + "\" " + what);
}

void check(const model_array& one) {
    if (std::ranges::find(types, one.type) == types.end()) {
        throw problem(one, "is of the type \"" + one.type + "\", which is not known");
    }
    if (one.role != array_role::at_client && is_whole(one.type) != (one.role == array_role::counter)) {
        throw problem(one, is_whole(one.type)
                               ? "is of whole numbers, which cannot be averaged: its role is \"counter\""
                               : "is of fractions: its role cannot be \"counter\"");
    }
}

std::size_t size_of(const model_array& one, std::size_t most) {
    std::size_t size = 1;
    for (const auto dim : one.dims) {
        if (dim != 0 && size > most / dim) {
            throw problem(one, "has more than " + std::to_string(most) + " values");
        }
        size *= dim;
    }
    return size;
}

} // namespace

model_arrays::model_arrays(std::vector<model_array> all, std::size_t most) {
    for (const auto role :
         {array_role::trained, array_role::statistic, array_role::counter, array_role::at_client}) {
        for (auto& one : all) {
            if (one.role == role) {
                all_.push_back(std::move(one));
            }
        }
    }
    std::set<std::string_view> names;
    for (auto& one : all_) {
        check(one);
        if (!names.insert(one.name).second) {
            throw problem(one, "is named twice");
        }
        one.offset = size_;
        one.size = size_of(one, most);
        size_ += one.size;
        trained_ = one.role == array_role::trained ? size_ : trained_;
        shared_ = one.role == array_role::at_client ? shared_ : size_;
        counters_ = one.role == array_role::trained || one.role == array_role::statistic ? size_ : counters_;
        if (size_ > most) {
            throw std::invalid_argument("the arrays have more than " + std::to_string(most) +
                                        " values, and so many fit into one message");
        }
    }
    if (trained_ == 0) {
        throw std::invalid_argument("the arrays have no value that is trained");
    }
}

model_arrays::model_arrays(const network& of)
    : size_(of.parameter_count()), trained_(size_), counters_(size_), shared_(size_) {
    for (const auto& one : of.parameters()) {
        all_.push_back({one.name, one.dims, "float32", array_role::trained, one.offset, one.size});
    }
}

std::span<const std::string_view> array_types() noexcept {
    return types;
}

bool is_whole(std::string_view type) noexcept {
    const auto found = std::ranges::find(types, type);
    return found != types.end() && static_cast<std::size_t>(found - types.begin()) >= whole_from;
}

array_role usual_role(std::string_view name, std::string_view type) noexcept {
    if (is_whole(type)) {
        return array_role::counter;
    }
    const bool runs = name.ends_with("running_mean") || name.ends_with("running_var") ||
                      name.ends_with("moving_mean") || name.ends_with("moving_variance");
    return runs ? array_role::statistic : array_role::trained;
}

} // namespace fedasio::nn
