#include <fedasio/nn/aligned_floats.hpp>

#include <algorithm>
#include <limits>
#include <new>
#include <utility>

namespace fedasio::nn {

aligned_floats::aligned_floats(std::size_t size) : size_(size) {
    constexpr std::size_t line = alignment / sizeof(float);
    if (size > std::numeric_limits<std::size_t>::max() / sizeof(float) - line) {
        throw std::bad_alloc();
    }
    const std::size_t whole_lines = (size + line - 1) / line * line;
    data_.reset(
        static_cast<float*>(::operator new(whole_lines * sizeof(float), std::align_val_t{alignment})));
    std::fill_n(data_.get(), whole_lines, 0.0F);
}

aligned_floats::aligned_floats(aligned_floats&& other) noexcept
    : data_(std::move(other.data_)), size_(std::exchange(other.size_, 0)) {}

aligned_floats& aligned_floats::operator=(aligned_floats&& other) noexcept {
    data_ = std::move(other.data_);
    size_ = std::exchange(other.size_, 0);
    return *this;
}

void aligned_floats::release::operator()(float* data) const noexcept {
    ::operator delete(data, std::align_val_t{alignment});
}

} // namespace fedasio::nn
