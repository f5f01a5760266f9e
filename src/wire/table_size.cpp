#include <fedasio/plan/limits.hpp>
#include <fedasio/plan/schema_json.hpp>
#include <fedasio/wire/load.hpp>
#include <fedasio/wire/survey.hpp>

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>

namespace fedasio::wire {
namespace {

/// The column that takes most of a text: its name, how many categories it has, and the longest of them.
struct large_column {
    std::string name;
    std::size_t bytes = 0;
    std::size_t categories = 0;
    std::size_t longest = 0;

    void consider(const std::string& other, const std::vector<std::string>& texts) {
        std::size_t sum = other.size();
        std::size_t most = 0;
        for (const auto& text : texts) {
            sum += text.size();
            most = std::max(most, text.size());
        }
        if (sum > bytes) {
            *this = {other, sum, texts.size(), most};
        }
    }

    [[nodiscard]] std::string told() const {
        std::string shown = name.substr(0, 60);
        std::ranges::replace_if(shown, [](char c) { return static_cast<unsigned char>(c) < ' '; }, '?');
        return "column '" + shown + "' has " + std::to_string(categories) + " different texts of up to " +
               std::to_string(longest) + " bytes";
    }
};

} // namespace

std::string problem_of_size(const data::csv_summary& what) {
    large_column largest;
    for (const auto& column : what.columns) {
        largest.consider(column.name, column.categories);
        if (largest.longest > plan::limits::cell || column.name.size() > plan::limits::cell) {
            return largest.told() + ", and at most " + std::to_string(plan::limits::cell) +
                   " bytes can be sent of one: declare it ignored";
        }
    }
    if (what.columns.size() > plan::limits::table_columns) {
        return "the table has " + std::to_string(what.columns.size()) + " columns, and at most " +
               std::to_string(plan::limits::table_columns) + " can be told: leave some out";
    }
    const auto bytes = boost::json::serialize(to_meta(what)).size();
    return bytes <= limits::summary.meta
               ? std::string()
               : largest.told() + ": declare it ignored (the table's summary has " + std::to_string(bytes) +
                     " bytes, and at most " + std::to_string(limits::summary.meta) + " can be sent)";
}

std::string problem_of_size(const data::csv_schema& what, std::size_t bytes_beside) {
    const auto bytes = boost::json::serialize(plan::to_json(what)).size() + bytes_beside;
    if (bytes <= limits::from_master(0).meta) {
        return {};
    }
    large_column largest;
    largest.consider(what.label, what.classes);
    for (const auto& column : what.columns) {
        largest.consider(column.name, column.categories);
    }
    return largest.told() + " over all owners: declare it ignored (what workers are told of the tables has " +
           std::to_string(bytes) + " bytes, and at most " + std::to_string(limits::from_master(0).meta) +
           " can be sent)";
}

} // namespace fedasio::wire
