#pragma once

#include <fedasio/net/thread_pool.hpp>

#include <boost/asio/io_context.hpp>

#include <cstddef>
#include <cstdint>
#include <exception>
#include <string>

namespace fedasio::program {

/// Descriptors that connections never take, so that checkpoints, the history and data can be opened.
inline constexpr std::size_t descriptors_for_files = 16;

/// What a program does first. Raises the limit of open files to what it may be. Large freed buffers go back
/// to the system, and a limit of address space is not used up by allocation arenas. Where memory fails and
/// nobody can go on, the process ends with a line and exit code 1.
void claim_resources();

/// What went wrong, in a line for a terminal: what runs out is named with its limit.
[[nodiscard]] std::string reason_of(const std::exception& failure);

/// What the machine, its containers and its limits let this process have of memory, in bytes.
[[nodiscard]] std::uint64_t memory_limit();

/// So many files and connections may be open.
[[nodiscard]] std::size_t descriptor_limit();

/// With fewer a program would wait for what it can never open. Throws std::runtime_error that says how many
/// there must be.
void require_descriptors(std::size_t needed);

/// Runs `context` until it is out of work, then ends the pool. When a handler throws, coroutines are left
/// that nobody will resume; so the process ends, with a line that says why and exit code 1.
void run_until_over(boost::asio::io_context& context, net::thread_pool& pool);

} // namespace fedasio::program
