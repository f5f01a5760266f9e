#pragma once

#include <fedasio/data/csv_rows.hpp>
#include <fedasio/data/dataset.hpp>
#include <fedasio/data/source_spec.hpp>
#include <fedasio/nn/evaluator.hpp>
#include <fedasio/plan/trained_model.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace fedasio::plan {

/// Takes samples through a trained model, which must outlive it. What comes out for a sample does not depend
/// on those beside it. Not thread-safe.
class applied_model {
public:
    /// `block`: how many samples go through the layers at once; it bounds the memory.
    applied_model(const trained_model& model, std::size_t block);

    /// Row-major [samples][outputs], until the next call: probabilities if gives_probabilities(). Throws
    /// std::invalid_argument if the samples do not fit the network.
    [[nodiscard]] std::span<const float> outputs_of(const data::dataset& samples);

private:
    const trained_model& model_;
    nn::evaluator evaluator_;
    std::vector<float> outputs_;
};

/// The class with the largest output.
[[nodiscard]] std::size_t predicted_class(std::span<const float> outputs);
/// The output of a regression in the label's own unit.
[[nodiscard]] double predicted_value(const trained_model& model, float output);
/// Whether outputs are shares of 1: the last layer is a softmax.
[[nodiscard]] bool gives_probabilities(const trained_model& model);

/// What pictures become for this model. Throws data::error if it does not take images.
[[nodiscard]] data::image_shape picture_shape(const trained_model& model);

/// A data set of one row that is in no file, with a label that means nothing. Throws data::error as
/// data::encode_row(), and if the model takes images.
[[nodiscard]] data::dataset row_sample(const trained_model& model, std::span<const data::named_field> fields);
/// The same of a PNG or JPEG of at most `most_pixels`. Throws data::error if the model takes no images, and
/// std::runtime_error as data::decode_image().
[[nodiscard]] data::dataset picture_sample(const trained_model& model, std::span<const std::uint8_t> bytes,
                                           std::uint64_t most_pixels);

} // namespace fedasio::plan
