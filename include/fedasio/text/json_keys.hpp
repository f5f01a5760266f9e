#pragma once

#include <fedasio/text/json_field.hpp>
#include <fedasio/text/keys.hpp>

#include <boost/json/object.hpp>

#include <string_view>

/// Passes over described keys: from JSON, to its canonical form, and to the schema (docs/api.md#schema).
namespace fedasio::text {

/// Sets what is described to what stands there, and leaves the rest as it is. Throws field_error: for a key
/// that is not described, too, with what may have been meant.
void read_keys(const json_field& from, const description& what);
/// Likewise; a string stands for a kind if that is allowed.
void read_keys(const json_field& from, const kinds& what);

/// All keys, in their order; defaults too, unless written::when_changed.
[[nodiscard]] boost::json::object write_keys(const description& what);
[[nodiscard]] boost::json::object write_keys(const kinds& what);

/// The node of an object. Goes through all kinds and leaves the first one, with its defaults.
[[nodiscard]] boost::json::object schema_of(const description& what, std::string_view sentence);
[[nodiscard]] boost::json::object schema_of(const kinds& what, std::string_view sentence);

} // namespace fedasio::text
