#include <fedasio/plan/limits.hpp>
#include <fedasio/plan/spec_json.hpp>
#include <fedasio/text/json_reader.hpp>
#include <fedasio/wire/survey.hpp>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include "wire/numbers.hpp"
#include <utility>

namespace fedasio::wire {

using boost::json::array;
using boost::json::object;
using reader = text::json_reader;

object to_meta(const survey& what) {
    return {{"source", plan::to_json(what.source)}, {"regression", what.regression}};
}

survey read_survey(const object& meta) {
    const reader in(meta, "survey");
    survey what;
    what.source = plan::source_from_json(in.get("source").value(), "survey.source");
    what.regression = in.get("regression").boolean();
    return what;
}

object to_meta(const data::csv_summary& what) {
    array columns;
    for (const auto& column : what.columns) {
        object entry{{"name", column.name},       {"count", column.count}, {"missing", column.missing},
                     {"numeric", column.numeric}, {"mean", column.mean},   {"m2", column.m2}};
        entry["categories"] = text::to_array(column.categories);
        columns.emplace_back(std::move(entry));
    }
    object meta{{"rows", what.rows}, {"columns", std::move(columns)}};
    if (what.left_out != 0) {
        meta["left_out"] = what.left_out;
    }
    return meta;
}

data::csv_summary read_summary(const object& meta) {
    const reader in(meta, "summary");
    data::csv_summary what;
    what.rows = in.number("rows", plan::limits::samples);
    what.left_out = in.find("left_out") ? in.number("left_out", plan::limits::samples) : 0;
    for (const auto& item : in.get("columns").items(1, plan::limits::table_columns)) {
        const reader entry(text::as_object(item), item.where());
        data::csv_column_summary column;
        column.name = text::cell_text(entry.get("name"), plan::limits::cell);
        column.count = entry.number("count", plan::limits::samples);
        column.missing = entry.number("missing", plan::limits::samples);
        column.numeric = entry.get("numeric").boolean();
        column.mean = entry.real("mean", any_real);
        column.m2 = entry.real("m2", not_negative);
        column.categories =
            text::cell_texts(entry.find("categories"), data::most_categories, plan::limits::cell);
        what.columns.push_back(std::move(column));
    }
    return what;
}

} // namespace fedasio::wire
