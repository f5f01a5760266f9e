/// The master runs on jemalloc: a round of thousands of workers is some hundred thousand small blocks, which
/// live across awaits, and which glibc's allocator walks lists for. This is read before `main` begins
/// (jemalloc(3), TUNING).
///
/// - `narenas:1`: the I/O thread allocates nearly everything, and what other threads free is used again at
/// once.
/// - `tcache_max:4096`: a thread keeps blocks of a coroutine's size, not buffers.
/// - `dirty_decay_ms:1000,muzzy_decay_ms:0`: what no round has used for a second goes back to the system.
/// - `retain:false`: addresses too, which a limit of the address space counts.
/// - `oversize_threshold:65536`: what is as large as a small model goes back at once, since net::buffer keeps
/// what is to be used again within a bound of its own.
extern "C" {
// The name is jemalloc's.
// NOLINTNEXTLINE(cppcoreguidelines-avoid-non-const-global-variables,readability-identifier-naming)
extern const char* malloc_conf;
const char* malloc_conf =
    "narenas:1,tcache_max:4096,dirty_decay_ms:1000,muzzy_decay_ms:0,retain:false,oversize_threshold:65536";
}
