#pragma once

#include <array>
#include <cstddef>
#include <mutex>

namespace fedasio::net {

/// Where the memory of buffers comes from, and comes back to for the next buffer of about that size. Without
/// it a master would grow for ever: between the blocks that allocators take for updates, small records come
/// to lie that live long, so that no freed block is large enough for the next update. And what the system
/// gives anew in each round costs a page fault for each 4 KiB, as much time as to fill it. Any thread.
class buffer_pool {
public:
    /// Larger ones go back to the system at once.
    static constexpr std::size_t largest = std::size_t{128} << 20;
    /// What lies here unused, in all.
    static constexpr std::size_t most_unused = std::size_t{128} << 20;

    /// Never destroyed, because buffers may outlive everything.
    static buffer_pool& instance() noexcept;

    /// At least `bytes`, aligned to buffer::alignment. Throws std::bad_alloc.
    [[nodiscard]] std::byte* take(std::size_t bytes);
    /// What `take` gave for so many bytes.
    void give_back(std::byte* data, std::size_t bytes) noexcept;

    [[nodiscard]] std::size_t unused_bytes() noexcept;

private:
    /// Four sizes to each power of two, so that at most a fifth of a block is not used.
    static constexpr std::size_t smallest_bits = 9;
    static constexpr std::size_t sizes = 4 * (27 - smallest_bits) + 1;

    struct unused_block {
        unused_block* next;
    };

    static std::size_t place_of(std::size_t bytes) noexcept;
    static std::size_t size_of(std::size_t place) noexcept;
    void drop_all() noexcept;

    std::mutex busy_;
    std::array<unused_block*, sizes> unused_{};
    std::size_t unused_bytes_ = 0;
};

} // namespace fedasio::net
