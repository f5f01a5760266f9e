#include <fedasio/data/csv_rows.hpp>
#include <fedasio/data/error.hpp>

#include "csv_columns.hpp"
#include "csv_encoding.hpp"
#include "csv_table.hpp"
#include "file_text.hpp"
#include <algorithm>
#include <iterator>
#include <set>
#include <string_view>

namespace fedasio::data {

struct csv_rows::reader {
    reader(const std::filesystem::path& file, const csv_schema& by, bool with_labels)
        : schema(by), wants_labels(with_labels), table(file, by.delimiter),
          rows(table.names(), {table.place(), table.delimiter_hint()}, by, true) {
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
    csv_encoding rows;
};

csv_rows::csv_rows(const std::filesystem::path& file, const csv_schema& schema, bool wants_labels)
    : reader_(std::make_unique<reader>(file, schema, wants_labels)) {}

csv_rows::~csv_rows() = default;

std::vector<std::string> csv_rows::extra_columns() const {
    return columns_unknown_to(reader_->schema, reader_->table.names());
}

const std::filesystem::path& csv_rows::file() const {
    return reader_->table.file();
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

namespace {

/// A row whose fields somebody typed in.
class typed_row final : public csv_row {
public:
    explicit typed_row(std::span<const named_field> fields) : fields_(fields) {}

    [[nodiscard]] std::string_view field(std::size_t column) const override { return fields_[column].text; }

    [[nodiscard]] error fault(std::size_t column, const std::string& text) const override {
        return error("column " + in_quotes(fields_[column].name) + ": " + text);
    }

private:
    std::span<const named_field> fields_;
};

/// Of the columns of the table that the schema was made from.
std::set<std::string_view> names_of(const csv_schema& schema) {
    std::set<std::string_view> names{schema.label};
    for (const auto& column : schema.columns) {
        names.insert(column.name);
    }
    return names;
}

} // namespace

table_rows encode_row(std::span<const named_field> fields, const csv_schema& schema) {
    std::vector<std::string> names;
    for (const auto& one : fields) {
        names.push_back(one.name);
    }
    std::vector<std::string> inputs;
    for (const auto& column : schema.columns) {
        if (column.type != csv_column::kind::ignored) {
            inputs.push_back(column.name);
        }
    }
    auto difference = compare_headers(names, inputs);
    if (!difference.lacking.empty()) {
        const auto known = names_of(schema);
        std::erase_if(difference.extra, [&](std::size_t place) { return known.contains(names[place]); });
        throw error("the row does not have the model's columns: " + named_difference_text(difference, names) +
                    "; give each column of the model, an empty text for a missing value");
    }
    const csv_encoding encoding(names, {"the row", {}}, schema, true);
    auto features = encoding.no_rows();
    encoding.add_features(typed_row(fields), features);
    return features;
}

std::vector<std::string> columns_unknown_to(const csv_schema& schema, std::span<const std::string> names) {
    const auto known = names_of(schema);
    std::vector<std::string> unknown;
    std::ranges::copy_if(names, std::back_inserter(unknown),
                         [&](const auto& name) { return !known.contains(name); });
    return unknown;
}

} // namespace fedasio::data
