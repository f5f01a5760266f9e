#pragma once

#include <fedasio/data/csv.hpp>
#include <fedasio/master/roster.hpp>
#include <fedasio/net/clock.hpp>
#include <fedasio/net/runtime.hpp>
#include <fedasio/nn/network.hpp>

#include "master/newcomers.hpp"
#include "master/setting.hpp"
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace fedasio::master {

/// One schema for the tables of all owners, and what they told.
struct surveyed {
    data::csv_schema schema;
    std::vector<data::owner_summary> owners; ///< those that the schema is of
    std::vector<std::string> notes;
};

/// Asks these workers what their tables look like, and makes one schema of it; none if nobody could tell
/// anything. Who cannot tell, and whose table goes with nobody else's, is rejected. Throws `cancelled`.
net::awaitable<std::optional<surveyed>> survey_tables(const setting& given, newcomers& coming,
                                                      std::vector<worker_ptr> whom,
                                                      net::clock::time_point until);

/// Throws run_failed for a schema that does not fit the model, or no message.
void check_schema(const setting& given, const surveyed& tables, const nn::network& network);

} // namespace fedasio::master
