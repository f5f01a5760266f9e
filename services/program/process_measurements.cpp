#include "program/process_measurements.hpp"

#include <chrono>
#include <fstream>
#include <sys/resource.h>
#include <unistd.h>

namespace fedasio::program {
namespace {

double cpu_seconds() {
    rusage used{};
    getrusage(RUSAGE_SELF, &used);
    const auto seconds = [](const timeval& t) {
        return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) * 1e-6;
    };
    return seconds(used.ru_utime) + seconds(used.ru_stime);
}

std::uint64_t resident_bytes() {
    std::uint64_t size = 0;
    std::uint64_t resident = 0;
    std::ifstream("/proc/self/statm") >> size >> resident;
    return resident * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
}

} // namespace

std::function<wire::measurements()> process_measurements() {
    return [cpu_before = cpu_seconds(), time_before = std::chrono::steady_clock::now()]() mutable {
        const auto cpu = cpu_seconds();
        const auto time = std::chrono::steady_clock::now();
        const auto passed = std::chrono::duration<double>(time - time_before).count();
        wire::measurements result;
        result.cpu_percent = passed > 0 ? 100 * (cpu - cpu_before) / passed : 0;
        result.memory_bytes = resident_bytes();
        cpu_before = cpu;
        time_before = time;
        return result;
    };
}

} // namespace fedasio::program
