#include <fedasio/net/secret_file.hpp>
#include <fedasio/text/input_file.hpp>

#include <boost/algorithm/hex.hpp>
#include <openssl/rand.h>

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <iterator>
#include <stdexcept>
#include <sys/stat.h>
#include <unistd.h>
#include <vector>

namespace fedasio::net {
namespace {

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

std::runtime_error trouble(const std::filesystem::path& file, std::string_view what,
                           const std::string& problem) {
    return std::runtime_error("the " + std::string(what) + " " + file.string() + " " + problem);
}

std::runtime_error system_trouble(const std::filesystem::path& file, std::string_view what,
                                  const std::string& problem, int error) {
    return trouble(file, what, problem + " (" + std::strerror(error) + ")");
}

} // namespace

std::string read_secret_file(const std::filesystem::path& file, std::string_view what,
                             std::size_t most_bytes) {
    if (const auto problem = text::problem_of_file(file); !problem.empty()) {
        throw trouble(file, what, problem);
    }
    const descriptor in(file, O_RDONLY | O_CLOEXEC | O_NONBLOCK); // a pipe has no writer to wait for
    struct stat status{};

    if (!in.is_open() || ::fstat(in.get(), &status) != 0) {
        throw system_trouble(file, what, "cannot be read", errno);
    }
    if (!S_ISREG(status.st_mode)) { // another one than was looked at
        throw trouble(file, what, "is not a regular file");
    }
    if ((status.st_mode & 077U) != 0) {
        throw trouble(
            file, what,
            "can be read by others: remove it, so that a new one is made, or chmod 600 it if nobody "
            "has seen it");
    }
    std::string text(most_bytes + 1, '\0');
    const auto size = ::read(in.get(), text.data(), text.size());
    if (size < 0) {
        throw system_trouble(file, what, "cannot be read", errno);
    }
    if (static_cast<std::size_t>(size) > most_bytes) {
        throw trouble(file, what, "is longer than " + std::to_string(most_bytes) + " bytes");
    }
    text.resize(static_cast<std::size_t>(size));
    return text;
}

void make_secret_file(const std::filesystem::path& file, std::string_view what, std::string_view text) {
    const auto beside = std::filesystem::path(file.string() + "." + std::to_string(::getpid()));
    {
        const descriptor out(beside, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC);
        const bool written = out.is_open() && ::write(out.get(), text.data(), text.size()) ==
                                                  static_cast<ssize_t>(text.size());
        if (!written || ::fsync(out.get()) != 0) {
            const int error = errno;
            ::unlink(beside.c_str());
            throw system_trouble(file, what, "cannot be written", error);
        }
    }
    const bool linked = ::link(beside.c_str(), file.c_str()) == 0 || errno == EEXIST;
    const int error = errno;
    ::unlink(beside.c_str());
    if (!linked) {
        throw system_trouble(file, what, "cannot be written", error);
    }
}

std::string random_hex(std::size_t bytes) {
    std::vector<unsigned char> random(bytes);
    if (RAND_bytes(random.data(), static_cast<int>(bytes)) != 1) {
        throw std::runtime_error("OpenSSL has no random numbers");
    }
    std::string text;
    boost::algorithm::hex_lower(random.begin(), random.end(), std::back_inserter(text));
    return text;
}

} // namespace fedasio::net
