#include <fedasio/data/csv.hpp>
#include <fedasio/data/csv_rows.hpp>
#include <fedasio/data/error.hpp>

#include "csv_columns.hpp"
#include "csv_guess.hpp"
#include "csv_number.hpp"
#include "csv_table.hpp"
#include "csv_words.hpp"
#include "file_text.hpp"
#include "input_file.hpp"
#include "nearest_name.hpp"
#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <unordered_map>

namespace fedasio::data {

namespace {

/// The position of each name in a list that outlives this.
using name_index = std::unordered_map<std::string_view, std::size_t>;

name_index index_of(const std::vector<std::string>& names) {
    name_index index;
    for (std::size_t i = 0; i < names.size(); ++i) {
        index.emplace(names[i], i);
    }
    return index;
}

/// How a column of this file becomes inputs.
struct encoder {
    std::size_t file_column = 0;
    const csv_column_schema* schema = nullptr;
    std::size_t first_input = 0;
    name_index categories;
};

/// The positions of classes under all ways to write them.
name_index class_index(const csv_schema& schema, std::vector<std::string>& canonical) {
    name_index index = index_of(schema.classes);
    canonical.reserve(schema.classes.size());
    for (std::size_t i = 0; i < schema.classes.size(); ++i) {
        canonical.push_back(canonical_number(schema.classes[i], schema.notation));
        index.emplace(canonical.back(), i);
    }
    return index;
}

class encoding {
public:
    /// With `inputs_only` the file needs the columns that become inputs, and no others.
    encoding(const csv_table& table, const csv_schema& schema, bool inputs_only = false)
        : schema_(schema), missing_(schema.notation.missing),
          classes_(class_index(schema, canonical_classes_)), width_(feature_count(schema)) {
        std::vector<std::string> expected;
        if (!inputs_only) {
            expected.push_back(schema.label);
        }
        for (const csv_column_schema& column : schema.columns) {
            if (!inputs_only || column.type != csv_column::kind::ignored) {
                expected.push_back(column.name);
            }
        }
        header_difference difference = compare_headers(table.names(), expected);
        if (schema.ignore_extra_columns || inputs_only) {
            difference.extra.clear();
        }
        if (!difference.empty()) {
            throw error(
                table.place() + ": the header differs from that of the training data: " +
                difference_text(difference, table.names()) +
                "; all files need the same columns, in any order" +
                (difference.extra.empty() ? "" : " (or write \"extra_columns\": \"ignore\" in data.source)") +
                table.delimiter_hint());
        }
        const name_index places = index_of(table.names());
        const auto label = places.find(schema.label);
        has_label_ = label != places.end();
        label_ = has_label_ ? label->second : 0;
        std::size_t first_input = 0;
        for (const csv_column_schema& column : schema.columns) {
            if (column.type == csv_column::kind::ignored) {
                continue;
            }
            const bool numeric = column.type == csv_column::kind::numeric;
            encoders_.push_back({places.at(column.name), &column, first_input,
                                 numeric ? name_index{} : index_of(column.categories)});
            first_input += feature_count(schema, column);
        }
    }

    std::size_t width() const { return width_; }

    bool has_label() const { return has_label_; }

    /// For add_features().
    table_rows no_rows() const {
        table_rows rows;
        rows.inputs = static_cast<std::uint32_t>(width_);
        for (const encoder& column : encoders_) {
            const auto first = static_cast<std::uint32_t>(column.first_input);
            if (column.schema->type == csv_column::kind::numeric) {
                rows.number_inputs.push_back(first);
            } else {
                rows.category_columns.push_back(
                    {first, static_cast<std::uint32_t>(feature_count(schema_, *column.schema))});
            }
        }
        return rows;
    }

    /// Appends a row; if it throws, `to` has too much.
    void add_features(const csv_table& row, table_rows& to) const {
        for (const encoder& column : encoders_) {
            if (column.schema->type == csv_column::kind::numeric) {
                to.numbers.push_back(number(row, column));
            } else {
                const auto place = place_of(row, column);
                to.places.push_back(static_cast<std::uint16_t>(place ? *place + 1 : 0));
            }
        }
    }

    /// Why the schema leaves a row out; empty: it does not.
    std::string left_out(const csv_table& row) const {
        if (schema_.skip_unlabelled && is_missing(row, label_, classes_)) {
            return "it has no label";
        }
        if (schema_.unseen_is_other && !schema_.regression && !is_missing(row, label_, classes_) &&
            !find_class(row)) {
            return "its class " + in_quotes(row.field(label_)) + " is not among those of the training data";
        }
        return {};
    }

    std::int32_t class_of(const csv_table& row) const {
        require_label(row);
        const auto found = find_class(row);
        if (!found) {
            throw unknown(row, label_, schema_.classes, "class");
        }
        return static_cast<std::int32_t>(*found);
    }

    float target_of(const csv_table& row) const {
        require_label(row);
        return as_float((parsed(row, label_) - schema_.label_mean) / schema_.label_deviation, row, label_);
    }

private:
    /// What the schema knows as a category is none.
    bool is_missing(const csv_table& row, std::size_t column, const name_index& known) const {
        const auto field = row.field(column);
        return missing_.contains(field) && (field.empty() || !known.contains(field));
    }

    void require_label(const csv_table& row) const {
        if (is_missing(row, label_, classes_)) {
            throw row.fault(label_, missing_label_text(row.field(label_)));
        }
    }

    std::optional<std::size_t> find_class(const csv_table& row) const {
        const auto field = row.field(label_);
        auto found = classes_.find(field);
        if (found == classes_.end()) {
            found = classes_.find(canonical_number(trimmed(field), schema_.notation));
        }
        return found == classes_.end() ? std::nullopt : std::optional(found->second);
    }

    /// Where a categorical column has its 1; nowhere if the value is missing.
    std::optional<std::size_t> place_of(const csv_table& row, const encoder& column) const {
        if (is_missing(row, column.file_column, column.categories)) {
            return std::nullopt;
        }
        const auto found = column.categories.find(row.field(column.file_column));
        if (found != column.categories.end()) {
            return found->second;
        }
        if (!schema_.unseen_is_other) {
            throw unknown(row, column.file_column, column.schema->categories, "category");
        }
        return column.schema->categories.size();
    }

    double parsed(const csv_table& row, std::size_t column) const {
        const csv_number number = parse_number(row.field(column), schema_.notation);
        if (number.type != csv_number::kind::finite) {
            throw row.fault(column, not_a_number_text(row.field(column), number, schema_.notation));
        }
        return number.value;
    }

    float number(const csv_table& row, const encoder& column) const {
        const csv_column_schema& schema = *column.schema;
        double value =
            missing_.contains(row.field(column.file_column)) ? schema.mean : parsed(row, column.file_column);
        if (schema_.standardize) {
            value = schema.deviation > 0 ? (value - schema.mean) / schema.deviation : 0.0;
        }
        return as_float(value, row, column.file_column);
    }

    static float as_float(double value, const csv_table& row, std::size_t column) {
        if (!(std::abs(value) <= std::numeric_limits<float>::max())) {
            throw row.fault(column, in_quotes(row.field(column)) +
                                        " is too far from the training data to standardise; correct it");
        }
        return static_cast<float>(value);
    }

    static error unknown(const csv_table& row, std::size_t column, const std::vector<std::string>& names,
                         const std::string& what) {
        return row.fault(column,
                         in_quotes(row.field(column)) + " is no known " + what +
                             "; correct it, list it in the plan among the column's categories, or write "
                             "\"unseen\": \"other\" in data.source (known are " +
                             nearest_names(row.field(column), names) + ")");
    }

    const csv_schema& schema_;
    missing_words missing_;
    std::vector<std::string> canonical_classes_;
    name_index classes_;
    std::size_t width_;
    std::size_t label_ = 0;
    bool has_label_ = false;
    std::vector<encoder> encoders_;
};

} // namespace

dataset read_csv(const std::filesystem::path& file, const csv_schema& schema) {
    return read_csv(file, schema, {});
}

dataset read_csv(const std::filesystem::path& file, const csv_schema& schema,
                 const row_handler& on_left_out) {
    csv_table table(file, schema.delimiter);
    const encoding rows(table, schema);
    if (rows.width() == 0 || rows.width() > std::numeric_limits<std::uint32_t>::max()) {
        throw error::in_file(
            file, "the schema leaves no column to learn from; check that all sides use the same plan");
    }
    table_rows features = rows.no_rows();
    std::vector<float> targets;
    std::vector<std::int32_t> classes;
    std::string first_left_out;
    std::uint64_t left_out = 0;
    while (table.next()) {
        if (auto reason = rows.left_out(table); !reason.empty()) {
            ++left_out;
            first_left_out = first_left_out.empty() ? reason : first_left_out;
            if (on_left_out) {
                on_left_out({table.line(), std::move(reason)});
            }
            continue;
        }
        rows.add_features(table, features);
        if (features.numbers.size() * sizeof(float) + features.places.size() * sizeof(std::uint16_t) >
            most_feature_bytes) {
            throw table.fault(
                "the features take more than 16 GiB; declare columns ignored, or split the file");
        }
        if (schema.regression) {
            targets.push_back(rows.target_of(table));
        } else {
            classes.push_back(rows.class_of(table));
        }
    }
    if (targets.empty() && classes.empty()) {
        throw error::in_file(file, first_left_out.empty()
                                       ? "has a header, but no rows; add data"
                                       : "no row can be used; of the first: " + first_left_out);
    }
    features.numbers.shrink_to_fit();
    features.places.shrink_to_fit();
    std::vector<std::uint32_t> dims{static_cast<std::uint32_t>(rows.width())};
    dataset samples = schema.regression
                          ? dataset(std::move(dims), std::move(features), std::move(targets))
                          : dataset(std::move(dims), std::move(features), std::move(classes), schema.classes);
    samples.set_left_out(left_out);
    return samples;
}

struct csv_rows::reader {
    reader(const std::filesystem::path& file, const csv_schema& by, bool with_labels)
        : schema(by), wants_labels(with_labels), table(file, by.delimiter), rows(table, by, true) {
        if (wants_labels && !rows.has_label()) {
            throw error::in_file(file,
                                 "has no column '" + by.label +
                                     "', which holds the labels to compare with; leave the evaluation out, "
                                     "or give labelled rows");
        }
    }

    const csv_schema& schema;
    bool wants_labels;
    csv_table table;
    encoding rows;
};

csv_rows::csv_rows(const std::filesystem::path& file, const csv_schema& schema, bool wants_labels)
    : reader_(std::make_unique<reader>(file, schema, wants_labels)) {}

csv_rows::~csv_rows() = default;

std::vector<std::string> csv_rows::extra_columns() const {
    std::vector<std::string> extra;
    for (const auto& name : reader_->table.names()) {
        const auto& known = reader_->schema.columns;
        if (name != reader_->schema.label &&
            std::ranges::find(known, name, &csv_column_schema::name) == known.end()) {
            extra.push_back(name);
        }
    }
    return extra;
}

table_rows csv_rows::no_rows() const {
    return reader_->rows.no_rows();
}

bool csv_rows::next(row& into, table_rows& features) {
    into = {};
    const auto numbers = features.numbers.size();
    const auto places = features.places.size();
    auto& table = reader_->table;
    if (!table.next_of_any_length()) {
        return false;
    }
    into.line = table.line();
    try {
        table.require_length();
        reader_->rows.add_features(table, features);
        if (reader_->wants_labels && reader_->schema.regression) {
            into.label_value = reader_->rows.target_of(table);
        } else if (reader_->wants_labels) {
            into.label_class = reader_->rows.class_of(table);
        }
    } catch (const error& problem) {
        into.problem = problem.what();
        features.numbers.resize(numbers);
        features.places.resize(places);
    }
    return true;
}

} // namespace fedasio::data
