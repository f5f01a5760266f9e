#include <fedasio/net/secret_file.hpp>
#include <fedasio/net/shared_key.hpp>

#include <boost/algorithm/hex.hpp>

#include <algorithm>
#include <cctype>
#include <stdexcept>
#include <string>

namespace fedasio::net {
namespace {

constexpr auto what = "key file";
constexpr std::size_t digits = 2 * sizeof(shared_key::bytes);
constexpr std::size_t most_bytes = 1024; // of what may be there instead

} // namespace

shared_key shared_key::read(const std::filesystem::path& file) {
    auto text = read_secret_file(file, what, most_bytes);
    if (text.ends_with('\n')) {
        text.pop_back();
    }
    const auto is_digit = [](unsigned char c) { return std::isxdigit(c) != 0; };
    if (text.size() != digits || !std::ranges::all_of(text, is_digit)) {
        throw std::runtime_error("the key file " + file.string() +
                                 " does not hold 64 hexadecimal digits: copy it again from the master");
    }
    bytes value{};
    boost::algorithm::unhex(text.begin(), text.end(), reinterpret_cast<char*>(value.data()));
    return shared_key(value);
}

shared_key shared_key::read_or_make(const std::filesystem::path& file) {
    if (!std::filesystem::exists(file)) {
        make_secret_file(file, what, random_hex(sizeof(bytes)) + '\n');
    }
    return read(file);
}

} // namespace fedasio::net
