#include "program/service_manager.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdlib>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

namespace fedasio::program {

void notify_service_manager(std::string_view state) {
    const auto* const variable = std::getenv("NOTIFY_SOCKET");
    const std::string_view path = variable == nullptr ? "" : variable;
    sockaddr_un where{};
    if (path.size() < 2 || path.size() >= sizeof(where.sun_path)) {
        return;
    }
    where.sun_family = AF_UNIX;
    std::ranges::copy(path, where.sun_path);
    if (path.front() == '@') { // a name in no folder
        where.sun_path[0] = '\0';
    }
    const int wire = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (wire < 0) {
        return;
    }
    const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path.size());
    static_cast<void>(::sendto(wire, state.data(), state.size(), MSG_DONTWAIT | MSG_NOSIGNAL,
                               reinterpret_cast<const sockaddr*>(&where), size));
    ::close(wire);
}

} // namespace fedasio::program
