#pragma once

#include <fedasio/data/dataset.hpp>
#include <fedasio/data/source_spec.hpp>

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

/// Tables in CSV files, whose rows stay with their owners. Reading goes in three steps, so that all owners
/// encode alike: every owner summarises its file (`summarize_csv`), the summaries are merged into one schema
/// (`merge`), and every owner reads its file by that schema (`read_csv`). A summary holds counts, means,
/// variances and the distinct values of categorical columns and of the class label; single values of numeric
/// columns stay where they are.
///
/// Files are UTF-8, with or without a byte order mark, and follow RFC 4180: a header line, fields quoted by
/// `"` where they hold delimiters or line ends, quotes doubled inside; lines end in LF, CRLF or CR; the last
/// one may lack its end. Blank lines are skipped, and spaces and tabs around an unquoted field are dropped.
/// An empty field is a missing value. A number is decimal, as 12, -0.5 or 1e-3, and fits a float; "nan" and
/// "inf" are errors in a numeric column.
///
/// All functions throw data::error, which names the file and line, or the owner by its position among the
/// summaries. They keep no state: any number of threads may call them.
namespace fedasio::data {

/// More categories than this, in all feature columns of a table together or in the label, are an error: such
/// a column is rather a name or a number, and would make the model huge.
inline constexpr std::size_t most_categories = 10'000;

/// What one owner tells of one column.
struct csv_column_summary {
    std::string name;
    std::uint64_t count = 0;   ///< values present
    std::uint64_t missing = 0; ///< empty fields
    bool numeric = false;      ///< read as numbers; also if undeclared and without any value
    double mean = 0;           ///< numeric: over the values present
    double m2 = 0;             ///< numeric: sum of squared differences from the mean (Welford, 1962)
    /// Categorical columns and the class label: the distinct values, sorted. Empty if the plan fixes them.
    std::vector<std::string> categories;

    friend bool operator==(const csv_column_summary&, const csv_column_summary&) = default;
};

/// What one owner tells of its table. Of an ignored column it tells only the name.
struct csv_summary {
    std::uint64_t rows = 0;
    std::vector<csv_column_summary> columns; ///< in the header's order, label included

    friend bool operator==(const csv_summary&, const csv_summary&) = default;
};

/// How one feature column is encoded.
struct csv_column_schema {
    std::string name;
    csv_column::kind type = csv_column::kind::numeric;
    double mean = 0;                     ///< numeric
    double deviation = 0;                ///< numeric: of the population, not of the sample
    std::vector<std::string> categories; ///< categorical: one input each, in this order

    friend bool operator==(const csv_column_schema&, const csv_column_schema&) = default;
};

/// The encoding that all owners agree on.
struct csv_schema {
    char delimiter = ',';
    bool standardize = true;
    bool regression = false;
    std::string label;
    std::vector<std::string> classes;       ///< by class number; empty in a regression
    std::vector<csv_column_schema> columns; ///< features and ignored columns, in the order of the inputs
    /// In a regression with `standardize`, the target is (label - label_mean) / label_deviation.
    double label_mean = 0;
    double label_deviation = 1;

    friend bool operator==(const csv_schema&, const csv_schema&) = default;
};

/// Inputs a sample under this schema: 1 for a numeric column, 1 a category for a categorical one.
std::size_t feature_count(const csv_schema& schema);

/// Step 1, at each owner. `source` says how to read the columns; its paths are not used. With `regression`
/// the label is a number, otherwise a class whose distinct values are collected (or fixed by
/// `source.columns`). Reads the file in constant memory, once, and a second time if there are categories to
/// collect.
///
/// Errors, besides malformed CSV: a row with another number of fields than the header (blank lines apart),
/// two columns of one name, a label or a declared column that the header lacks (the text lists the columns,
/// the nearest name first), text in a numeric column, a missing label, more than `most_categories`, no rows.
csv_summary summarize_csv(const std::filesystem::path& file, const csv_source& source, bool regression);

/// Step 2, at one place. The result depends on nothing but the arguments; summaries are merged in the given
/// order (Chan, Golub and LeVeque, 1979), and the columns stand in the order of the first one.
///
/// A column is numeric if it is for every owner that has values in it. If it is numeric for some only, that
/// is an error which asks to declare the column: the numbers seen by the others were not sent. Categories are
/// the union, sorted by bytes, or those that `source` fixes, in its order. Classes likewise, but sorted by
/// value if all are integers. Errors: no summaries, headers that differ in their names (their order may
/// differ), summaries that make no sense.
csv_schema merge(std::span<const csv_summary> summaries, const csv_source& source, bool regression);

/// Step 3, at each owner, and for test files. The file's columns may stand in any order. Encoding of a row:
/// numeric: (x - mean) / deviation, or 0 if the deviation is 0; with `standardize` off x itself; missing: as
/// the mean. categorical: 1 in the place of its category, 0 elsewhere; missing: all 0. label: the position in
/// `classes`, or the number itself. Errors, besides those of `summarize_csv`: a category or class that the
/// schema does not know, columns that the schema lacks or has more, more than 16 GiB of features.
dataset read_csv(const std::filesystem::path& file, const csv_schema& schema);

} // namespace fedasio::data
