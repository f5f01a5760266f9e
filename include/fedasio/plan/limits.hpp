#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>

/// The one home of every bound on what plans and messages hold. Readers refuse what is over them before
/// anything is allocated for it. docs/protocol.md lists those of the protocol (held by
/// tests/wire/limits_test.cpp), docs/plan.md those of a plan (tests/plan/plan_page_test.cpp). (What frames
/// hold is in wire/limits.hpp, what a connection bears is in net/connection.hpp, what a table holds in
/// data/csv.hpp.)
namespace fedasio::plan::limits {

inline constexpr std::size_t kib = 1024;
inline constexpr std::size_t mib = 1024 * kib;

// Numbers in plans and messages.
inline constexpr std::uint32_t clients = 1'000'000;
inline constexpr std::uint32_t rounds = 1'000'000'000;
inline constexpr std::uint64_t samples = std::uint64_t{1} << 32U; ///< also rows, and counts of either
inline constexpr std::uint32_t worker_threads = 65'536;
/// A body holds 4 bytes of each, and its length is a number of 32 bits.
inline constexpr std::uint64_t parameters =
    std::numeric_limits<std::uint32_t>::max() / sizeof(float); // 2^30 - 1
inline constexpr std::size_t table_columns = 100'000;
/// Counts by class are told for at most so many classes.
inline constexpr std::size_t shown_classes = 100;

// Texts in messages, in bytes.
inline constexpr std::size_t worker_name = 64; ///< also of its version and instruction set
inline constexpr std::size_t digest = 64;      ///< of samples
inline constexpr std::size_t sentence = 1024;  ///< a reason, or a plan's name, for people
inline constexpr std::size_t standing = 8192;  ///< why a worker stands as it does
inline constexpr std::size_t cell = 65'536;    ///< the name of a column, a category, a class
inline constexpr std::size_t strategy_name = 64;
inline constexpr std::size_t run = 16;        ///< what identifies one
inline constexpr std::size_t state_name = 64; ///< of an array of a client's state

// Lists in messages.
inline constexpr std::size_t strategies = 64; ///< that a worker names
inline constexpr std::size_t state_arrays = 16;
/// What a client keeps from one round to the next takes at most so many times the bytes of the weights.
inline constexpr std::size_t state_vectors = 4;

// Plans.
inline constexpr std::size_t plan_bytes = mib;
/// A plan that comes with the command `start` is a JSON string: quotes and line ends take two bytes there.
inline constexpr std::size_t command_bytes = 2 * plan_bytes + 4 * kib;
inline constexpr std::size_t plan_depth = 32;
inline constexpr std::size_t plan_name = 100;
inline constexpr std::size_t plan_path = 4096;
inline constexpr std::size_t plan_column_name = 1024;
inline constexpr std::size_t plan_columns = 10'000;
inline constexpr std::size_t plan_categories = 10'000;
inline constexpr std::size_t class_names = 1000; ///< of images
inline constexpr std::size_t class_name = 256;
inline constexpr std::size_t missing_words = 1000; ///< also in a schema
inline constexpr std::size_t layers = 256;
inline constexpr std::uint32_t units = 1U << 20U;
inline constexpr std::uint32_t pixels = 1U << 16U; ///< of a side of an image; channels and filters
inline constexpr std::uint32_t norm_bound = 1U << 16U;
inline constexpr std::uint32_t window = 1024; ///< a side of a kernel or pool
inline constexpr std::size_t arrays = 10'000; ///< of a trainer's own model
inline constexpr std::size_t array_dims = 16;
inline constexpr std::size_t array_name = 256;

} // namespace fedasio::plan::limits
