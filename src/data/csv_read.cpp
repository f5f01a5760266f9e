#include <fedasio/data/csv.hpp>
#include <fedasio/data/csv_rows.hpp>
#include <fedasio/data/error.hpp>

#include "csv_columns.hpp"
#include "csv_number.hpp"
#include "csv_table.hpp"
#include "file_text.hpp"
#include "input_file.hpp"
#include "nearest_name.hpp"
#include <algorithm>
#include <cmath>
#include <limits>
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

class encoding {
public:
    /// With `inputs_only` the file needs the columns that become inputs, and no others.
    encoding(const std::filesystem::path& file, const csv_table& table, const csv_schema& schema,
             bool inputs_only = false)
        : schema_(schema), classes_(index_of(schema.classes)), width_(feature_count(schema)) {
        std::vector<std::string> expected;
        for (const csv_column_schema& column : schema.columns) {
            if (!inputs_only || column.type != csv_column::kind::ignored) {
                expected.push_back(column.name);
            }
        }
        const name_index places = index_of(table.names());
        if (inputs_only) {
            std::erase_if(expected, [&](const std::string& name) { return places.contains(name); });
            require_same_columns(file.string() + ", line " + std::to_string(table.line()), {},
                                 "the training data", expected);
        } else {
            expected.push_back(schema.label);
            require_same_columns(file.string() + ", line " + std::to_string(table.line()), table.names(),
                                 "the training data", expected);
        }
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
            first_input += numeric ? 1 : column.categories.size();
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
                    {first, static_cast<std::uint32_t>(column.schema->categories.size())});
            }
        }
        return rows;
    }

    /// Appends a row; if it throws, `to` has too much.
    void add_features(const csv_table& row, table_rows& to) const {
        for (const encoder& column : encoders_) {
            if (column.schema->type == csv_column::kind::numeric) {
                to.numbers.push_back(number(row, column));
            } else if (row.field(column.file_column).empty()) {
                to.places.push_back(0);
            } else {
                const auto place =
                    known(row, column.file_column, column.categories, column.schema->categories, "category");
                to.places.push_back(static_cast<std::uint16_t>(place + 1));
            }
        }
    }

    std::int32_t class_of(const csv_table& row) const {
        require_label(row);
        return static_cast<std::int32_t>(known(row, label_, classes_, schema_.classes, "class"));
    }

    float target_of(const csv_table& row) const {
        require_label(row);
        return as_float((parsed(row, label_) - schema_.label_mean) / schema_.label_deviation, row, label_);
    }

private:
    void require_label(const csv_table& row) const {
        if (row.field(label_).empty()) {
            throw row.fault(label_, "the label is missing; fill it in, or remove the row");
        }
    }

    static double parsed(const csv_table& row, std::size_t column) {
        const csv_number number = parse_number(row.field(column));
        if (number.type != csv_number::kind::finite) {
            throw row.fault(column,
                            in_quotes(row.field(column)) +
                                " is not a finite number that fits a float; correct it, or leave the field "
                                "empty if the value is missing");
        }
        return number.value;
    }

    float number(const csv_table& row, const encoder& column) const {
        const csv_column_schema& schema = *column.schema;
        double value = row.field(column.file_column).empty() ? schema.mean : parsed(row, column.file_column);
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

    static std::size_t known(const csv_table& row, std::size_t column, const name_index& index,
                             const std::vector<std::string>& names, const std::string& what) {
        const auto found = index.find(row.field(column));
        if (found == index.end()) {
            throw row.fault(column, in_quotes(row.field(column)) + " is no known " + what +
                                        "; correct it, or list it in " +
                                        "the plan among the column's categories (known are " +
                                        nearest_names(row.field(column), names) + ")");
        }
        return found->second;
    }

    const csv_schema& schema_;
    name_index classes_;
    std::size_t width_;
    std::size_t label_ = 0;
    bool has_label_ = false;
    std::vector<encoder> encoders_;
};

} // namespace

dataset read_csv(const std::filesystem::path& file, const csv_schema& schema) {
    csv_table table(file, schema.delimiter);
    const encoding rows(file, table, schema);
    if (rows.width() == 0 || rows.width() > std::numeric_limits<std::uint32_t>::max()) {
        throw error::in_file(
            file, "the schema leaves no column to learn from; check that all sides use the same plan");
    }
    table_rows features = rows.no_rows();
    std::vector<float> targets;
    std::vector<std::int32_t> classes;
    while (table.next()) {
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
        throw error::in_file(file, "has a header, but no rows; add data");
    }
    features.numbers.shrink_to_fit();
    features.places.shrink_to_fit();
    std::vector<std::uint32_t> dims{static_cast<std::uint32_t>(rows.width())};
    if (schema.regression) {
        return {std::move(dims), std::move(features), std::move(targets)};
    }
    return {std::move(dims), std::move(features), std::move(classes), schema.classes};
}

struct csv_rows::reader {
    reader(const std::filesystem::path& file, const csv_schema& by, bool with_labels)
        : schema(by), wants_labels(with_labels), table(file, by.delimiter), rows(file, table, by, true) {
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
