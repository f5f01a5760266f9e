#include "simulation/csv_line.hpp"

#include <fedasio/text/csv_field.hpp>
#include <fedasio/text/json_text.hpp>

#include <algorithm>

namespace fedasio::simulation {

namespace json = boost::json;

namespace {

std::string csv_field(const json::value& value) {
    if (value.is_null()) {
        return {};
    }
    return text::csv_field(value.is_string() ? std::string(value.get_string()) : text::canonical_text(value));
}

} // namespace

std::string csv_line(std::span<const json::value> fields) {
    std::string line;
    for (const auto& field : fields) {
        line += (&field == fields.data() ? "" : ",") + csv_field(field);
    }
    return line + "\r\n";
}

std::vector<std::string> paths_of(std::span<const sweep_row> rows) {
    std::vector<std::string> paths;
    for (const auto& row : rows) {
        for (const auto& [path, value] : row.grid) {
            if (std::ranges::find(paths, path) == paths.end()) {
                paths.push_back(path);
            }
        }
    }
    return paths;
}

} // namespace fedasio::simulation
