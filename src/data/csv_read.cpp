#include <fedasio/data/csv.hpp>
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
    encoding(const std::filesystem::path& file, const csv_table& table, const csv_schema& schema)
        : schema_(schema), missing_(schema.notation.missing),
          classes_(class_index(schema, canonical_classes_)), width_(feature_count(schema)) {
        std::vector<std::string> expected{schema.label};
        for (const csv_column_schema& column : schema.columns) {
            expected.push_back(column.name);
        }
        header_difference difference = compare_headers(table.names(), expected);
        if (schema.ignore_extra_columns) {
            difference.extra.clear();
        }
        if (!difference.empty()) {
            throw error(
                file.string() + ", line " + std::to_string(table.line()) +
                ": the header differs from that of the training data: " +
                difference_text(difference, table.names()) +
                "; all files need the same columns, in any order" +
                (difference.extra.empty() ? "" : " (or write \"extra_columns\": \"ignore\" in data.source)") +
                table.delimiter_hint());
        }
        const name_index places = index_of(table.names());
        label_ = places.at(schema.label);
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

    /// Writes to inputs that are 0.
    void encode_features(const csv_table& row, std::span<float> inputs) const {
        for (const encoder& column : encoders_) {
            if (column.schema->type == csv_column::kind::numeric) {
                inputs[column.first_input] = number(row, column);
            } else if (const auto place = place_of(row, column)) {
                inputs[column.first_input + *place] = 1.0F;
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
    std::vector<encoder> encoders_;
};

} // namespace

dataset read_csv(const std::filesystem::path& file, const csv_schema& schema) {
    return read_csv(file, schema, {});
}

dataset read_csv(const std::filesystem::path& file, const csv_schema& schema,
                 const row_handler& on_left_out) {
    csv_table table(file, schema.delimiter);
    const encoding rows(file, table, schema);
    if (rows.width() == 0 || rows.width() > std::numeric_limits<std::uint32_t>::max()) {
        throw error::in_file(
            file, "the schema leaves no column to learn from; check that all sides use the same plan");
    }
    std::vector<float> features;
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
        const std::size_t start = features.size();
        if ((start + rows.width()) * sizeof(float) > most_feature_bytes) {
            throw table.fault(
                "the encoded features take more than 16 GiB; declare columns with many categories "
                "ignored, or split the file");
        }
        features.resize(start + rows.width());
        rows.encode_features(table, std::span(features).subspan(start));
        if (schema.regression) {
            targets.push_back(rows.target_of(table));
        } else {
            classes.push_back(rows.class_of(table));
        }
    }
    if (features.empty()) {
        throw error::in_file(file, first_left_out.empty()
                                       ? "has a header, but no rows; add data"
                                       : "no row can be used; of the first: " + first_left_out);
    }
    features.shrink_to_fit();
    std::vector<std::uint32_t> dims{static_cast<std::uint32_t>(rows.width())};
    dataset samples = schema.regression
                          ? dataset(std::move(dims), std::move(features), std::move(targets))
                          : dataset(std::move(dims), std::move(features), std::move(classes), schema.classes);
    samples.set_left_out(left_out);
    return samples;
}

} // namespace fedasio::data
