#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

namespace fedasio::net {

/// Bytes aligned to 64, not initialised, of a fixed size: what a socket reads into and vector code works on
/// directly. The memory of all but huge ones is kept, within a bound, for the next of about that size.
class buffer {
public:
    static constexpr std::size_t alignment = 64;

    buffer() = default;
    /// Throws std::bad_alloc.
    explicit buffer(std::size_t bytes);

    [[nodiscard]] std::size_t size() const noexcept { return size_; }

    [[nodiscard]] std::span<std::byte> bytes() noexcept { return {data_.get(), size_}; }

    [[nodiscard]] std::span<const std::byte> bytes() const noexcept { return {data_.get(), size_}; }

    /// The bytes as float32 values; what is left over of a size that is no multiple of 4 is not shown.
    [[nodiscard]] std::span<float> floats() noexcept;
    [[nodiscard]] std::span<const float> floats() const noexcept;

private:
    struct release {
        release() noexcept : bytes(0) {}

        explicit release(std::size_t size) noexcept : bytes(size) {}

        void operator()(std::byte* data) const noexcept;

        std::size_t bytes;
    };

    std::unique_ptr<std::byte[], release> data_;
    std::size_t size_ = 0;
};

/// The body of a frame: immutable, shared by reference count, with its checksum computed once. Sending one
/// payload to N peers writes the same bytes N times and copies them never.
class payload {
public:
    payload() = default;
    explicit payload(buffer content);
    /// When the checksum of the content is known already. `room` is held as long as the content: what it
    /// takes in a receive_window.
    payload(buffer content, std::uint32_t checksum, std::shared_ptr<const void> room = {});

    [[nodiscard]] std::size_t size() const noexcept { return content_ ? content_->size() : 0; }

    [[nodiscard]] bool empty() const noexcept { return size() == 0; }

    [[nodiscard]] std::span<const std::byte> bytes() const noexcept;
    [[nodiscard]] std::span<const float> floats() const noexcept;

    /// CRC-32C of the bytes; 0 when empty.
    [[nodiscard]] std::uint32_t checksum() const noexcept { return checksum_; }

    /// The bytes stay, and are not counted in the window any more.
    void leave_window() noexcept { room_.reset(); }

    /// How many payloads share the bytes.
    [[nodiscard]] long use_count() const noexcept { return content_.use_count(); }

private:
    std::shared_ptr<const buffer> content_;
    std::shared_ptr<const void> room_;
    std::uint32_t checksum_ = 0;
};

/// CRC-32C (Castagnoli, RFC 3720 appendix B.4) of `bytes`, continuing from `previous`.
std::uint32_t crc32c(std::span<const std::byte> bytes, std::uint32_t previous = 0) noexcept;

} // namespace fedasio::net
