#pragma once

// A function with this attribute is compiled for AVX-512 too, and the program takes what the processor has.
// What chooses runs before the thread sanitizer is ready for it.
#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define FEDASIO_THREAD_SANITIZER
#endif
#endif
#if defined(__x86_64__) && !defined(FEDASIO_THREAD_SANITIZER)
#define FEDASIO_WIDE_CLONES [[gnu::target_clones("arch=x86-64-v4", "default")]]
#else
#define FEDASIO_WIDE_CLONES
#endif
