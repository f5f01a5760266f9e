#include <fedasio/data/image.hpp>

#include "target.hpp"
#include <span>
#include <stdexcept>

// A picture. What was decoded must be as large as it says, and fit into a sample.

namespace {

namespace data = fedasio::data;
namespace fuzz = fedasio::fuzz;

} // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    constexpr std::size_t largest = std::size_t{1} << 22;
    try {
        auto image = data::decode_image({bytes, size});
        fuzz::require(image.channels == 1 || image.channels == 3, "it is grey or in colour");
        fuzz::require(image.pixels.size() == std::size_t{image.height} * image.width * image.channels,
                      "it is as large as it says");
        if (image.pixels.size() > largest) {
            return 0;
        }
        const auto fitted = data::fit_image(data::with_channels(std::move(image), 3), 5, 7);
        fuzz::require(fitted.pixels.size() == std::size_t{5} * 7 * 3, "it fits");
    } catch (const std::runtime_error&) {
        return 0;
    }
    return 0;
}
