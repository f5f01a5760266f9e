#pragma once

#include <nn/product.hpp>

namespace fedasio::nn {

// One file each, compiled for its instruction set: to be called only where the processor has it.
void compute_avx512(const product& what);
void compute_avx2(const product& what);
void compute_portable(const product& what);

} // namespace fedasio::nn
