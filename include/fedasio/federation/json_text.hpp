#pragma once

#include <fedasio/net/json_text.hpp>

/// The JSON of files and commands is read and written as that of frames is.
namespace fedasio::federation {

using net::canonical_text;
using net::json_error;
using net::json_limits;
using net::parse_json;

} // namespace fedasio::federation
