#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <span>

namespace fedasio::method {

/// What is kept of the difference between two sets of weights, so that differences can be compared when they
/// are gone: their norm, and a Count-Sketch (Charikar, Chen, Farach-Colton, 2002) of one row. Each value is
/// added to one of 1024 buckets with a sign that a hash of its place gives, so inner products of sketches
/// estimate those of the differences: without bias, and with a standard error of about 1/32 of the product of
/// the norms. 4 KiB each.
///
/// Of more than 65,536 values one in eight is sketched: of each 128 in a row the 16 that a hash of their
/// place chooses, so that every layer takes part, and every unit of it. A cosine is then that of these
/// values. How far it is from that of all depends on the differences: by about sqrt(8 / n) for n values that
/// are spread over the model, by more where a few values are all that matters.
class update_sketch {
public:
    static constexpr std::size_t buckets = 1024;
    /// Of more values only a part is sketched.
    static constexpr std::size_t most_sketched = std::size_t{64} << 10;

    /// Of nothing yet; `values` are going to follow.
    explicit update_sketch(std::size_t values = 0) : is_sampled_(values > most_sketched) {}

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
    bool add_rows(std::span<const float> update, std::span<const float> base, float bound);
    void add_samples(std::span<const float> update, std::span<const float> base);
    [[nodiscard]] double sketched_norm() const noexcept;

    friend std::optional<double> cosine(const update_sketch& one, const update_sketch& other);

    // So many sums side by side that they fill the vectors of any processor.
    static constexpr std::size_t lanes = 16;

    std::array<float, buckets> values_{};
    std::array<double, lanes> squares_{};
    std::array<double, lanes> sampled_squares_{}; ///< of the values that are sketched, if not all are
    std::size_t size_ = 0;                        ///< of what it is of
    bool is_sampled_;
};

/// Estimates the cosine of the angle between two differences, from -1 to 1; none if what is sketched of
/// one of them is zero, or not finite. Both must be of the same number of values.
[[nodiscard]] std::optional<double> cosine(const update_sketch& one, const update_sketch& other);

} // namespace fedasio::method
