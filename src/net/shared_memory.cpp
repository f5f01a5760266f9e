#include <fedasio/net/shared_memory.hpp>

#include <cerrno>
#include <fcntl.h>
#include <sys/mman.h>
#include <system_error>
#include <unistd.h>

namespace fedasio::net {

shared_memory::shared_memory(std::size_t bytes)
    : descriptor_(memfd_create("fedasio", MFD_CLOEXEC | MFD_ALLOW_SEALING)) {
    const auto fail = [this](const char* what) {
        const int error = errno;
        if (descriptor_ >= 0) {
            ::close(descriptor_);
        }
        throw std::system_error(error, std::generic_category(), what);
    };
    if (descriptor_ < 0) {
        fail("memfd_create");
    }
    if (ftruncate(descriptor_, static_cast<off_t>(bytes)) != 0 ||
        fcntl(descriptor_, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) != 0) {
        fail("memory of a fixed size");
    }
    void* const mapped = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor_, 0);
    if (mapped == MAP_FAILED) {
        fail("mmap");
    }
    bytes_ = {static_cast<std::byte*>(mapped), bytes};
    path_ = "/proc/" + std::to_string(getpid()) + "/fd/" + std::to_string(descriptor_);
}

shared_memory::~shared_memory() {
    munmap(bytes_.data(), bytes_.size());
    ::close(descriptor_);
}

} // namespace fedasio::net
