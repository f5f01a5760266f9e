#pragma once

#include <fedasio/nn/model_spec.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace fedasio::nn {

/// One trained array of a layer, and where it lies in the flat span of all parameters (row-major, no holes).
struct parameter {
    std::string name; ///< "0.dense.kernel", "0.dense.bias": number of the layer, its type, the array
    std::vector<std::size_t> dims; ///< as in model_spec.hpp; a bias has one dimension
    std::size_t offset = 0;        ///< first value, counted in floats from the start of the span
    std::size_t size = 0;          ///< product of dims
};

/// A layer with its shapes worked out.
struct layer_layout {
    layer_spec spec;
    shape input;
    shape output;
    std::size_t offset = 0; ///< of its first parameter in the flat span
    std::size_t size = 0;   ///< number of its parameters
};

/// A checked model: which layers follow each other, their shapes, and where each parameter lies in one flat
/// float32 span. It holds no weights; those are plain spans of parameter_count() floats that trainer,
/// evaluator, wire and checkpoint share.
///
/// Immutable, cheap to copy (copies share one description), safe to use from many threads.
class network {
public:
    /// Throws std::invalid_argument with the number of the layer (from 0), what is wrong and what to do about
    /// it. At most 2^31 - 1 parameters and as many values between two layers.
    explicit network(model_spec spec);

    [[nodiscard]] const model_spec& spec() const noexcept;
    /// One sample as it goes in.
    [[nodiscard]] shape input() const noexcept;
    /// One sample as it comes out.
    [[nodiscard]] shape output() const noexcept;
    [[nodiscard]] std::span<const layer_layout> layers() const noexcept;

    /// Number of floats of all parameters together; at least 1.
    [[nodiscard]] std::size_t parameter_count() const noexcept;
    /// All parameters in the order of the flat span: layer by layer, the kernel before the bias.
    [[nodiscard]] std::span<const parameter> parameters() const noexcept;

    /// Writes initial weights. They depend on the model and the seed alone (random_stream with
    /// purpose::weights and the layer's number as its client). Throws std::invalid_argument unless
    /// weights.size() is parameter_count(). `unwanted` is asked now and then; once it says so, the rest is
    /// left undone and false returned.
    bool initialise(std::span<float> weights, std::uint64_t seed,
                    const std::function<bool()>& unwanted = {}) const;

    /// A line a layer (number, type, shapes, parameters) and a line with the total, for people.
    [[nodiscard]] std::string summary() const;

private:
    struct description;
    std::shared_ptr<const description> description_;
};

} // namespace fedasio::nn
