#pragma once

#include <cstddef>
#include <span>
#include <string>

namespace fedasio::net {

/// Memory that another process of the same user may map too, by the name of its descriptor. Its size is
/// sealed: nobody can make it shorter, which would kill whoever reads it then.
class shared_memory {
public:
    /// Of zeros. Throws std::system_error.
    explicit shared_memory(std::size_t bytes);
    shared_memory(const shared_memory&) = delete;
    shared_memory& operator=(const shared_memory&) = delete;
    ~shared_memory();

    /// What to open for reading and writing, such as "/proc/123/fd/9", while this lives.
    [[nodiscard]] const std::string& path() const noexcept { return path_; }

    [[nodiscard]] std::span<std::byte> bytes() noexcept { return bytes_; }

private:
    int descriptor_ = -1;
    std::span<std::byte> bytes_;
    std::string path_;
};

} // namespace fedasio::net
