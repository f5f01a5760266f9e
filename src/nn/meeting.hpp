#pragma once

#include <algorithm>
#include <cstddef>

namespace fedasio::nn {

/// Every `step`-th number from `first` on.
struct steps {
    std::size_t first = 0;
    std::size_t count = 0;
};

/// The i below `size` for which base + i is one of from, from + step, ... and below `end`: where a kernel
/// that lies at `base` meets an image.
[[nodiscard]] inline steps meeting(std::size_t base, std::size_t size, std::size_t from, std::size_t end,
                                   std::size_t step = 1) {
    const std::size_t first = base < from ? from - base : (step - (base - from) % step) % step;
    const std::size_t last = std::min(size, end > base ? end - base : 0);
    return {first, first < last ? (last - first + step - 1) / step : 0};
}

} // namespace fedasio::nn
