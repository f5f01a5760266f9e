#include "csv_encoding.hpp"

#include "csv_columns.hpp"
#include "csv_guess.hpp"
#include "csv_number.hpp"
#include "file_text.hpp"
#include "nearest_name.hpp"
#include <cmath>
#include <limits>

namespace fedasio::data {
namespace {

float as_float(double value, const csv_row& row, std::size_t column) {
    if (!(std::abs(value) <= std::numeric_limits<float>::max())) {
        throw row.fault(column, in_quotes(row.field(column)) +
                                    " is too far from the training data to standardise; correct it");
    }
    return static_cast<float>(value);
}

error unknown(const csv_row& row, std::size_t column, const std::vector<std::string>& names,
              const std::string& what) {
    return row.fault(column, in_quotes(row.field(column)) + " is no known " + what +
                                 "; correct it, list it in the plan among the column's categories, or write "
                                 "\"unseen\": \"other\" in data.source (known are " +
                                 nearest_names(row.field(column), names) + ")");
}

} // namespace

csv_encoding::name_index csv_encoding::index_of(std::span<const std::string> names) {
    name_index index;
    for (std::size_t i = 0; i < names.size(); ++i) {
        index.emplace(names[i], i);
    }
    return index;
}

csv_encoding::name_index csv_encoding::class_index(const csv_schema& schema,
                                                   std::vector<std::string>& canonical) {
    name_index index = index_of(schema.classes);
    canonical.reserve(schema.classes.size());
    for (std::size_t i = 0; i < schema.classes.size(); ++i) {
        canonical.push_back(canonical_number(schema.classes[i], schema.notation));
        index.emplace(canonical.back(), i);
    }
    return index;
}

csv_encoding::csv_encoding(std::span<const std::string> names, const misfit& place, const csv_schema& schema,
                           bool inputs_only)
    : schema_(schema), missing_(schema.notation.missing), classes_(class_index(schema, canonical_classes_)),
      width_(feature_count(schema)) {
    std::vector<std::string> expected;
    if (!inputs_only) {
        expected.push_back(schema.label);
    }
    for (const csv_column_schema& column : schema.columns) {
        if (!inputs_only || column.type != csv_column::kind::ignored) {
            expected.push_back(column.name);
        }
    }
    header_difference difference = compare_headers(names, expected);
    if (schema.ignore_extra_columns || inputs_only) {
        difference.extra.clear();
    }
    if (!difference.empty()) {
        throw error(
            place.where + ": the header differs from that of the training data: " +
            difference_text(difference, names) + "; all files need the same columns, in any order" +
            (difference.extra.empty() ? "" : " (or write \"extra_columns\": \"ignore\" in data.source)") +
            place.delimiter_hint);
    }
    const name_index places = index_of(names);
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

table_rows csv_encoding::no_rows() const {
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

void csv_encoding::add_features(const csv_row& row, table_rows& to) const {
    for (const encoder& column : encoders_) {
        if (column.schema->type == csv_column::kind::numeric) {
            to.numbers.push_back(number(row, column));
        } else {
            const auto place = place_of(row, column);
            to.places.push_back(static_cast<std::uint16_t>(place ? *place + 1 : 0));
        }
    }
}

std::string csv_encoding::left_out(const csv_row& row) const {
    if (schema_.skip_unlabelled && is_missing(row, label_, classes_)) {
        return "it has no label";
    }
    if (schema_.unseen_is_other && !schema_.regression && !is_missing(row, label_, classes_) &&
        !find_class(row)) {
        return "its class " + in_quotes(row.field(label_)) + " is not among those of the training data";
    }
    return {};
}

std::int32_t csv_encoding::class_of(const csv_row& row) const {
    require_label(row);
    const auto found = find_class(row);
    if (!found) {
        throw unknown(row, label_, schema_.classes, "class");
    }
    return static_cast<std::int32_t>(*found);
}

float csv_encoding::target_of(const csv_row& row) const {
    require_label(row);
    return as_float((parsed(row, label_) - schema_.label_mean) / schema_.label_deviation, row, label_);
}

/// What the schema knows as a category is none.
bool csv_encoding::is_missing(const csv_row& row, std::size_t column, const name_index& known) const {
    const auto field = row.field(column);
    return missing_.contains(field) && (field.empty() || !known.contains(field));
}

void csv_encoding::require_label(const csv_row& row) const {
    if (is_missing(row, label_, classes_)) {
        throw row.fault(label_, missing_label_text(row.field(label_)));
    }
}

std::optional<std::size_t> csv_encoding::find_class(const csv_row& row) const {
    const auto field = row.field(label_);
    auto found = classes_.find(field);
    if (found == classes_.end()) {
        found = classes_.find(canonical_number(trimmed(field), schema_.notation));
    }
    return found == classes_.end() ? std::nullopt : std::optional(found->second);
}

/// Where a categorical column has its 1; nowhere if the value is missing.
std::optional<std::size_t> csv_encoding::place_of(const csv_row& row, const encoder& column) const {
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

double csv_encoding::parsed(const csv_row& row, std::size_t column) const {
    const csv_number number = parse_number(row.field(column), schema_.notation);
    if (number.type != csv_number::kind::finite) {
        throw row.fault(column, not_a_number_text(row.field(column), number, schema_.notation));
    }
    return number.value;
}

float csv_encoding::number(const csv_row& row, const encoder& column) const {
    const csv_column_schema& schema = *column.schema;
    double value =
        missing_.contains(row.field(column.file_column)) ? schema.mean : parsed(row, column.file_column);
    if (schema_.standardize) {
        value = schema.deviation > 0 ? (value - schema.mean) / schema.deviation : 0.0;
    }
    return as_float(value, row, column.file_column);
}

} // namespace fedasio::data
