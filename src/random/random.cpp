#include <fedasio/random.hpp>

#include <Random123/philox.h>

#include <cmath>
#include <numbers>

namespace fedasio {

// Philox takes a 64-bit key (the seed) and a 128-bit counter. The counter holds (block, purpose, round,
// client), so two streams with different names never meet within 2^32 blocks, which is 2^34 draws.
random_stream::random_stream(std::uint64_t seed, purpose what, std::uint32_t round,
                             std::uint32_t client) noexcept
    : key_{static_cast<std::uint32_t>(seed), static_cast<std::uint32_t>(seed >> 32)},
      counter_{0, static_cast<std::uint32_t>(what), round, client} {}

[[gnu::always_inline]] inline std::array<std::uint32_t, 4>
random_stream::block(std::uint32_t number) const noexcept {
    r123::Philox4x32 philox;
    const r123::Philox4x32::ctr_type counter{{number, counter_[1], counter_[2], counter_[3]}};
    const r123::Philox4x32::key_type key{{key_[0], key_[1]}};
    const auto words = philox(counter, key);
    return {words[0], words[1], words[2], words[3]};
}

random_stream::result_type random_stream::operator()() noexcept {
    if (used_ == block_.size()) {
        block_ = block(counter_[0]++);
        used_ = 0;
    }
    return block_[used_++];
}

void random_stream::fill(std::span<std::uint32_t> words) noexcept {
    while (used_ < block_.size() && !words.empty()) {
        words.front() = (*this)();
        words = words.subspan(1);
    }
    // Blocks do not depend on each other, so the compiler computes several at once.
    const auto blocks = static_cast<std::uint32_t>(words.size() / block_.size());
    std::uint32_t* to = words.data();
    for (std::uint32_t i = 0; i < blocks; ++i) {
        const auto next = block(counter_[0] + i);
        for (std::size_t word = 0; word < next.size(); ++word) {
            to[i * next.size() + word] = next[word];
        }
    }
    counter_[0] += blocks;
    for (std::uint32_t& last : words.subspan(blocks * block_.size())) {
        last = (*this)();
    }
}

// Lemire, "Fast random integer generation in an interval" (2019).
std::uint32_t random_stream::below(std::uint32_t bound) noexcept {
    std::uint64_t product = std::uint64_t{(*this)()} * bound;
    auto low = static_cast<std::uint32_t>(product);
    if (low < bound) {
        const std::uint32_t threshold = (0U - bound) % bound;
        while (low < threshold) {
            product = std::uint64_t{(*this)()} * bound;
            low = static_cast<std::uint32_t>(product);
        }
    }
    return static_cast<std::uint32_t>(product >> 32);
}

float random_stream::uniform() noexcept {
    return static_cast<float>((*this)() >> 8) * 0x1.0p-24F;
}

double random_stream::uniform_double() noexcept {
    const std::uint64_t high = (*this)() >> 5;
    const std::uint64_t low = (*this)() >> 6;
    return static_cast<double>((high << 26) | low) * 0x1.0p-53;
}

double random_stream::normal() noexcept {
    const double radius = std::sqrt(-2.0 * std::log(1.0 - uniform_double()));
    return radius * std::cos(2.0 * std::numbers::pi * uniform_double());
}

double random_stream::gamma(double shape) noexcept {
    if (shape < 1.0) {
        const double boost = std::pow(1.0 - uniform_double(), 1.0 / shape);
        return gamma(shape + 1.0) * boost;
    }
    const double d = shape - 1.0 / 3.0;
    const double c = 1.0 / std::sqrt(9.0 * d);
    for (;;) {
        const double x = normal();
        const double v = std::pow(1.0 + c * x, 3);
        if (v > 0.0 && std::log(1.0 - uniform_double()) < 0.5 * x * x + d - d * v + d * std::log(v)) {
            return d * v;
        }
    }
}

} // namespace fedasio
