#pragma once

#include <filesystem>

namespace fedasio::program {

/// Keeps two processes from writing into one --state-dir: holds a lock on the file `lock` in it (flock),
/// which ends with the process, however it ends.
class state_lock {
public:
    /// Throws std::runtime_error, with a remedy, if another process holds it.
    explicit state_lock(const std::filesystem::path& state_dir);
    ~state_lock();
    state_lock(const state_lock&) = delete;
    state_lock& operator=(const state_lock&) = delete;

private:
    int file_;
};

} // namespace fedasio::program
