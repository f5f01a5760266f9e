#pragma once

#include <cerrno>
#include <filesystem>
#include <string>
#include <string_view>
#include <sys/mman.h>
#include <system_error>
#include <unistd.h>

namespace fedasio::fuzz {

/// A file that is nowhere on a disk, for readers that take a path. Using it again is faster than making one.
class memory_file {
public:
    memory_file()
        : descriptor_(::memfd_create("fuzz", MFD_CLOEXEC)),
          path_("/proc/self/fd/" + std::to_string(descriptor_)) {
        check(descriptor_ >= 0);
    }

    ~memory_file() { ::close(descriptor_); }

    memory_file(const memory_file&) = delete;
    memory_file& operator=(const memory_file&) = delete;

    const std::filesystem::path& holding(std::string_view content) {
        check(::ftruncate(descriptor_, 0) == 0);
        check(::pwrite(descriptor_, content.data(), content.size(), 0) ==
              static_cast<ssize_t>(content.size()));
        return path_;
    }

    [[nodiscard]] const std::filesystem::path& path() const { return path_; }

private:
    static void check(bool done) {
        if (!done) {
            throw std::system_error(errno, std::generic_category(), "a file in memory");
        }
    }

    int descriptor_;
    std::filesystem::path path_;
};

} // namespace fedasio::fuzz
