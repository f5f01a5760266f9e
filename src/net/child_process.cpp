#include <fedasio/net/child_process.hpp>
#include <fedasio/net/local_stream.hpp>
#include <fedasio/net/nursery.hpp>
#include <fedasio/net/offload.hpp>
#include <fedasio/text/printable.hpp>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "net/marked_processes.hpp"
#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <system_error>
#include <unistd.h>
#include <utility>
#include <vector>

extern "C" { // glibc 2.36 forgets to say so itself
#include <sys/pidfd.h>
}

namespace fedasio::net {
namespace {

constexpr auto as_result = asio::as_tuple(asio::use_awaitable);
constexpr int channel_descriptor = 3; // in the child

/// A descriptor that closes itself.
class owned_descriptor {
public:
    explicit owned_descriptor(int number = -1) noexcept : number_(number) {}

    owned_descriptor(owned_descriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}

    owned_descriptor& operator=(owned_descriptor&& other) noexcept {
        std::swap(number_, other.number_);
        return *this;
    }

    ~owned_descriptor() {
        if (number_ >= 0) {
            ::close(number_);
        }
    }

    [[nodiscard]] int get() const noexcept { return number_; }

    int release() noexcept { return std::exchange(number_, -1); }

private:
    int number_;
};

std::system_error failure(const std::string& what) {
    return {errno, std::generic_category(), what};
}

/// By which the processes are found that a child starts, and they start, wherever they go.
constexpr const char* mark_name = "FEDASIO_STARTED_BY";

/// The environment of this process with these variables, "NAME=value", in the place of its own. Made before
/// the fork: after it no memory may be taken.
std::vector<std::string> environment_with(const std::vector<std::string>& variables) {
    std::vector<std::string> all;
    for (char** entry = environ; *entry != nullptr; ++entry) {
        const std::string_view own(*entry);
        const auto is_same = [&](std::string_view one) {
            return own.starts_with(one.substr(0, one.find('=') + 1));
        };
        if (std::ranges::none_of(variables, is_same)) {
            all.emplace_back(own);
        }
    }
    all.insert(all.end(), variables.begin(), variables.end());
    return all;
}

std::vector<char*> pointers_to(std::vector<std::string>& words) {
    std::vector<char*> pointers;
    pointers.reserve(words.size() + 1);
    for (auto& word : words) {
        pointers.push_back(word.data());
    }
    pointers.push_back(nullptr);
    return pointers;
}

/// In the child: nothing but system calls.
[[noreturn]] void become(char* const* arguments, char* const* environment, int channel, int output,
                         pid_t parent) {
    setpgid(0, 0);
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    const int nothing = open("/dev/null", O_RDONLY | O_CLOEXEC);
    // Out of the way of the numbers that they are to get.
    constexpr int above = 10;
    const int channel_copy = fcntl(channel, F_DUPFD_CLOEXEC, above);
    const int output_copy = fcntl(output, F_DUPFD_CLOEXEC, above);
    if (getppid() != parent || nothing < 0 || channel_copy < 0 || output_copy < 0) {
        _exit(127);
    }
    dup2(nothing, STDIN_FILENO);
    dup2(output_copy, STDOUT_FILENO);
    dup2(output_copy, STDERR_FILENO);
    dup2(channel_copy, channel_descriptor);
    close_range(channel_descriptor + 1, ~0U, 0);
    // What this program ignores, and holds back, is no business of another's.
    std::signal(SIGPIPE, SIG_DFL);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, nullptr);
    execve(arguments[0], arguments, environment);
    _exit(127);
}

} // namespace

void output_lines::take(std::string_view text) {
    while (!text.empty()) {
        const auto end = text.find('\n');
        const auto part = text.substr(0, end);
        const auto room = longest - line_.size();
        line_ += part.substr(0, room);
        cut_ = cut_ || part.size() > room;
        if (end == std::string_view::npos) {
            return;
        }
        finish_line();
        text.remove_prefix(end + 1);
    }
}

void output_lines::finish_line() {
    auto line = text::printable(std::exchange(line_, {}));
    if (std::exchange(cut_, false)) {
        line += " ...";
    }
    if (line.empty()) {
        return;
    }
    last_ = line;
    const auto now = time_.now();
    if (now - second_ >= std::chrono::seconds(1)) {
        tell_left_out();
        second_ = now;
        told_ = 0;
    }
    if (told_ < most) {
        ++told_;
        on_line_(line);
    } else {
        ++left_out_;
    }
}

void output_lines::tell_left_out() {
    if (const auto count = std::exchange(left_out_, 0); count > 0) {
        on_line_("(" + std::to_string(count) + " more lines are left out here)");
    }
}

void output_lines::end() {
    if (!line_.empty()) {
        finish_line();
    }
    tell_left_out();
}

/// What is heard of the child.
class child_process::pipes {
public:
    pipes(const asio::any_io_executor& executor, int output, int process)
        : output_(executor, output), process_(executor, process) {
        output_.non_blocking(true);
    }

    awaitable<void> read_output(output_lines& lines) {
        co_await asio::this_coro::throw_if_cancelled(false);
        for (;;) {
            auto [ec, bytes] = co_await output_.async_read_some(asio::buffer(part_), as_result);
            if (ec) {
                co_return;
            }
            lines.take({part_.data(), bytes});
            const bool cancelled = co_await is_cancelled();
            if (cancelled) {
                co_return;
            }
        }
    }

    /// What is there already.
    void read_rest(output_lines& lines) {
        constexpr int most_parts = 256;
        for (int i = 0; i < most_parts; ++i) {
            error_code ec;
            const auto bytes = output_.read_some(asio::buffer(part_), ec);
            if (ec) {
                break;
            }
            lines.take({part_.data(), bytes});
        }
        lines.end();
    }

    awaitable<void> wait_for_end() {
        auto [ec] = co_await process_.async_wait(asio::posix::descriptor_base::wait_read, as_result);
        static_cast<void>(ec);
    }

private:
    asio::posix::stream_descriptor output_;
    asio::posix::stream_descriptor process_;
    std::array<char, 16'384> part_{};
};

child_process::child_process(runtime& rt, const std::string& command, const std::string& variable,
                             line_handler on_line)
    : rt_(rt), lines_(rt.time, std::move(on_line)), ended_(rt.executor),
      mark_(std::string(mark_name) + "=" + std::to_string(rt.entropy())) {
    std::array<int, 2> pair{};
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair.data()) != 0) {
        throw failure("no socket pair for a process");
    }
    owned_descriptor own(pair[0]);
    owned_descriptor theirs(pair[1]);
    if (pipe2(pair.data(), O_CLOEXEC) != 0) {
        throw failure("no pipe for the output of a process");
    }
    owned_descriptor output(pair[0]);
    owned_descriptor writes(pair[1]);
    std::vector<std::string> words{"/bin/sh", "-c", command};
    auto variables = environment_with({variable + "=" + std::to_string(channel_descriptor), mark_});
    const auto arguments = pointers_to(words);
    const auto environment = pointers_to(variables);
    const auto parent = getpid();
    pid_ = fork();
    if (pid_ < 0) {
        throw failure("cannot start a process");
    }
    if (pid_ == 0) {
        become(arguments.data(), environment.data(), theirs.get(), writes.get(), parent);
    }
    setpgid(pid_, pid_); // here too: it may be signalled before it comes to it
    owned_descriptor process(pidfd_open(pid_, 0));
    if (process.get() < 0) {
        const int why = errno;
        kill();
        waitpid(pid_, nullptr, 0);
        throw std::system_error(why, std::generic_category(), "cannot watch a process");
    }
    pipes_ = std::make_unique<pipes>(rt.executor, output.release(), process.release());
    channel_ = adopt_local_stream(rt, own.get());
    own.release();
}

child_process::~child_process() {
    if (pid_ > 0) {
        kill();
        waitpid(pid_, nullptr, 0);
    }
    if (!has_ended()) {
        kill_marked_processes(mark_);
    }
}

std::unique_ptr<stream> child_process::take_channel() {
    return std::move(channel_);
}

awaitable<void> child_process::run(asio::any_io_executor pool) {
    co_await asio::this_coro::throw_if_cancelled(false);
    nursery reading(rt_.executor);
    reading.spawn(pipes_->read_output(lines_));
    while (waitpid(pid_, &status_, WNOHANG) == 0) {
        event over(rt_.executor);
        nursery waiting(rt_.executor);
        auto wait = [](pipes& of, event& done) -> awaitable<void> {
            co_await of.wait_for_end();
            done.set();
        };
        waiting.spawn(wait(*pipes_, over));
        co_await over.wait_uncancelled();
        co_await waiting.join();
    }
    kill();    // what it left behind
    pid_ = -1; // the number may soon be another's
    auto sweep = [mark = mark_] {
        kill_marked_processes(mark);
        return true;
    };
    static_cast<void>(co_await offload(rt_, std::move(pool), std::move(sweep)));
    reading.cancel();
    co_await reading.join();
    pipes_->read_rest(lines_);
    ended_.set();
}

std::string child_process::how_it_ended() const {
    std::string text;
    if (WIFSIGNALED(status_)) {
        const auto number = WTERMSIG(status_);
        text = "was killed by signal " + std::to_string(number) + " (" + sigdescr_np(number) + ")";
    } else {
        text = "ended with exit code " + std::to_string(WEXITSTATUS(status_));
    }
    return lines_.last().empty() ? text : text + "; the last that it printed: " + lines_.last();
}

void child_process::terminate() noexcept {
    signal_group(SIGTERM);
}

void child_process::kill() noexcept {
    signal_group(SIGKILL);
}

void child_process::signal_group(int number) noexcept {
    if (pid_ > 0) {
        ::kill(-pid_, number);
    }
}

} // namespace fedasio::net
