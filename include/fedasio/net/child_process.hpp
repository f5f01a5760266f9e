#pragma once

#include <fedasio/net/event.hpp>
#include <fedasio/net/runtime.hpp>
#include <fedasio/net/stream.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <sys/types.h>

namespace fedasio::net {

/// Cuts what a program prints into lines, of which none is long, and passes on only so many a second, so that
/// a program that prints without end costs neither memory nor a disk full of log.
class output_lines {
public:
    static constexpr std::size_t longest = 2000; ///< bytes of a line; the rest is left out
    static constexpr std::uint32_t most = 100;   ///< lines in one second
    using line_handler = std::function<void(const std::string&)>;

    output_lines(const clock& time, line_handler on_line) : time_(time), on_line_(std::move(on_line)) {}

    void take(std::string_view text);
    /// Nothing more comes: what has no line end is a line too.
    void end();

    /// The last line that was not empty.
    [[nodiscard]] const std::string& last() const noexcept { return last_; }

private:
    void finish_line();
    void tell_left_out();

    const clock& time_;
    line_handler on_line_;
    std::string line_;
    std::string last_;
    bool cut_ = false;
    clock::time_point second_{}; ///< when the present one began
    std::uint32_t told_ = 0;     ///< lines in it
    std::uint64_t left_out_ = 0;
};

/// A program that was started from a command line, with one end of a socket pair. It leads a process group of
/// its own, which ends with it: whatever it started and left behind is killed, there and, as long as it keeps
/// the environment variable FEDASIO_STARTED_BY, in groups and sessions of its own. It gets SIGTERM when this
/// process dies, however it dies. Lives on its runtime's thread.
class child_process {
public:
    using line_handler = output_lines::line_handler;

    /// Starts `command` with /bin/sh. The environment variable `variable` tells the program the number of its
    /// descriptor of the socket pair; it inherits no other but its standard ones: no input, and for both
    /// outputs a pipe, whose lines go to `on_line`. Throws std::system_error.
    child_process(runtime& rt, const std::string& command, const std::string& variable, line_handler on_line);
    child_process(const child_process&) = delete;
    child_process& operator=(const child_process&) = delete;
    /// Kills what is left, and waits for that here if `run` has not ended: it must have, if it was called.
    ~child_process();

    /// Our end of the socket pair; once.
    [[nodiscard]] std::unique_ptr<stream> take_channel();

    /// Reads the output and waits for the end, also when cancelled: terminate() or kill() come first then.
    /// What the child left behind is looked for on `pool`: that reads files of every process there is, which
    /// may be many, and may wait for one that hangs. Call once.
    awaitable<void> run(asio::any_io_executor pool);

    /// `run` is over.
    [[nodiscard]] bool has_ended() const noexcept { return ended_.is_set(); }

    /// Waits until `run` is over.
    awaitable<error_code> ended() { return ended_.wait(); }

    /// Once it has ended: "ended with exit code 1", and the last line that it printed.
    [[nodiscard]] std::string how_it_ended() const;

    void terminate() noexcept; ///< SIGTERM to the group
    void kill() noexcept;      ///< SIGKILL to the group

private:
    class pipes;

    void signal_group(int number) noexcept;

    runtime& rt_;
    std::unique_ptr<pipes> pipes_;
    std::unique_ptr<stream> channel_;
    output_lines lines_;
    event ended_;
    std::string mark_; ///< in the environment of what it starts
    pid_t pid_ = -1;   ///< -1: it is gone
    int status_ = 0;
};

} // namespace fedasio::net
