#pragma once

#include <fedasio/dashboard/public_origin.hpp>

#include "router.hpp"
#include <string_view>
#include <vector>

namespace fedasio::dashboard {

using public_origins = std::vector<public_origin>;

/// The one that an Origin header names; null: none.
[[nodiscard]] const public_origin* find_origin(const public_origins& all, std::string_view header) noexcept;

/// By which a request came, as far as it tells: by its Origin, else its Host, which some proxies replace,
/// else the first. Null if there is none at all.
[[nodiscard]] const public_origin* origin_of(const public_origins& all, const http_request& request) noexcept;

/// A request's target without the longest prefix that fits: some proxies leave it there, others take it off.
[[nodiscard]] std::string_view without_prefix(const public_origins& all, std::string_view target) noexcept;

} // namespace fedasio::dashboard
