#include <fedasio/text/input_file.hpp>
#include <fedasio/text/printable.hpp>

#include <cerrno>
#include <linux/magic.h>
#include <stdexcept>
#include <sys/vfs.h>
#include <system_error>

namespace fedasio::text {
namespace {

[[noreturn]] void fail(const std::filesystem::path& file, const char* what, int error) {
    throw std::system_error(error, std::generic_category(), file.string() + ": cannot " + what);
}

bool is_handed_over(const std::filesystem::path& file) {
    const auto folder = file.parent_path();
    return file == "/dev/stdin" || folder == "/dev/fd" || folder == "/proc/self/fd";
}

/// Such a file has no size, and need not have an end.
bool is_made_up(const std::filesystem::path& file) {
    struct statfs system{};

    return ::statfs(file.c_str(), &system) == 0 &&
           (system.f_type == PROC_SUPER_MAGIC || system.f_type == TRACEFS_MAGIC ||
            system.f_type == DEBUGFS_MAGIC);
}

std::string name_of(std::filesystem::file_type type) {
    using enum std::filesystem::file_type;
    switch (type) {
    case directory:
        return "a folder";
    case fifo:
        return "a pipe";
    case regular:
        return "made up by the kernel";
    case socket:
        return "a socket";
    default:
        return "a device";
    }
}

} // namespace

std::string problem_of_file(const std::filesystem::path& file) {
    using enum std::filesystem::file_type;
    std::error_code failure;
    const auto type = std::filesystem::status(file, failure).type();
    const bool cannot_be_seen = type == none || type == not_found || type == unknown;
    if (cannot_be_seen || (type == regular && !is_made_up(file))) {
        return {};
    }
    if (type == fifo && is_handed_over(file)) {
        return "is a pipe, which can be read only once: write it to a file, and name that";
    }
    return "is " + name_of(type) + ", where a file is needed: move it away, or name another";
}

void check_input(const std::filesystem::path& file) {
    std::error_code unknown;
    if (is_handed_over(file) && std::filesystem::is_fifo(file, unknown)) {
        return;
    }
    if (const auto problem = problem_of_file(file); !problem.empty()) {
        throw std::runtime_error(file.string() + ": " + problem);
    }
}

std::ifstream open_input(const std::filesystem::path& file) {
    check_input(file);
    errno = 0;
    std::ifstream in(file, std::ios::binary);
    if (!in.is_open()) {
        fail(file, "open", errno);
    }
    return in;
}

std::ifstream open_stored_file(const std::filesystem::path& file) {
    if (const auto problem = problem_of_file(file); !problem.empty()) {
        throw std::runtime_error(file.string() + ": " + problem);
    }
    return open_input(file);
}

std::string read_input(const std::filesystem::path& file, std::uint64_t most_bytes) {
    constexpr std::size_t block = std::size_t{1} << 20U;
    auto in = open_input(file);
    std::error_code unknown; // a pipe has no size
    const auto size = std::filesystem::file_size(file, unknown);
    if (!unknown && size > most_bytes) {
        throw std::runtime_error(file.string() + ": is longer than " + size_text(most_bytes));
    }
    std::string text;
    errno = 0;
    while (in && text.size() <= most_bytes) {
        const auto before = text.size();
        text.resize(before + block);
        in.read(text.data() + before, block);
        text.resize(before + static_cast<std::size_t>(in.gcount()));
    }
    if (in.bad()) {
        fail(file, "read", errno);
    }
    if (text.size() > most_bytes) {
        throw std::runtime_error(file.string() + ": is longer than " + size_text(most_bytes));
    }
    return text;
}

} // namespace fedasio::text
