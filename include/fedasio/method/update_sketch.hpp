#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <span>

namespace fedasio::method {

/// What is kept of the difference between two sets of weights, so that differences can be compared when they
/// are gone: their norm, and a Count-Sketch (Charikar, Chen, Farach-Colton, 2002) of one row. Value i is
/// added to bucket i mod 1024 with a sign that a hash of i gives, so inner products of sketches estimate
/// those of the differences: without bias, and with a standard error of about 1/32 of the product of the
/// norms. 4 KiB each.
class update_sketch {
public:
    static constexpr std::size_t buckets = 1024;

    /// Of nothing yet.
    update_sketch() = default;

    /// Of `update` minus `base`, in one pass over both. Throws std::invalid_argument unless they are of a
    /// size.
    update_sketch(std::span<const float> update, std::span<const float> base);

    /// Goes on with the values that follow. Throws std::invalid_argument unless both are of a size, and those
    /// before were a multiple of `buckets`.
    void extend(std::span<const float> update, std::span<const float> base);
    /// The same; whether all values of the update are numbers of at most this size.
    bool extend_within(std::span<const float> update, std::span<const float> base, float bound);
    /// The same for the norm alone: faster, and the sketch is not one to compare.
    bool measure_within(std::span<const float> update, std::span<const float> base, float bound);

    /// L2 norm of the difference: the same on every machine.
    [[nodiscard]] double norm() const noexcept;

private:
    void check(std::span<const float> update, std::span<const float> base) const;

    friend std::optional<double> cosine(const update_sketch& one, const update_sketch& other);

    // So many sums side by side that they fill the vectors of any processor.
    static constexpr std::size_t lanes = 16;

    std::array<float, buckets> values_{};
    std::array<double, lanes> squares_{};
    std::size_t size_ = 0; ///< of what it is of
};

/// Estimates the cosine of the angle between two differences, from -1 to 1; none if one of them is zero, or
/// not finite.
[[nodiscard]] std::optional<double> cosine(const update_sketch& one, const update_sketch& other);

} // namespace fedasio::method
