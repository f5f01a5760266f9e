#include <fedasio/net/shared_key.hpp>

#include <boost/algorithm/hex.hpp>
#include <openssl/rand.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <iterator>
#include <memory>
#include <span>
#include <stdexcept>
#include <string>
#include <sys/stat.h>
#include <unistd.h>

namespace fedasio::net {
namespace {

constexpr std::size_t digits = 2 * sizeof(shared_key::bytes);

std::runtime_error trouble(const std::filesystem::path& file, const std::string& what) {
    return std::runtime_error("the key file " + file.string() + " " + what);
}

std::runtime_error system_trouble(const std::filesystem::path& file, const std::string& what, int error) {
    return trouble(file, what + " (" + std::strerror(error) + ")");
}

class descriptor {
public:
    descriptor(const std::filesystem::path& file, int flags) : value_(::open(file.c_str(), flags, 0600)) {}

    ~descriptor() {
        if (value_ >= 0) {
            ::close(value_);
        }
    }

    descriptor(const descriptor&) = delete;
    descriptor& operator=(const descriptor&) = delete;

    [[nodiscard]] int get() const noexcept { return value_; }

    [[nodiscard]] bool is_open() const noexcept { return value_ >= 0; }

private:
    int value_;
};

/// Whole or not at all, and never in place of a file that is there.
void make(const std::filesystem::path& file) {
    std::array<unsigned char, sizeof(shared_key::bytes)> key{};
    if (RAND_bytes(key.data(), static_cast<int>(key.size())) != 1) {
        throw trouble(file, "cannot be made: OpenSSL has no random numbers");
    }
    std::string text;
    boost::algorithm::hex_lower(key.begin(), key.end(), std::back_inserter(text));
    text += '\n';
    const auto beside = std::filesystem::path(file.string() + "." + std::to_string(::getpid()));
    {
        const descriptor out(beside, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC);
        const bool written = out.is_open() && ::write(out.get(), text.data(), text.size()) ==
                                                  static_cast<ssize_t>(text.size());
        if (!written || ::fsync(out.get()) != 0) {
            const int error = errno;
            ::unlink(beside.c_str());
            throw system_trouble(file, "cannot be written", error);
        }
    }
    const bool linked = ::link(beside.c_str(), file.c_str()) == 0 || errno == EEXIST;
    const int error = errno;
    ::unlink(beside.c_str());
    if (!linked) {
        throw system_trouble(file, "cannot be written", error);
    }
}

} // namespace

shared_key shared_key::read(const std::filesystem::path& file) {
    const descriptor in(file, O_RDONLY | O_CLOEXEC);
    struct stat status{};

    if (!in.is_open() || ::fstat(in.get(), &status) != 0) {
        throw system_trouble(file, "cannot be read", errno);
    }
    if (!S_ISREG(status.st_mode)) {
        throw trouble(file, "is not a regular file");
    }
    if ((status.st_mode & 077U) != 0) {
        throw trouble(file, "can be read by others: make a new key, or chmod 600 it if nobody has seen it");
    }
    std::array<char, digits + 2> text{};
    const auto size = ::read(in.get(), text.data(), text.size());
    const bool whole = size == digits || (size == digits + 1 && text[digits] == '\n');
    const auto is_digit = [](char c) { return std::isxdigit(static_cast<unsigned char>(c)) != 0; };
    const std::span<const char> content(text.data(), digits);
    if (!whole || !std::ranges::all_of(content, is_digit)) {
        throw trouble(file, "does not hold 64 hexadecimal digits: copy it again from the master");
    }
    bytes value{};
    boost::algorithm::unhex(content.begin(), content.end(), reinterpret_cast<char*>(value.data()));
    return shared_key(value);
}

shared_key shared_key::read_or_make(const std::filesystem::path& file) {
    if (!std::filesystem::exists(file)) {
        make(file);
    }
    return read(file);
}

} // namespace fedasio::net
