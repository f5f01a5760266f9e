#include <fedasio/text/input_file.hpp>
#include <fedasio/text/printable.hpp>

#include <cerrno>
#include <stdexcept>
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

bool can_be_read(const std::filesystem::path& file, std::filesystem::file_type type) {
    using enum std::filesystem::file_type;
    return type == regular || (type == fifo && is_handed_over(file));
}

std::string name_of(std::filesystem::file_type type) {
    using enum std::filesystem::file_type;
    switch (type) {
    case directory:
        return "a folder";
    case fifo:
        return "a pipe";
    case socket:
        return "a socket";
    default:
        return "a device";
    }
}

} // namespace

std::ifstream open_input(const std::filesystem::path& file) {
    std::error_code failure;
    const auto status = std::filesystem::status(file, failure);
    if (failure) {
        fail(file, "open", failure.value());
    }
    if (!can_be_read(file, status.type())) {
        throw std::runtime_error(file.string() + ": is " + name_of(status.type()) +
                                 ", where a file is needed: move it away, or name another");
    }
    errno = 0;
    std::ifstream in(file, std::ios::binary);
    if (!in.is_open()) {
        fail(file, "open", errno);
    }
    return in;
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
