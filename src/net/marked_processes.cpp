#include "net/marked_processes.hpp"

#include <charconv>
#include <csignal>
#include <exception>
#include <filesystem>
#include <fstream>
#include <set>
#include <string>
#include <sys/types.h>
#include <system_error>
#include <unistd.h>

extern "C" { // glibc 2.36 forgets to say so itself
#include <sys/pidfd.h>
}

namespace fedasio::net {
namespace {

// What starts processes faster than they are killed is not worth more.
constexpr int most_passes = 10;

/// Of a process without environment, such as one that has ended, false.
bool has_mark(const std::filesystem::path& folder, const std::string& mark) {
    std::ifstream in(folder / "environ", std::ios::binary);
    std::string variable;
    while (std::getline(in, variable, '\0')) {
        if (variable == mark) {
            return true;
        }
    }
    return false;
}

/// Those that were not killed before. The descriptor comes first: the process that is looked at is the one
/// that is killed, whoever gets its number afterwards.
bool kill_more(const std::string& mark, std::set<pid_t>& killed) {
    bool found = false;
    for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
        const auto name = entry.path().filename().string();
        pid_t number = 0;
        const auto [end, problem] = std::from_chars(name.data(), name.data() + name.size(), number);
        if (problem != std::errc() || end != name.data() + name.size() || killed.contains(number) ||
            number == getpid()) {
            continue;
        }
        const int process = pidfd_open(number, 0);
        if (process < 0) {
            continue;
        }
        if (has_mark(entry.path(), mark) && pidfd_send_signal(process, SIGKILL, nullptr, 0) == 0) {
            killed.insert(number);
            found = true;
        }
        ::close(process);
    }
    return found;
}

} // namespace

void kill_marked_processes(const std::string& mark) noexcept {
    try {
        std::set<pid_t> killed;
        for (int pass = 0; pass < most_passes && kill_more(mark, killed); ++pass) {
        }
    } catch (const std::exception&) { // NOLINT(bugprone-empty-catch): without /proc the group alone is ended
    }
}

} // namespace fedasio::net
