#include "program/resources.hpp"

#include <fedasio/text/printable.hpp>

#include "program/command_line.hpp"
#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <fstream>
#include <malloc.h>
#include <new>
#include <stdexcept>
#include <string>
#include <sys/resource.h>
#include <system_error>
#include <unistd.h>

namespace fedasio::program {
namespace {

// Of glibc's allocator, which the master does not use (fedasio-master/allocator.cpp): what is as large as a
// small model is a mapping of its own, which leaves no hole between records that stay.
constexpr int large_buffer_bytes = 64 << 10;
/// More are of no use, and programs that close what they do not know would count for long.
constexpr rlim_t most_descriptors = 1U << 20;

/// Allocates nothing.
[[noreturn]] void end_because(const char* what) noexcept {
    std::array<char, 512> line{};
    const auto size = std::snprintf(line.data(), line.size(), "%s: cannot go on: %s\n",
                                    program_invocation_short_name, what);
    [[maybe_unused]] const auto written = ::write(
        STDERR_FILENO, line.data(), std::min<std::size_t>(static_cast<std::size_t>(size), line.size() - 1));
    std::_Exit(failed);
}

/// Ends for want of memory; anything else is a fault of the program and leaves a core.
[[noreturn]] void on_terminate() {
    if (const auto failure = std::current_exception()) {
        try {
            std::rethrow_exception(failure);
        } catch (const std::bad_alloc&) {
            end_because("there is not enough memory");
        } catch (const std::exception& e) {
            std::fprintf(stderr, "%s: %s\n", program_invocation_short_name, e.what());
        } catch (...) {
            std::fprintf(stderr, "%s: an unknown exception\n", program_invocation_short_name);
        }
    }
    std::abort();
}

} // namespace

std::string reason_of(const std::exception& failure) {
    if (dynamic_cast<const std::bad_alloc*>(&failure) != nullptr) {
        return "there is not enough memory";
    }
    const auto* const system = dynamic_cast<const std::system_error*>(&failure);
    if (system != nullptr && system->code() == std::errc::resource_unavailable_try_again) {
        return "the system gives no more threads: raise the limit of processes (ulimit -u) or of memory "
               "(ulimit -v)";
    }
    if (system != nullptr && system->code() == std::errc::too_many_files_open) {
        return text::printable(failure.what()) + ": raise the limit of open files (ulimit -n)";
    }
    if (const auto* const files = dynamic_cast<const std::filesystem::filesystem_error*>(&failure)) {
        return text::printable(files->path1().string() + ": " + files->code().message());
    }
    return text::printable(failure.what());
}

void claim_resources() {
    std::set_terminate(on_terminate);
    ::mallopt(M_MMAP_THRESHOLD, large_buffer_bytes);
    rlimit space{};
    if (::getrlimit(RLIMIT_AS, &space) == 0 && space.rlim_cur != RLIM_INFINITY) {
        ::mallopt(M_ARENA_MAX, 1); // each of a thread's own reserves 64 MiB
    }
    rlimit files{};
    if (::getrlimit(RLIMIT_NOFILE, &files) == 0) {
        const auto most = std::max(files.rlim_cur, std::min(files.rlim_max, most_descriptors));
        if (most != files.rlim_cur) {
            files.rlim_cur = most;
            ::setrlimit(RLIMIT_NOFILE, &files);
        }
    }
}

std::uint64_t memory_limit() {
    auto limit = static_cast<std::uint64_t>(::sysconf(_SC_PHYS_PAGES)) *
                 static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
    rlimit space{};
    if (::getrlimit(RLIMIT_AS, &space) == 0 && space.rlim_cur != RLIM_INFINITY) {
        limit = std::min<std::uint64_t>(limit, space.rlim_cur);
    }
    // "0::/group", which lies in others that may have limits too; a container sees its own at the root.
    std::string line;
    std::getline(std::ifstream("/proc/self/cgroup"), line);
    const auto name = line.rfind("::");
    for (std::filesystem::path group = name == std::string::npos ? "/" : line.substr(name + 2);;
         group = group.parent_path()) {
        std::uint64_t bytes = 0;
        if (std::ifstream("/sys/fs/cgroup" + group.string() + "/memory.max") >> bytes) {
            limit = std::min(limit, bytes);
        }
        if (group == group.parent_path()) {
            return limit;
        }
    }
}

std::size_t descriptor_limit() {
    rlimit files{};
    ::getrlimit(RLIMIT_NOFILE, &files);
    return files.rlim_cur;
}

void require_descriptors(std::size_t needed) {
    if (const auto limit = descriptor_limit(); limit < needed) {
        throw std::runtime_error("only " + std::to_string(limit) +
                                 " files and connections may be open, at least " + std::to_string(needed) +
                                 " are needed: raise the limit (ulimit -n)");
    }
}

void run_until_over(boost::asio::io_context& context, net::thread_pool& pool) {
    try {
        context.run();
    } catch (const std::bad_alloc&) {
        end_because("there is not enough memory");
    } catch (const std::exception& e) {
        end_because(reason_of(e).c_str());
    }
    pool.join();
}

} // namespace fedasio::program
