#pragma once

#include <fedasio/wire/measurements.hpp>

#include <functional>

namespace fedasio::program {

/// CPU use since the call before (user and system time of all threads, in percent of one core) and resident
/// memory of this process.
std::function<wire::measurements()> process_measurements();

} // namespace fedasio::program
