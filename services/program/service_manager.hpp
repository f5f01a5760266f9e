#pragma once

#include <string_view>

namespace fedasio::program {

/// Tells systemd how this process is doing, if it was started by it as a service of the type notify:
/// "READY=1", "STATUS=one line for people" or "STOPPING=1" (sd_notify(3), which says that a datagram to the
/// socket named in NOTIFY_SOCKET is all). Never waits, and does nothing elsewhere.
void notify_service_manager(std::string_view state);

} // namespace fedasio::program
