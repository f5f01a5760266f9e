#pragma once

#include <exception>
#include <new>
#include <string>

namespace fedasio::text {

/// What people read of a failure: std::bad_alloc says "std::bad_alloc" of itself.
[[nodiscard]] inline std::string failure_text(const std::exception& failure) {
    return dynamic_cast<const std::bad_alloc*>(&failure) != nullptr ? "there is no memory left"
                                                                    : failure.what();
}

} // namespace fedasio::text
