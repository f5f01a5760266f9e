#pragma once

#include <fedasio/data/csv.hpp>

#include <boost/json/fwd.hpp>

#include <string>

namespace fedasio::plan {

/// The encoding of a table, as `load` carries it and saved models keep it.
[[nodiscard]] boost::json::object to_json(const data::csv_schema& schema);
/// Throws text::field_error, in which `where` names the schema.
[[nodiscard]] data::csv_schema read_schema(const boost::json::object& schema,
                                           const std::string& where = "schema");

} // namespace fedasio::plan
