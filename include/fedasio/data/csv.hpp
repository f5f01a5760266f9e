#pragma once

#include <fedasio/data/dataset.hpp>
#include <fedasio/data/source_spec.hpp>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
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
/// They may be gzipped. Files of other kinds are recognised by their first bytes, and refused with what to
/// do. An empty field is a missing value, and so is a word of `csv_notation::missing`, quoted or not,
/// whatever its case; a category that the plan fixes is none. A number is decimal, as 12, -0.5 or 1e-3,
/// written as `csv_notation` says, and fits a float; "inf" is an error in a numeric column.
///
/// All functions throw data::error, which names the file and line, or the owner. They keep no state: any
/// number of threads may call them.
namespace fedasio::data {

/// More categories than this, in all feature columns of a table together or in the label, are an error: such
/// a column is rather a name or a number, and would make the model huge.
inline constexpr std::size_t most_categories = 10'000;

/// A column that nobody declared is not guessed to be categorical beyond this.
inline constexpr std::size_t most_guessed_categories = 1000;
inline constexpr std::size_t longest_guessed_category = 128; ///< bytes

/// What one owner tells of one column.
struct csv_column_summary {
    std::string name;
    std::uint64_t count = 0;   ///< values present
    std::uint64_t missing = 0; ///< empty fields, and words for a missing value
    bool numeric = false;      ///< read as numbers; also if undeclared and without any value
    double mean = 0;           ///< numeric: over the values present
    double m2 = 0;             ///< numeric: sum of squared differences from the mean (Welford, 1962)
    /// Categorical columns and the class label: the distinct values, sorted. Empty if the plan fixes them.
    /// Classes that are the same number written differently are one.
    std::vector<std::string> categories;

    friend bool operator==(const csv_column_summary&, const csv_column_summary&) = default;
};

/// What one owner tells of its table. Of an ignored column it tells only the name.
struct csv_summary {
    std::uint64_t rows = 0;                  ///< without those that were left out
    std::vector<csv_column_summary> columns; ///< in the header's order, label included
    std::uint64_t left_out = 0;              ///< rows without a label

    friend bool operator==(const csv_summary&, const csv_summary&) = default;
};

/// A summary, and what people should know of the table before it is sent.
struct csv_survey {
    csv_summary summary;
    std::vector<std::string> problems; ///< why it must not be sent, one a column; the texts of data::error
    std::vector<std::string> notes;    ///< what may not be meant
};

/// An owner's summary, with the owner's name.
struct owner_summary {
    std::string owner;
    csv_summary summary;
};

/// How one feature column is encoded.
struct csv_column_schema {
    std::string name;
    csv_column::kind type = csv_column::kind::numeric;
    double mean = 0;      ///< numeric
    double deviation = 0; ///< numeric: of the population, not of the sample
    /// categorical: one input each, in this order; one more for others with `csv_schema::unseen_is_other`
    std::vector<std::string> categories;

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
    // As in csv_source.
    csv_notation notation;
    bool ignore_extra_columns = false;
    bool skip_unlabelled = false;
    bool unseen_is_other = false;

    friend bool operator==(const csv_schema&, const csv_schema&) = default;
};

/// Inputs a sample under this schema: 1 for a numeric column, 1 a category for a categorical one.
std::size_t feature_count(const csv_schema& schema);
std::size_t feature_count(const csv_schema& schema, const csv_column_schema& column);

/// Step 1, at each owner. `source` says how to read the columns; its paths are not used. With `regression`
/// the label is a number, otherwise a class whose distinct values are collected (or fixed by
/// `source.columns`). Reads the file in constant memory, once, and a second time if there are categories to
/// collect.
///
/// A column that the plan does not declare is numeric if all its values are numbers. If it has other texts,
/// it is a problem when at least half of its values, or of its different values, are numbers (in whatever
/// notation), or half are dates or times, or nearly all differ (2 d > n + 10, or d >= 0.9 n from 8 values
/// on), or when there are more than `most_guessed_categories`, or longer ones than
/// `longest_guessed_category`: so no raw value leaves its owner by a guess. Otherwise it is categorical. A
/// class label likewise must not differ in nearly every row, unless it is declared.
///
/// Throws for what makes the table unreadable: malformed CSV, a row with another number of fields than the
/// header (blank lines apart), two columns of one name, a label or a declared column that the header lacks,
/// no rows.
csv_survey survey_csv(const std::filesystem::path& file, const csv_source& source, bool regression);

/// Throws the first problem as data::error, and tells how many others there are.
void require_no_problems(const csv_survey& survey);

/// The summary of a table without problems; throws the first, and tells how many others there are.
csv_summary summarize_csv(const std::filesystem::path& file, const csv_source& source, bool regression);

/// Step 2, at one place.
struct merged_schema {
    struct exclusion {
        std::size_t place = 0; ///< among the summaries
        std::string reason;
    };

    std::optional<csv_schema> schema; ///< none if all owners are excluded
    std::vector<exclusion> excluded;  ///< by place
    std::vector<std::string> notes;   ///< what may not be meant
};

/// The result depends on nothing but the arguments; summaries are merged in the given order (Chan, Golub and
/// LeVeque, 1979), and the columns stand in the order of the first one that counts.
///
/// An owner whose summary makes no sense, or does not fit the plan, is excluded, and the others go on. So is
/// one that contradicts more than half of the owners: it lacks columns or has more (unless extra ones are
/// ignored), has text where they have numbers, or numbers where they have text. If no half agrees, that is an
/// error which names both sides and what to declare.
///
/// Categories are the union, sorted by bytes, or those that `source` fixes, in its order. Classes likewise,
/// but sorted by value if all are integers. Errors: no summaries, too many categories, nothing to learn from.
merged_schema merge_owners(std::span<const owner_summary> owners, const csv_source& source, bool regression);

/// The same for owners "owner 0", "owner 1", ... none of whom may be excluded: the first reason is thrown.
csv_schema merge(std::span<const csv_summary> summaries, const csv_source& source, bool regression);

/// Step 3, at each owner, and for test files. The file's columns may stand in any order. Encoding of a row:
/// numeric: (x - mean) / deviation, or 0 if the deviation is 0; with `standardize` off x itself; missing: as
/// the mean. categorical: 1 in the place of its category, 0 elsewhere; missing: all 0. label: the position in
/// `classes`, or the number itself. Errors, besides those of `summarize_csv`: a category or class that the
/// schema does not know, columns that the schema lacks or has more, more than 16 GiB of features.
dataset read_csv(const std::filesystem::path& file, const csv_schema& schema);

/// A row that is not part of the data set, and why.
struct left_out_row {
    std::uint64_t line = 0;
    std::string reason;
};

using row_handler = std::function<void(const left_out_row&)>;

/// The same; `on_left_out` is told of each row that the schema leaves out (without a label, of an unknown
/// class).
dataset read_csv(const std::filesystem::path& file, const csv_schema& schema, const row_handler& on_left_out);

} // namespace fedasio::data
