#pragma once

#include <fedasio/nn/model_spec.hpp>

#include <variant>

namespace fedasio::plan {

inline bool ends_in_softmax(const nn::model_spec& model) {
    if (model.layers.empty()) {
        return false;
    }
    const auto& last = model.layers.back();
    const auto* dense = std::get_if<nn::dense>(&last);
    const auto* act = std::get_if<nn::activate>(&last);
    return (dense != nullptr && dense->act == nn::activation::softmax) ||
           (act != nullptr && act->act == nn::activation::softmax);
}

} // namespace fedasio::plan
