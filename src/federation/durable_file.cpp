#include <fedasio/federation/durable_file.hpp>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <fcntl.h>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace fedasio::federation {

namespace {

[[noreturn]] void fail(int error, const std::filesystem::path& path, const char* what) {
    throw std::system_error(error, std::generic_category(), path.string() + ": cannot " + what);
}

class file_handle {
public:
    file_handle(const std::filesystem::path& path, int flags)
        : handle_(::open(path.c_str(), flags | O_CLOEXEC, 0666)) {
        if (handle_ < 0) {
            fail(errno, path, "open for writing");
        }
    }

    ~file_handle() {
        if (handle_ >= 0) {
            ::close(handle_);
        }
    }

    file_handle(const file_handle&) = delete;
    file_handle& operator=(const file_handle&) = delete;

    void write(std::span<const std::byte> bytes, const std::filesystem::path& path) const {
        while (!bytes.empty()) {
            // Linux writes at most 2 GiB at a time; smaller pieces keep to every system's limit.
            constexpr std::size_t piece = std::size_t{1} << 30U;
            const ssize_t written = ::write(handle_, bytes.data(), std::min(bytes.size(), piece));
            if (written < 0 && errno != EINTR) {
                fail(errno, path, "write");
            }
            if (written > 0) {
                bytes = bytes.subspan(static_cast<std::size_t>(written));
            }
        }
    }

    void sync(const std::filesystem::path& path) const {
        if (::fsync(handle_) != 0) {
            fail(errno, path, "sync to disk");
        }
    }

    void close(const std::filesystem::path& path) {
        if (::close(std::exchange(handle_, -1)) != 0) {
            fail(errno, path, "close");
        }
    }

private:
    int handle_;
};

class partial_file {
public:
    explicit partial_file(std::filesystem::path path) : path_(std::move(path)) {}

    ~partial_file() {
        if (!renamed_) {
            ::unlink(path_.c_str());
        }
    }

    partial_file(const partial_file&) = delete;
    partial_file& operator=(const partial_file&) = delete;

    void rename_to(const std::filesystem::path& path) {
        if (std::rename(path_.c_str(), path.c_str()) != 0) {
            fail(errno, path, "replace");
        }
        renamed_ = true;
    }

private:
    std::filesystem::path path_;
    bool renamed_ = false;
};

void sync_directory(const std::filesystem::path& directory) {
    const file_handle handle(directory, O_RDONLY | O_DIRECTORY);
    handle.sync(directory);
}

// A new directory is durable only once the directory that names it is synced.
void make_directories(const std::filesystem::path& directory) {
    if (std::filesystem::is_directory(directory)) {
        return;
    }
    const std::filesystem::path parent = directory.has_parent_path() ? directory.parent_path() : ".";
    if (parent != directory) {
        make_directories(parent);
    }
    std::error_code ec;
    std::filesystem::create_directory(directory, ec);
    if (ec) {
        fail(ec.value(), directory, "make the directory");
    }
    sync_directory(parent);
}

} // namespace

void write_durably(const std::filesystem::path& path, std::span<const std::span<const std::byte>> parts) {
    const std::filesystem::path directory = path.has_parent_path() ? path.parent_path() : ".";
    make_directories(directory);
    std::filesystem::path beside = path;
    beside += ".partial";
    {
        file_handle handle(beside, O_WRONLY | O_CREAT | O_TRUNC);
        partial_file partial(beside);
        for (const auto part : parts) {
            handle.write(part, beside);
        }
        handle.sync(beside);
        handle.close(beside);
        partial.rename_to(path);
    }
    sync_directory(directory);
}

} // namespace fedasio::federation
