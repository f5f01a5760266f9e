#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <vector>

namespace fedasio::store {

/// A file that is being written.
class open_file {
public:
    virtual ~open_file() = default;

    virtual void write(std::span<const std::byte> bytes) = 0;
    /// What was written survives the machine from now on, if its name does.
    virtual void sync() = 0;
    virtual void close() = 0;
};

/// What durable writing asks of the operating system, so that a test can hand in a disk that fails, tears
/// writes and forgets what was not synced. Reading goes through the standard library. Every call may throw
/// std::system_error that names the path. Any thread.
class disk {
public:
    virtual ~disk() = default;

    /// Creates the file, or empties it.
    virtual std::unique_ptr<open_file> create(const std::filesystem::path& path) = 0;
    /// Opens the file behind its first `keep` bytes, without what follows them; makes it if it is not there.
    /// What a shorter file lacks is zeros.
    virtual std::unique_ptr<open_file> append(const std::filesystem::path& path, std::uint64_t keep) = 0;
    /// Replaces `to`.
    virtual void rename(const std::filesystem::path& from, const std::filesystem::path& to) = 0;
    virtual void remove(const std::filesystem::path& path) = 0;
    virtual void make_directory(const std::filesystem::path& path) = 0;
    /// The names in it, and what they stand for, survive the machine from now on.
    virtual void sync_directory(const std::filesystem::path& path) = 0;
};

/// That of this machine.
disk& system_disk();

/// What is in a folder, in the order of the names, whatever order the file system has: what is done with
/// them, and which of several failures comes first, is the same everywhere. Empty if there is no such folder.
/// Throws std::system_error, which names the folder and `what` could not be listed.
std::vector<std::filesystem::path> entries_of(const std::filesystem::path& folder, const char* what);

} // namespace fedasio::store
