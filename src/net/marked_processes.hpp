#pragma once

#include <string>

namespace fedasio::net {

/// Kills (SIGKILL) the processes of this machine that were started with `mark`, "NAME=value", in their
/// environment, and what they start meanwhile: also those that have left group and session. Reads /proc;
/// processes of other users are passed over.
void kill_marked_processes(const std::string& mark) noexcept;

} // namespace fedasio::net
