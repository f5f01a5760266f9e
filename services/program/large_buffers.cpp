#include "program/large_buffers.hpp"

#include <malloc.h>

namespace fedasio::program {

void return_large_buffers() {
    constexpr int bytes = 256 << 10;
    ::mallopt(M_MMAP_THRESHOLD, bytes);
}

} // namespace fedasio::program
