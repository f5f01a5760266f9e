#include <fedasio/store/disk.hpp>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <fcntl.h>
#include <string>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace fedasio::store {

namespace {

[[noreturn]] void fail(int error, const std::filesystem::path& path, const char* what) {
    throw std::system_error(error, std::generic_category(), path.string() + ": cannot " + what);
}

class system_file final : public open_file {
public:
    system_file(std::filesystem::path path, int flags)
        // Who opens a pipe to write waits for one who reads, unless it is said not to.
        : path_(std::move(path)), handle_(::open(path_.c_str(), flags | O_CLOEXEC | O_NONBLOCK, 0666)) {
        if (handle_ < 0) {
            fail(errno, path_, "open for writing");
        }
    }

    ~system_file() override {
        if (handle_ >= 0) {
            ::close(handle_);
        }
    }

    system_file(const system_file&) = delete;
    system_file& operator=(const system_file&) = delete;

    void write(std::span<const std::byte> bytes) override {
        while (!bytes.empty()) {
            // Linux writes at most 2 GiB at a time; smaller pieces keep to every system's limit.
            constexpr std::size_t piece = std::size_t{1} << 30U;
            const ssize_t written = ::write(handle_, bytes.data(), std::min(bytes.size(), piece));
            if (written < 0 && errno != EINTR) {
                fail(errno, path_, "write");
            }
            if (written > 0) {
                bytes = bytes.subspan(static_cast<std::size_t>(written));
            }
        }
    }

    void sync() override {
        if (::fsync(handle_) != 0) {
            fail(errno, path_, "sync to disk");
        }
    }

    void cut(std::uint64_t length) {
        if (::ftruncate(handle_, static_cast<off_t>(length)) != 0) {
            fail(errno, path_, "shorten");
        }
    }

    void close() override {
        if (::close(std::exchange(handle_, -1)) != 0) {
            fail(errno, path_, "close");
        }
    }

private:
    std::filesystem::path path_;
    int handle_;
};

class machine_disk final : public disk {
public:
    std::unique_ptr<open_file> create(const std::filesystem::path& path) override {
        return std::make_unique<system_file>(path, O_WRONLY | O_CREAT | O_TRUNC);
    }

    std::unique_ptr<open_file> append(const std::filesystem::path& path, std::uint64_t keep) override {
        auto file = std::make_unique<system_file>(path, O_WRONLY | O_CREAT | O_APPEND);
        file->cut(keep);
        return file;
    }

    void rename(const std::filesystem::path& from, const std::filesystem::path& to) override {
        if (std::rename(from.c_str(), to.c_str()) != 0) {
            fail(errno, to, "replace");
        }
    }

    void remove(const std::filesystem::path& path) override {
        if (::unlink(path.c_str()) != 0) {
            fail(errno, path, "remove");
        }
    }

    void make_directory(const std::filesystem::path& path) override {
        std::error_code ec;
        std::filesystem::create_directory(path, ec);
        if (ec) {
            fail(ec.value(), path, "make the directory");
        }
    }

    void sync_directory(const std::filesystem::path& path) override {
        system_file(path, O_RDONLY | O_DIRECTORY).sync();
    }
};

} // namespace

disk& system_disk() {
    static machine_disk only;
    return only;
}

std::vector<std::filesystem::path> entries_of(const std::filesystem::path& folder, const char* what) {
    std::vector<std::filesystem::path> found;
    std::error_code failure;
    auto entry = std::filesystem::directory_iterator(folder, failure);
    for (; !failure && entry != std::filesystem::directory_iterator(); entry.increment(failure)) {
        found.push_back(entry->path());
    }
    if (failure && failure != std::errc::no_such_file_or_directory) {
        throw std::system_error(failure, folder.string() + ": cannot list " + what);
    }
    std::ranges::sort(found);
    return found;
}

} // namespace fedasio::store
