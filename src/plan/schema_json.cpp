#include <fedasio/plan/limits.hpp>
#include <fedasio/plan/schema_json.hpp>
#include <fedasio/text/json_reader.hpp>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include <limits>
#include <utility>

namespace fedasio::plan {
namespace {

using boost::json::array;
using boost::json::object;
using text::as_object;
using reader = text::json_reader;

constexpr text::interval any_real{-std::numeric_limits<double>::max(), std::numeric_limits<double>::max()};
constexpr text::interval not_negative{0, std::numeric_limits<double>::max()};

// The numbers of enumerators are no part of the protocol; these words are.
constexpr std::pair<std::string_view, data::csv_column::kind> column_kinds[] = {
    {"numeric", data::csv_column::kind::numeric},
    {"categorical", data::csv_column::kind::categorical},
    {"ignored", data::csv_column::kind::ignored},
};

std::string_view word_of(data::csv_column::kind kind) {
    for (const auto& [word, value] : column_kinds) {
        if (value == kind) {
            return word;
        }
    }
    return "";
}

/// How tables are read; a schema from before there were these keys knows empty fields only.
void read_reading(const reader& in, data::csv_schema& schema) {
    schema.notation.missing = text::cell_texts(in.find("missing"), limits::missing_words, limits::cell);
    const auto decimal = in.text_or_empty("decimal", 1);
    if (!decimal.empty() && decimal != "." && decimal != ",") {
        in.get("decimal").refuse("\".\" or \",\"");
    }
    schema.notation.decimal = decimal.empty() ? '.' : decimal.front();
    const auto thousands = in.text_or_empty("thousands", 1);
    schema.notation.thousands = thousands.empty() ? '\0' : thousands.front();
    schema.ignore_extra_columns = in.text_or_empty("extra_columns", limits::worker_name) == "ignore";
    schema.skip_unlabelled = in.text_or_empty("unlabelled", limits::worker_name) == "skip";
    schema.unseen_is_other = in.text_or_empty("unseen", limits::worker_name) == "other";
}

} // namespace

data::csv_schema read_schema(const object& meta, const std::string& where) {
    const reader in(meta, where);
    data::csv_schema schema;
    const auto delimiter = text::cell_text(in.get("delimiter"), limits::cell);
    if (delimiter.size() != 1) {
        in.get("delimiter").refuse("one character");
    }
    schema.delimiter = delimiter.front();
    schema.standardize = in.get("standardize").boolean();
    schema.regression = in.get("regression").boolean();
    schema.label = text::cell_text(in.get("label"), limits::cell);
    schema.label_mean = in.real("label_mean", any_real);
    schema.label_deviation =
        in.real("label_deviation", text::interval{0, std::numeric_limits<double>::max(), true});
    schema.classes = text::cell_texts(in.find("classes"), data::most_categories, limits::cell);
    read_reading(in, schema);
    for (const auto& item : in.get("columns").items(0, limits::table_columns)) {
        const reader entry(text::as_object(item), item.where());
        data::csv_column_schema column;
        column.name = text::cell_text(entry.get("name"), limits::cell);
        column.type = entry.get("type").choice<data::csv_column::kind>(column_kinds);
        if (column.type == data::csv_column::kind::numeric) {
            column.mean = entry.real("mean", any_real);
            column.deviation = entry.real("deviation", not_negative);
        } else if (column.type == data::csv_column::kind::categorical) {
            column.categories =
                text::cell_texts(entry.find("categories"), data::most_categories, limits::cell);
        }
        schema.columns.push_back(std::move(column));
    }
    return schema;
}

object to_json(const data::csv_schema& schema) {
    array columns;
    for (const auto& column : schema.columns) {
        object entry{{"name", column.name}, {"type", word_of(column.type)}};
        if (column.type == data::csv_column::kind::numeric) {
            entry["mean"] = column.mean;
            entry["deviation"] = column.deviation;
        } else if (column.type == data::csv_column::kind::categorical) {
            entry["categories"] = text::to_array(column.categories);
        }
        columns.emplace_back(std::move(entry));
    }
    object result{{"delimiter", std::string(1, schema.delimiter)},
                  {"standardize", schema.standardize},
                  {"regression", schema.regression},
                  {"label", schema.label},
                  {"label_mean", schema.label_mean},
                  {"label_deviation", schema.label_deviation},
                  {"classes", text::to_array(schema.classes)},
                  {"columns", std::move(columns)},
                  {"missing", text::to_array(schema.notation.missing)}};
    if (schema.notation.decimal != '.') {
        result["decimal"] = std::string(1, schema.notation.decimal);
    }
    if (schema.notation.thousands != '\0') {
        result["thousands"] = std::string(1, schema.notation.thousands);
    }
    if (schema.ignore_extra_columns) {
        result["extra_columns"] = "ignore";
    }
    if (schema.skip_unlabelled) {
        result["unlabelled"] = "skip";
    }
    if (schema.unseen_is_other) {
        result["unseen"] = "other";
    }
    return result;
}

} // namespace fedasio::plan
