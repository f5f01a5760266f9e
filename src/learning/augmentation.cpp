#include <fedasio/learning/augmentation.hpp>

#include <algorithm>
#include <cstddef>
#include <vector>

namespace fedasio::learning {
namespace {

struct view {
    std::ptrdiff_t down = 0; ///< how far the part that is left lies below that of the image itself
    std::ptrdiff_t right = 0;
    bool turned = false;
};

view drawn(const augmentation& how, random_stream& draws) {
    view result;
    if (how.crop > 0) {
        const auto places = 2 * how.crop + 1;
        result.down = std::ptrdiff_t{draws.below(places)} - std::ptrdiff_t{how.crop};
        result.right = std::ptrdiff_t{draws.below(places)} - std::ptrdiff_t{how.crop};
    }
    result.turned = how.flip && draws.below(2) == 1;
    return result;
}

void look(const view& at, nn::shape one, std::span<const float> image, std::span<float> result) {
    const auto height = std::ptrdiff_t{one.height};
    const auto width = std::ptrdiff_t{one.width};
    auto to = result.begin();
    for (std::ptrdiff_t y = 0; y < height; ++y) {
        const auto row = y + at.down;
        for (std::ptrdiff_t x = 0; x < width; ++x) {
            const auto column = (at.turned ? width - 1 - x : x) + at.right;
            if (row < 0 || row >= height || column < 0 || column >= width) {
                to = std::fill_n(to, one.channels, 0.0F);
                continue;
            }
            const auto pixel = static_cast<std::size_t>(row * width + column) * one.channels;
            to = std::ranges::copy(image.subspan(pixel, one.channels), to).out;
        }
    }
}

} // namespace

void augment(const augmentation& how, nn::shape one, std::span<float> images, random_stream& draws) {
    if (how.is_none()) {
        return;
    }
    std::vector<float> seen(one.size());
    for (; !images.empty(); images = images.subspan(one.size())) {
        const auto image = images.first(one.size());
        look(drawn(how, draws), one, image, seen);
        std::ranges::copy(seen, image.begin());
    }
}

} // namespace fedasio::learning
