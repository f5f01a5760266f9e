#pragma once

#include <fedasio/data/csv.hpp>
#include <fedasio/net/buffer.hpp>
#include <fedasio/nn/model_arrays.hpp>
#include <fedasio/nn/network.hpp>
#include <fedasio/plan/plan.hpp>
#include <fedasio/store/model_store.hpp>

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace fedasio::plan {

/// A saved model, with all that is needed to use it.
struct trained_model {
    nn::network network;
    net::payload weights;
    std::optional<data::csv_schema> schema; ///< of a table; none for images
    std::vector<std::string> class_names;   ///< of images, by class number, where they have names
    std::map<std::string, std::string> metadata;

    [[nodiscard]] bool is_regression() const { return schema && schema->regression; }

    /// What an output stands for: the class's name, or its number if it has none.
    [[nodiscard]] std::string output_name(std::size_t output) const;
};

/// The tensors of a network, in the order of its weights.
[[nodiscard]] std::vector<store::tensor_shape> layout_of(const nn::network& network);
[[nodiscard]] std::vector<store::tensor_shape> layout_of(const nn::model_arrays& arrays);

/// The arrays in a file, by its metadata `arrays`, else by names and shapes alone. Throws
/// store::model_file_error.
[[nodiscard]] nn::model_arrays arrays_of(const std::filesystem::path& path, const store::model_file& file);

/// Reads a file that the master has saved. One of an older version does not say what network it is of: `of`
/// does then. Nothing in the file is believed. Throws store::model_file_error, and std::system_error if the
/// file cannot be read.
[[nodiscard]] trained_model read_trained_model(const std::filesystem::path& path,
                                               const std::optional<plan>& of = std::nullopt);

} // namespace fedasio::plan
