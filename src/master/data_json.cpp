#include <fedasio/master/report.hpp>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

namespace fedasio::master {
namespace {

using data::csv_column;
using data::data_description;

boost::json::array texts(const std::vector<std::string>& names) {
    boost::json::array all;
    for (const auto& name : names) {
        all.emplace_back(name);
    }
    return all;
}

boost::json::object column_json(const data_description::column& column, bool is_counted) {
    boost::json::object json{{"name", column.name}};
    if (column.type == csv_column::kind::ignored) {
        json["kind"] = "ignored";
        return json;
    }
    json["kind"] = column.type == csv_column::kind::numeric ? "numeric" : "categorical";
    json["values"] = is_counted ? boost::json::value(column.values) : boost::json::value(nullptr);
    json["missing"] = is_counted ? boost::json::value(column.missing) : boost::json::value(nullptr);
    if (column.type == csv_column::kind::numeric) {
        json["mean"] = column.mean;
        json["deviation"] = column.deviation;
    } else {
        json["categories"] = texts(column.categories);
        json["category_count"] = column.category_count;
    }
    return json;
}

} // namespace

boost::json::value to_json(const data_description& what) {
    if (!what.is_known) {
        return nullptr;
    }
    boost::json::object label{{"name", what.label}, {"kind", what.regression ? "numeric" : "categorical"}};
    if (what.regression) {
        label["mean"] = what.label_mean;
        label["deviation"] = what.label_deviation;
    } else {
        label["classes"] = texts(what.classes);
        label["class_count"] = what.class_count;
    }
    const bool is_counted = what.owner_count != 0;
    boost::json::array columns;
    for (const auto& column : what.columns) {
        columns.emplace_back(column_json(column, is_counted));
    }
    boost::json::array owners;
    for (const auto& owner : what.owners) {
        owners.push_back(boost::json::object{{"owner", owner.name},
                                             {"rows", owner.rows},
                                             {"missing", owner.missing},
                                             {"left_out", owner.left_out}});
    }
    return boost::json::object{{"label", std::move(label)},     {"inputs", what.inputs},
                               {"columns", std::move(columns)}, {"column_count", what.column_count},
                               {"owners", std::move(owners)},   {"owner_count", what.owner_count},
                               {"notes", texts(what.notes)}};
}

} // namespace fedasio::master
