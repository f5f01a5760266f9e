#include <fedasio/store/digest.hpp>

#include <openssl/evp.h>

#include <array>
#include <bit>
#include <stdexcept>

namespace fedasio::store {

static_assert(std::endian::native == std::endian::little,
              "float spans are hashed and stored as they lie in memory");

struct sha256::context {
    context() : handle(EVP_MD_CTX_new()) {
        if (handle == nullptr || EVP_DigestInit_ex(handle, EVP_sha256(), nullptr) != 1) {
            EVP_MD_CTX_free(handle);
            throw std::runtime_error("OpenSSL offers no SHA-256; check its configuration");
        }
    }

    ~context() { EVP_MD_CTX_free(handle); }

    context(const context&) = delete;
    context& operator=(const context&) = delete;

    EVP_MD_CTX* handle;
};

sha256::sha256() : context_(std::make_unique<context>()) {}

sha256::~sha256() = default;
sha256::sha256(sha256&&) noexcept = default;
sha256& sha256::operator=(sha256&&) noexcept = default;

sha256& sha256::update(std::span<const std::byte> bytes) {
    if (EVP_DigestUpdate(context_->handle, bytes.data(), bytes.size()) != 1) {
        throw std::runtime_error("OpenSSL failed to compute a SHA-256");
    }
    return *this;
}

sha256& sha256::update(std::string_view text) {
    return update(std::as_bytes(std::span(text)));
}

sha256& sha256::update(std::span<const float> values) {
    return update(std::as_bytes(values));
}

std::string sha256::hex() {
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    unsigned size = 0;
    if (EVP_DigestFinal_ex(context_->handle, digest.data(), &size) != 1) {
        throw std::runtime_error("OpenSSL failed to compute a SHA-256");
    }
    constexpr std::string_view digits = "0123456789abcdef";
    std::string text;
    text.reserve(std::size_t{2} * size);
    for (const unsigned char byte : std::span(digest).first(size)) {
        text.push_back(digits[byte >> 4U]);
        text.push_back(digits[byte & 15U]);
    }
    return text;
}

std::string sha256_hex(std::span<const std::byte> bytes) {
    return sha256().update(bytes).hex();
}

std::string sha256_hex(std::string_view text) {
    return sha256().update(text).hex();
}

std::string weights_sha256(std::span<const float> weights) {
    return sha256().update(weights).hex();
}

} // namespace fedasio::store
