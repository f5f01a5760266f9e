#pragma once

#if defined(__SSE__)
#include <xmmintrin.h>
#endif

namespace fedasio::nn {

/// While it lives, this thread takes numbers below 2^-126 for 0. A moment whose gradient stopped decays into
/// that range and stays there, where each operation takes a hundred times as long. Set explicitly rather than
/// left as found, the mode is also the same in every program. Does nothing on processors other than x86.
class no_denormals {
public:
    no_denormals() {
#if defined(__SSE__)
        constexpr unsigned flush_results_and_inputs = 0x8040;
        found_ = _mm_getcsr();
        _mm_setcsr(found_ | flush_results_and_inputs);
#endif
    }

    no_denormals(const no_denormals&) = delete;
    no_denormals& operator=(const no_denormals&) = delete;

    ~no_denormals() {
#if defined(__SSE__)
        _mm_setcsr(found_);
#endif
    }

private:
    [[maybe_unused]] unsigned found_ = 0;
};

} // namespace fedasio::nn
