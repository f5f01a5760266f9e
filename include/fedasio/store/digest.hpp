#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace fedasio::store {

/// SHA-256 (FIPS 180-4) over bytes that come in pieces. Throws std::runtime_error where OpenSSL fails to
/// start. Not thread-safe.
class sha256 {
public:
    sha256();
    ~sha256();
    sha256(sha256&&) noexcept;
    sha256& operator=(sha256&&) noexcept;

    sha256& update(std::span<const std::byte> bytes);
    sha256& update(std::string_view text);
    /// The values as little-endian float32, whatever the machine's own order.
    sha256& update(std::span<const float> values);
    /// 64 lower-case hexadecimal digits. Ends the computation: call it once, last.
    [[nodiscard]] std::string hex();

private:
    struct context;
    std::unique_ptr<context> context_;
};

[[nodiscard]] std::string sha256_hex(std::span<const std::byte> bytes);
[[nodiscard]] std::string sha256_hex(std::string_view text);

/// `weights_sha256` of the report: over the flat float32 span in little-endian order.
[[nodiscard]] std::string weights_sha256(std::span<const float> weights);

} // namespace fedasio::store
