#pragma once

#include <cstddef>
#include <memory>
#include <span>

namespace fedasio::nn {

/// A block of float32 values that starts on a 64-byte boundary: the storage of weights, gradients, moments
/// and activations. The size is fixed at construction, all values start at 0. The memory is rounded up to
/// whole 64-byte lines, so that a vector loop may run past size() to the end of the last line. Move-only; a
/// moved-from block is empty. Like std::vector it is safe to read from many threads.
class aligned_floats {
public:
    static constexpr std::size_t alignment = 64;

    aligned_floats() = default;
    /// Throws std::bad_alloc.
    explicit aligned_floats(std::size_t size);
    aligned_floats(aligned_floats&& other) noexcept;
    aligned_floats& operator=(aligned_floats&& other) noexcept;

    [[nodiscard]] float* data() noexcept { return data_.get(); }

    [[nodiscard]] const float* data() const noexcept { return data_.get(); }

    [[nodiscard]] std::size_t size() const noexcept { return size_; }

    [[nodiscard]] std::span<float> span() noexcept { return {data_.get(), size_}; }

    [[nodiscard]] std::span<const float> span() const noexcept { return {data_.get(), size_}; }

private:
    struct release {
        void operator()(float* data) const noexcept;
    };

    std::unique_ptr<float, release> data_;
    std::size_t size_ = 0;
};

} // namespace fedasio::nn
