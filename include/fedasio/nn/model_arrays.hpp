#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace fedasio::nn {

class network;

/// What happens to an array between two rounds.
enum class array_role {
    trained,   ///< by a strategy's rule
    statistic, ///< such as a running mean: averaged plainly, whatever the strategy
    counter,   ///< whole numbers, such as batches seen: the largest is kept
    at_client  ///< of any type: each client goes on from its own, nothing of it is averaged
};

/// An array of a model that may be no network of ours, by the type that it has where it is trained. Its
/// values travel, and are averaged, as float32.
struct model_array {
    std::string name;
    std::vector<std::size_t> dims; ///< none: one number
    std::string type = "float32";
    array_role role = array_role::trained;
    std::size_t offset = 0; ///< first value, counted in floats from the start of the flat span
    std::size_t size = 0;   ///< product of dims; may be 0
};

/// The arrays of a model, and where each lies in one flat float32 span without holes: first those that are
/// trained, then statistics, then counters, then those that stay at the client, each kind in the order in
/// which it was given. Immutable.
class model_arrays {
public:
    /// Works out offsets and sizes. Throws std::invalid_argument for a name that occurs twice, a type that is
    /// not known, a counter that is no whole number (or the reverse), arrays without a trained value, or more
    /// than `most` values together.
    model_arrays(std::vector<model_array> all, std::size_t most);
    explicit model_arrays(const network& of);

    [[nodiscard]] std::span<const model_array> all() const noexcept { return all_; }

    /// Floats of all arrays together.
    [[nodiscard]] std::size_t size() const noexcept { return size_; }

    /// Floats of those that are trained, from the start.
    [[nodiscard]] std::size_t trained() const noexcept { return trained_; }

    /// Where the counters begin; shared() if there are none.
    [[nodiscard]] std::size_t counters() const noexcept { return counters_; }

    /// Floats of all that travels, from the start; what stays at the client begins here.
    [[nodiscard]] std::size_t shared() const noexcept { return shared_; }

private:
    std::vector<model_array> all_;
    std::size_t size_ = 0;
    std::size_t trained_ = 0;
    std::size_t counters_ = 0;
    std::size_t shared_ = 0;
};

/// The types that an array may have, such as "float32" and "int64".
[[nodiscard]] std::span<const std::string_view> array_types() noexcept;

/// Whether values of this type are whole numbers.
[[nodiscard]] bool is_whole(std::string_view type) noexcept;

/// What an array is taken for whose role nobody says: of whole numbers a counter, named as the running
/// statistics of a BatchNorm a statistic, else trained.
[[nodiscard]] array_role usual_role(std::string_view name, std::string_view type) noexcept;

} // namespace fedasio::nn
