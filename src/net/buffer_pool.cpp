#include "net/buffer_pool.hpp"

#include <fedasio/net/buffer.hpp>

#include <bit>
#include <cstdint>
#include <new>
#include <sys/mman.h>
#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#include <sanitizer/asan_interface.h>
#endif
#endif
#ifndef ASAN_POISON_MEMORY_REGION
#define ASAN_POISON_MEMORY_REGION(address, size)   // nobody watches
#define ASAN_UNPOISON_MEMORY_REGION(address, size) // nobody watches
#endif

namespace fedasio::net {
namespace {

constexpr std::align_val_t alignment{buffer::alignment};
constexpr std::size_t huge_page = std::size_t{2} << 20;

/// From the system. Large blocks lie on huge pages as far as they fill them: fewer faults and fewer misses.
std::byte* allocate(std::size_t bytes) {
    auto* const block = static_cast<std::byte*>(::operator new(bytes, alignment));
    const auto begin = reinterpret_cast<std::uintptr_t>(block);
    const auto first = (begin + huge_page - 1) / huge_page * huge_page;
    const auto last = (begin + bytes) / huge_page * huge_page;
    if (first < last) { // it is only advice
        (void)madvise(block + (first - begin), last - first, MADV_HUGEPAGE);
    }
    return block;
}

} // namespace

buffer_pool& buffer_pool::instance() noexcept {
    // Neither a constructor nor a destructor runs: all its members are constant at the start and trivial at
    // the end.
    static constinit buffer_pool only;
    return only;
}

std::size_t buffer_pool::place_of(std::size_t bytes) noexcept {
    if (bytes <= std::size_t{1} << smallest_bits) {
        return 0;
    }
    const auto power =
        static_cast<std::size_t>(std::bit_width(bytes - 1)) - 1; // 2^power < bytes <= 2^(power+1)
    const auto quarter = ((bytes - 1) >> (power - 2)) & 3U;
    return 4 * (power - smallest_bits) + quarter + 1;
}

std::size_t buffer_pool::size_of(std::size_t place) noexcept {
    if (place == 0) {
        return std::size_t{1} << smallest_bits;
    }
    const auto power = smallest_bits + (place - 1) / 4;
    return (std::size_t{1} << power) + ((place - 1) % 4 + 1) * (std::size_t{1} << (power - 2));
}

std::byte* buffer_pool::take(std::size_t bytes) {
    if (bytes > largest) {
        return allocate(bytes);
    }
    const auto place = place_of(bytes);
    const auto size = size_of(place);
    {
        const std::lock_guard lock(busy_);
        if (auto* const block = unused_[place]) {
            ASAN_UNPOISON_MEMORY_REGION(block, size);
            unused_[place] = block->next;
            unused_bytes_ -= size;
            return reinterpret_cast<std::byte*>(block);
        }
    }
    try {
        return allocate(size);
    } catch (const std::bad_alloc&) {
        drop_all();
    }
    return allocate(size);
}

void buffer_pool::give_back(std::byte* data, std::size_t bytes) noexcept {
    if (data == nullptr) {
        return;
    }
    const auto place = bytes > largest ? 0 : place_of(bytes);
    const auto size = size_of(place);
    if (bytes <= largest) {
        const std::lock_guard lock(busy_);
        if (unused_bytes_ + size <= most_unused) {
            unused_[place] = ::new (data) unused_block{unused_[place]};
            unused_bytes_ += size;
            // But for the link: who looks for leaks follows none through memory that is poisoned.
            ASAN_POISON_MEMORY_REGION(data + sizeof(unused_block), size - sizeof(unused_block));
            return;
        }
    }
    ::operator delete(data, alignment);
}

std::size_t buffer_pool::unused_bytes() noexcept {
    const std::lock_guard lock(busy_);
    return unused_bytes_;
}

void buffer_pool::drop_all() noexcept {
    const std::lock_guard lock(busy_);
    for (std::size_t place = 0; place < sizes; ++place) {
        while (auto* const block = unused_[place]) {
            ASAN_UNPOISON_MEMORY_REGION(block, size_of(place));
            unused_[place] = block->next;
            ::operator delete(block, alignment);
        }
    }
    unused_bytes_ = 0;
}

} // namespace fedasio::net
