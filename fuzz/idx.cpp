#include <fedasio/data/error.hpp>
#include <fedasio/data/idx.hpp>

#include "memory_file.hpp"
#include "samples.hpp"
#include "target.hpp"
#include <algorithm>

// A pair of IDX files: the first two bytes are the length of the labels' file (little-endian), which comes
// first. A data set that was read must be sound.

namespace {

namespace data = fedasio::data;
namespace fuzz = fedasio::fuzz;

} // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    static fuzz::memory_file labels;
    static fuzz::memory_file images;
    if (size < 2) {
        return 0;
    }
    const auto rest = fuzz::as_text(bytes, size).substr(2);
    const auto length = std::min<std::size_t>(bytes[0] + 256U * bytes[1], rest.size());
    try {
        fuzz::check_samples(
            data::read_idx(images.holding(rest.substr(length)), labels.holding(rest.substr(0, length))));
    } catch (const data::error&) {
        return 0;
    }
    return 0;
}
