#include <array>
#include <nn/product.hpp>
#include <nn/product_sets.hpp>

namespace fedasio::nn {

std::span<const product_kernel> product_kernels() {
    static const auto found = [] {
        struct {
            std::array<product_kernel, 3> all{};
            std::size_t count = 0;
        } those;

        const auto add = [&](product_kernel kernel) { those.all.at(those.count++) = kernel; };
#if defined(__x86_64__)
        if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl")) {
            add({"avx512", compute_avx512});
        }
        if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) {
            add({"avx2", compute_avx2});
        }
#endif
        add({"portable", compute_portable});
        return those;
    }();
    return std::span(found.all).first(found.count);
}

void compute(const product& what) {
    static const auto widest = product_kernels().front().compute;
    widest(what);
}

} // namespace fedasio::nn
