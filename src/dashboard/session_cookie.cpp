#include "session_cookie.hpp"

#include <boost/algorithm/hex.hpp>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <array>
#include <charconv>
#include <iterator>
#include <stdexcept>

namespace fedasio::dashboard {
namespace {

constexpr std::string_view purpose = "fedasio dashboard session ";

using digest = std::array<unsigned char, 32>;

digest mac(std::string_view key, std::string_view text) {
    digest result{};
    unsigned size = 0;
    if (HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()),
             reinterpret_cast<const unsigned char*>(text.data()), text.size(), result.data(),
             &size) == nullptr) {
        throw std::runtime_error("OpenSSL cannot compute HMAC-SHA-256");
    }
    return result;
}

bool is_equal(const digest& a, const digest& b) {
    return CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

const std::string& token_of(role who, const access_tokens& tokens) {
    return who == role::operates ? tokens.of_operators : tokens.of_viewers;
}

std::string mac_text(role who, std::string_view text, const access_tokens& tokens) {
    const auto bytes = mac(token_of(who, tokens), std::string(purpose) + std::string(text));
    std::string result;
    boost::algorithm::hex_lower(bytes.begin(), bytes.end(), std::back_inserter(result));
    return result;
}

} // namespace

std::string session_cookie::sealed(const access_tokens& tokens) const {
    const auto text = std::string(to_string(who)) + "." + std::to_string(expires) + "." + session;
    return text + "." + mac_text(who, text, tokens);
}

std::optional<session_cookie> session_cookie::open(std::string_view text, const access_tokens& tokens,
                                                   double now) {
    const auto first = text.find('.');
    const auto second = text.find('.', first + 1);
    const auto third = text.rfind('.');
    if (first == std::string_view::npos || second == std::string_view::npos || third <= second) {
        return std::nullopt;
    }
    session_cookie found;
    found.who = text.substr(0, first) == to_string(role::operates) ? role::operates : role::viewer;
    const auto number = text.substr(first + 1, second - first - 1);
    const auto* const end = number.data() + number.size();
    // NOLINTNEXTLINE(bugprone-suspicious-stringview-data-usage): from_chars is given the end.
    const auto [stopped, ec] = std::from_chars(number.data(), end, found.expires);
    found.session = text.substr(second + 1, third - second - 1);
    const auto expected = mac_text(found.who, text.substr(0, third), tokens);
    const auto given = text.substr(third + 1);
    const bool is_ours =
        given.size() == expected.size() && CRYPTO_memcmp(given.data(), expected.data(), expected.size()) == 0;
    if (!is_ours || ec != std::errc() || stopped != end || static_cast<double>(found.expires) <= now) {
        return std::nullopt;
    }
    return found;
}

std::optional<role> owner_of(std::string_view token, const access_tokens& tokens) {
    // Equal lengths first: both become a MAC under the same key.
    const auto given = mac(purpose, token);
    const bool operates = is_equal(given, mac(purpose, tokens.of_operators));
    const bool views = is_equal(given, mac(purpose, tokens.of_viewers));
    if (operates) {
        return role::operates;
    }
    return views ? std::optional(role::viewer) : std::nullopt;
}

} // namespace fedasio::dashboard
