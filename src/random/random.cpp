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

void random_stream::refill() noexcept {
    r123::Philox4x32 philox;
    const r123::Philox4x32::ctr_type counter{{counter_[0], counter_[1], counter_[2], counter_[3]}};
    const r123::Philox4x32::key_type key{{key_[0], key_[1]}};
    const auto block = philox(counter, key);
    block_ = {block[0], block[1], block[2], block[3]};
    ++counter_[0];
    used_ = 0;
}

random_stream::result_type random_stream::operator()() noexcept {
    if (used_ == block_.size()) {
        refill();
    }
    return block_[used_++];
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
