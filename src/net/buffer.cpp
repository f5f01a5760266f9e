#include <fedasio/net/buffer.hpp>

#include "net/buffer_pool.hpp"
#include <utility>

namespace fedasio::net {

buffer::buffer(std::size_t bytes)
    : data_(buffer_pool::instance().take(bytes), release(bytes)), size_(bytes) {}

void buffer::release::operator()(std::byte* data) const noexcept {
    buffer_pool::instance().give_back(data, bytes);
}

std::span<float> buffer::floats() noexcept {
    return {reinterpret_cast<float*>(data_.get()), size_ / sizeof(float)};
}

std::span<const float> buffer::floats() const noexcept {
    return {reinterpret_cast<const float*>(data_.get()), size_ / sizeof(float)};
}

payload::payload(buffer content)
    : content_(std::make_shared<const buffer>(std::move(content))), checksum_(crc32c(content_->bytes())) {}

payload::payload(buffer content, std::uint32_t checksum, std::shared_ptr<const void> room)
    : content_(std::make_shared<const buffer>(std::move(content))), room_(std::move(room)),
      checksum_(checksum) {}

std::span<const std::byte> payload::bytes() const noexcept {
    return content_ ? content_->bytes() : std::span<const std::byte>{};
}

std::span<const float> payload::floats() const noexcept {
    return content_ ? content_->floats() : std::span<const float>{};
}

} // namespace fedasio::net
