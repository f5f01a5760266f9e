#include <fedasio/store/disk.hpp>
#include <fedasio/store/durable_file.hpp>

#include <system_error>
#include <utility>

namespace fedasio::store {

namespace {

/// Removed again, unless it gets its name.
class partial_file {
public:
    partial_file(disk& on, std::filesystem::path path) : disk_(on), path_(std::move(path)) {}

    ~partial_file() {
        if (!renamed_) {
            try {
                disk_.remove(path_);
            } catch (const std::system_error&) { // NOLINT(bugprone-empty-catch): the next write replaces it
            }
        }
    }

    partial_file(const partial_file&) = delete;
    partial_file& operator=(const partial_file&) = delete;

    void rename_to(const std::filesystem::path& path) {
        disk_.rename(path_, path);
        renamed_ = true;
    }

private:
    disk& disk_;
    std::filesystem::path path_;
    bool renamed_ = false;
};

std::filesystem::path directory_of(const std::filesystem::path& path) {
    return path.has_parent_path() ? path.parent_path() : ".";
}

// A new directory is durable only once the directory that names it is synced; nothing is put into it before.
// So one that is empty may be one for which that failed.
void make_directories(disk& on, const std::filesystem::path& directory) {
    const bool exists = std::filesystem::is_directory(directory);
    const auto parent = directory_of(directory);
    if (parent == directory || (exists && !std::filesystem::is_empty(directory))) {
        return;
    }
    if (!exists) {
        make_directories(on, parent);
        on.make_directory(directory);
    }
    on.sync_directory(parent);
}

} // namespace

void write_durably(const std::filesystem::path& path, std::span<const std::span<const std::byte>> parts,
                   disk& on) {
    const auto directory = directory_of(path);
    make_directories(on, directory);
    std::filesystem::path beside = path;
    beside += ".partial";
    {
        const auto file = on.create(beside);
        partial_file partial(on, beside);
        for (const auto part : parts) {
            file->write(part);
        }
        file->sync();
        file->close();
        partial.rename_to(path);
    }
    on.sync_directory(directory);
}

void append_durably(const std::filesystem::path& path, std::uint64_t keep, std::string_view bytes, disk& on) {
    const auto directory = directory_of(path);
    make_directories(on, directory);
    const auto file = on.append(path, keep);
    file->write(std::as_bytes(std::span(bytes)));
    file->sync();
    file->close();
    if (keep == 0) {
        on.sync_directory(directory);
    }
}

} // namespace fedasio::store
