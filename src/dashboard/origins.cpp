#include "origins.hpp"

#include "access.hpp"
#include <algorithm>

namespace fedasio::dashboard {

const public_origin* find_origin(const public_origins& all, std::string_view header) noexcept {
    const auto found = std::ranges::find_if(
        all, [header](const auto& one) { return is_same_origin(header, one.host, one.is_https); });
    return found == all.end() ? nullptr : &*found;
}

const public_origin* origin_of(const public_origins& all, const http_request& request) noexcept {
    const public_origin* found = find_origin(all, request.origin);
    for (const auto& one : all) {
        if (found == nullptr && is_same_host(request.host, one.host)) {
            found = &one;
        }
    }
    return found != nullptr || all.empty() ? found : &all.front();
}

std::string_view without_prefix(const public_origins& all, std::string_view target) noexcept {
    std::size_t longest = 0;
    for (const auto& one : all) {
        const auto size = one.prefix.size();
        if (size > longest && target.starts_with(one.prefix) && target.substr(size).starts_with('/')) {
            longest = size;
        }
    }
    return target.substr(longest);
}

} // namespace fedasio::dashboard
