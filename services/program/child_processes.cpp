#include "program/child_processes.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <system_error>
#include <thread>
#include <unistd.h>

namespace fedasio::program {
namespace {

std::string describe(int status) {
    if (WIFSIGNALED(status)) {
        return "killed by signal " + std::to_string(WTERMSIG(status)) + " (" + sigdescr_np(WTERMSIG(status)) +
               ")";
    }
    return "ended with exit code " + std::to_string(WEXITSTATUS(status));
}

} // namespace

child_processes::~child_processes() {
    for (const auto& [pid, name] : running_) {
        kill(pid, SIGKILL);
        waitpid(pid, nullptr, 0);
    }
}

void child_processes::start(const std::string& name, const std::filesystem::path& program,
                            const std::vector<std::string>& arguments) {
    if (!std::filesystem::exists(program)) {
        throw std::system_error(ENOENT, std::generic_category(), "cannot start " + program.string());
    }
    std::vector<std::string> words{program.string()};
    words.insert(words.end(), arguments.begin(), arguments.end());
    std::vector<char*> pointers;
    pointers.reserve(words.size() + 1);
    for (auto& word : words) {
        pointers.push_back(word.data());
    }
    pointers.push_back(nullptr);
    const auto parent = getpid();
    const auto pid = fork();
    if (pid < 0) {
        throw std::system_error(errno, std::generic_category(), "cannot start " + program.string());
    }
    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGTERM);
        if (getppid() != parent) {
            _exit(1);
        }
        close_range(3, ~0U, 0);
        execv(pointers.front(), pointers.data());
        _exit(127);
    }
    running_[pid] = name;
}

void child_processes::reap(const end_handler& on_end) {
    for (auto it = running_.begin(); it != running_.end();) {
        int status = 0;
        if (waitpid(it->first, &status, WNOHANG) == it->first) {
            const auto name = it->second;
            it = running_.erase(it);
            if (on_end) {
                on_end(name, describe(status));
            }
        } else {
            ++it;
        }
    }
}

net::awaitable<void> child_processes::watch(end_handler on_end) {
    namespace asio = boost::asio;
    co_await asio::this_coro::throw_if_cancelled(false);
    auto executor = co_await asio::this_coro::executor;
    asio::signal_set signals(executor, SIGCHLD);
    bool cancelled = co_await net::is_cancelled();
    while (!cancelled) {
        reap(on_end);
        auto received = co_await signals.async_wait(asio::as_tuple(asio::use_awaitable));
        cancelled = co_await net::is_cancelled();
        if (std::get<0>(received)) {
            co_return;
        }
    }
}

void child_processes::end(std::chrono::milliseconds patience) {
    for (const auto& [pid, name] : running_) {
        kill(pid, SIGTERM);
    }
    const auto deadline = std::chrono::steady_clock::now() + patience;
    while (!running_.empty() && std::chrono::steady_clock::now() < deadline) {
        reap({});
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    for (const auto& [pid, name] : running_) {
        kill(pid, SIGKILL);
        waitpid(pid, nullptr, 0);
    }
    running_.clear();
}

std::filesystem::path beside_this_program(const std::string& name) {
    return std::filesystem::read_symlink("/proc/self/exe").parent_path() / name;
}

} // namespace fedasio::program
