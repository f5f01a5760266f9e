#pragma once

#include <fedasio/data/csv.hpp>

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace fedasio::data {

/// What was understood of the tables, for people. Bounded: of many columns, categories, classes and owners
/// the first are told, and how many there are.
struct data_description {
    static constexpr std::size_t most_columns = 200;
    static constexpr std::size_t most_names = 20; ///< of the categories of a column
    static constexpr std::size_t most_classes = 100;
    static constexpr std::size_t most_owners = 200;

    struct column {
        std::string name;
        csv_column::kind type = csv_column::kind::numeric;
        std::uint64_t values = 0; ///< present
        std::uint64_t missing = 0;
        double mean = 0; ///< numeric
        double deviation = 0;
        std::vector<std::string> categories;
        std::uint64_t category_count = 0;
    };

    struct owner {
        std::string name;
        std::uint64_t rows = 0;
        std::uint64_t missing = 0;  ///< fields without a value, in columns that are used
        std::uint64_t left_out = 0; ///< rows without a label
    };

    bool is_known = false; ///< false: no table was understood yet
    bool regression = false;
    std::string label;
    double label_mean = 0; ///< regression, in the label's unit
    double label_deviation = 0;
    std::uint64_t inputs = 0;
    std::vector<column> columns; ///< without the label
    std::uint64_t column_count = 0;
    std::vector<std::string> classes;
    std::uint64_t class_count = 0;
    std::vector<owner> owners; ///< whose tables were summarised
    std::uint64_t owner_count = 0;
    std::vector<std::string> notes;
};

/// `owners` are those whose summaries made the schema; none if that is not known any more.
data_description describe(const csv_schema& schema, std::span<const owner_summary> owners,
                          std::vector<std::string> notes = {});

/// In one line: "200 rows of 2 tables; age: numbers, mean 50.1 ± 12.3; ward: 3 categories a, b, c; ...".
std::string description_line(const data_description& description);
/// A line a column.
std::vector<std::string> description_lines(const data_description& description);

/// "'0', '1' (only at south)"
std::string list_classes(const csv_schema& schema, std::span<const owner_summary> owners);

} // namespace fedasio::data
