#pragma once

#include <fedasio/net/runtime.hpp>

#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <sys/types.h>
#include <vector>

namespace fedasio::program {

/// Programs that this process started. They get SIGTERM when this process dies, however it dies, and inherit
/// nothing of it but the standard streams.
class child_processes {
public:
    /// Told of each child that ended: its name, and how it ended in words.
    using end_handler = std::function<void(const std::string& name, const std::string& how)>;

    child_processes() = default;
    child_processes(const child_processes&) = delete;
    child_processes& operator=(const child_processes&) = delete;
    /// Kills what is left.
    ~child_processes();

    /// Throws std::system_error.
    void start(const std::string& name, const std::filesystem::path& program,
               const std::vector<std::string>& arguments);
    /// Reaps children as they end, until cancelled.
    net::awaitable<void> watch(end_handler on_end);
    /// Asks all to end, waits up to `patience`, and kills what is left then.
    void end(std::chrono::milliseconds patience);

private:
    void reap(const end_handler& on_end);

    std::map<pid_t, std::string> running_;
};

/// The path of another program that lies in the same folder as the running one.
std::filesystem::path beside_this_program(const std::string& name);

} // namespace fedasio::program
