#include "default_name.hpp"

#include <fedasio/net/buffer.hpp>
#include <fedasio/text/cut.hpp>
#include <fedasio/text/printable.hpp>

#include <array>
#include <cstring>
#include <fmt/format.h>
#include <span>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

namespace fedasio::program {
namespace {

constexpr std::size_t longest_host = 30;
constexpr std::size_t longest_stem = 16;
constexpr int most_places = 1000;

std::uint32_t checksum(const std::string& text) {
    return net::crc32c(std::as_bytes(std::span(text)));
}

std::string base_name(const std::optional<std::filesystem::path>& data) {
    std::array<char, 256> host{};
    gethostname(host.data(), host.size() - 1);
    auto name = text::is_blank(host.data()) ? std::string("worker")
                                            : std::string(text::cut(host.data(), longest_host));
    if (data) {
        // Two tables of one name in two folders are two owners.
        const auto path = std::filesystem::weakly_canonical(*data);
        name +=
            fmt::format("-{}-{:08x}", text::cut(path.stem().string(), longest_stem), checksum(path.string()));
    }
    return text::printable(name);
}

/// A socket in the abstract namespace is a lock that no file outlives. -1: somebody has it.
int take_place(const std::string& what) {
    const int place = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    const auto key = "fedasio-worker/" + std::to_string(getuid()) + "/" + what;
    const auto size = std::min(key.size(), sizeof(address.sun_path) - 1);
    std::memcpy(address.sun_path + 1, key.data(), size);
    const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + size);
    if (place >= 0 && bind(place, reinterpret_cast<const sockaddr*>(&address), length) != 0) { // NOLINT
        close(place);
        return -1;
    }
    return place;
}

} // namespace

default_name::default_name(const std::optional<std::filesystem::path>& data, const std::string& master) {
    const auto base = base_name(data);
    for (int number = 1; number <= most_places && place_ < 0; ++number) {
        text_ = number == 1 ? base : base + "-" + std::to_string(number);
        place_ = take_place(fmt::format("{:08x}/{}", checksum(master), text_));
    }
}

default_name::~default_name() {
    if (place_ >= 0) {
        close(place_);
    }
}

} // namespace fedasio::program
