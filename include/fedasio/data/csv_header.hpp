#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace fedasio::data {

/// The first line of a table, for who does not know yet how it is to be read.
struct csv_header {
    char delimiter = ','; ///< the usual one that gives most columns
    std::vector<std::string> names;
};

/// Throws data::error for a file that is no table.
csv_header read_csv_header(const std::filesystem::path& file);

} // namespace fedasio::data
