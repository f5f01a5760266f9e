#include <fedasio/dashboard/access_tokens.hpp>
#include <fedasio/net/secret_file.hpp>

#include <algorithm>
#include <cctype>
#include <sstream>
#include <stdexcept>

namespace fedasio::dashboard {
namespace {

constexpr auto what = "file of dashboard tokens";
constexpr std::size_t random_bytes = 24;
constexpr std::size_t shortest = 22; // 128 bits in base64
constexpr std::size_t longest = 128;
constexpr std::size_t most_bytes = 1024;

bool is_token(std::string_view text) {
    const auto is_allowed = [](unsigned char c) { return std::isalnum(c) != 0 || c == '-' || c == '_'; };
    return text.size() >= shortest && text.size() <= longest && std::ranges::all_of(text, is_allowed);
}

} // namespace

access_tokens access_tokens::make() {
    return {net::random_hex(random_bytes), net::random_hex(random_bytes)};
}

access_tokens access_tokens::read_or_make(const std::filesystem::path& file) {
    if (!std::filesystem::exists(file)) {
        const auto fresh = make();
        net::make_secret_file(file, what,
                              "operator " + fresh.of_operators + "\nviewer " + fresh.of_viewers + "\n");
    }
    std::istringstream text(net::read_secret_file(file, what, most_bytes));
    access_tokens found;
    bool good = true;
    for (std::string who, token; text >> who >> token;) {
        good = good && is_token(token);
        (who == to_string(role::operates) ? found.of_operators : found.of_viewers) = token;
        good = good && (who == to_string(role::operates) || who == to_string(role::viewer));
    }
    if (!good || found.of_operators.empty() || found.of_viewers.empty() ||
        found.of_operators == found.of_viewers) {
        throw std::runtime_error(
            "the " + std::string(what) + " " + file.string() +
            " does not hold the lines 'operator TOKEN' and 'viewer TOKEN' with two tokens "
            "of 22 to 128 letters, digits, '-' or '_': correct it, or remove it, so that "
            "a new one is made");
    }
    return found;
}

} // namespace fedasio::dashboard
