#pragma once

#include <fedasio/dashboard/archive.hpp>
#include <fedasio/nn/model_arrays.hpp>

#include <cstdint>
#include <optional>
#include <span>
#include <string>

namespace fedasio::dashboard {

/// Which model an array is of, for who reads its histogram.
struct counted_model {
    std::string name = {};                        ///< of a saved one; empty: the global model
    std::string run = {};                         ///< that it comes from; empty: its file does not tell
    std::optional<std::uint32_t> round = {};      ///< likewise
    std::span<const nn::model_array> arrays = {}; ///< all of the model
};

/// Of array `index` with these values, as docs/api.md has it; status 404 if the values of that array are not
/// at the master. Counts them: on the pool.
[[nodiscard]] archive_answer histogram_of(const counted_model& model, std::uint64_t index,
                                          std::span<const float> values);

/// Which of the arrays' values can be counted: the master has those of all that is not kept at clients.
[[nodiscard]] bool can_be_counted(std::span<const nn::model_array> arrays, std::uint64_t index);

} // namespace fedasio::dashboard
