#pragma once

#include <span>
#include <string>

namespace fedasio::dashboard {

/// What a gzip file (RFC 1952) of the program itself holds. Throws std::runtime_error when it is damaged.
std::string gunzip(std::span<const unsigned char> packed);

} // namespace fedasio::dashboard
