#include "program/state_lock.hpp"

#include <cerrno>
#include <fcntl.h>
#include <stdexcept>
#include <string>
#include <sys/file.h>
#include <system_error>
#include <unistd.h>

namespace fedasio::program {

state_lock::state_lock(const std::filesystem::path& state_dir)
    : file_(::open((state_dir / "lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666)) {
    if (file_ >= 0 && ::flock(file_, LOCK_EX | LOCK_NB) == 0) {
        return;
    }
    const int error = errno;
    if (file_ >= 0) {
        ::close(file_);
    }
    if (error == EWOULDBLOCK) {
        throw std::runtime_error("another process works in the folder " + state_dir.string() +
                                 ": stop it, or choose another folder with --state-dir DIR");
    }
    throw std::runtime_error("cannot lock the folder " + state_dir.string() + " (" +
                             std::generic_category().message(error) +
                             "): choose another with --state-dir DIR");
}

state_lock::~state_lock() {
    ::close(file_);
}

} // namespace fedasio::program
