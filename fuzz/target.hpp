#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <span>
#include <string_view>

/// What libFuzzer calls with each input, and what the replay calls with each file of a corpus. An exception
/// that leaves it is a finding, and so is whatever ends the program.
// NOLINTNEXTLINE(readability-identifier-naming): libFuzzer's name
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace fedasio::fuzz {

/// The input is a finding unless `holds`.
inline void require(bool holds, const char* promise) {
    if (!holds) {
        std::fprintf(stderr, "does not hold: %s\n", promise);
        std::abort();
    }
}

inline std::string_view as_text(const std::uint8_t* data, std::size_t size) {
    return {reinterpret_cast<const char*>(data), size};
}

} // namespace fedasio::fuzz
