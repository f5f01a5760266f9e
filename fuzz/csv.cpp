#include <fedasio/data/csv.hpp>
#include <fedasio/data/error.hpp>
#include <fedasio/text/field_error.hpp>
#include <fedasio/wire/load.hpp>
#include <fedasio/wire/survey.hpp>

#include <boost/json/object.hpp>

#include "memory_file.hpp"
#include "meta.hpp"
#include "samples.hpp"
#include "target.hpp"
#include <optional>

// A table: the first byte says how it is read, the rest is the file. The label is the column `y`. What an
// owner could summarise can be told to the master, and by the schema that comes of it the table can be read.

namespace {

namespace data = fedasio::data;
namespace wire = fedasio::wire;
namespace fuzz = fedasio::fuzz;

struct reading {
    data::csv_source source;
    bool regression = false;
};

reading reading_of(std::uint8_t bits) {
    constexpr std::string_view delimiters = ",;\t ";
    reading how;
    how.source.label = "y";
    how.source.delimiter = delimiters[bits & 3U];
    how.source.standardize = (bits & 4U) == 0;
    how.regression = (bits & 8U) != 0;
    if ((bits & 16U) != 0) {
        how.source.columns["a"].type = data::csv_column::kind::numeric;
    }
    if ((bits & 32U) != 0) {
        how.source.columns["b"] = {data::csv_column::kind::categorical, {"one", "two"}};
        how.source.columns["c"].type = data::csv_column::kind::ignored;
    }
    if ((bits & 128U) != 0) {
        how.source.notation.decimal = ',';
        how.source.notation.thousands = '.';
        how.source.skip_unlabelled = true;
        how.source.unseen_is_other = true;
        how.source.ignore_extra_columns = true;
    }
    if (!how.regression && (bits & 64U) != 0) {
        how.source.columns["y"] = {data::csv_column::kind::categorical, {"no", "yes"}};
    }
    return how;
}

data::csv_schema told(const reading& how, const data::csv_schema& schema) {
    wire::load order;
    order.source = how.source;
    order.clients_total = 1;
    order.schema = schema;
    return wire::read_load(fuzz::sent(wire::to_meta(order))).schema.value();
}

void check(const data::dataset& set, const data::csv_schema& schema, std::uint64_t rows) {
    fuzz::require(set.size() == rows, "there is a sample for each row that was counted");
    fuzz::require(set.feature_count() == feature_count(schema),
                  "there are as many inputs as the schema says");
    fuzz::check_samples(set);
}

} // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    static fuzz::memory_file file;
    if (size == 0) {
        return 0;
    }
    const reading how = reading_of(bytes[0]);
    const auto& path = file.holding(fuzz::as_text(bytes, size).substr(1));
    data::csv_summary summary;
    std::optional<data::csv_schema> schema;
    try {
        summary = data::summarize_csv(path, how.source, how.regression);
        fuzz::require(wire::read_summary(fuzz::sent(wire::to_meta(summary))) == summary,
                      "a summary can be sent");
        schema = data::merge(std::span(&summary, 1), how.source, how.regression);
    } catch (const data::error&) {
        return 0;
    }
    fuzz::require(told(how, *schema) == *schema, "a schema can be sent");
    try {
        const auto set = data::read_csv(path, *schema);
        // A class that the plan does not fix is left out, or else refused.
        check(set, *schema, summary.rows + summary.left_out - set.left_out());
    } catch (const data::error& error) {
        // Only what the plan fixes can be missing from a schema that was made of this table.
        const std::string_view text = error.what();
        const bool fixed = text.find(" is no known ") != std::string_view::npos ||
                           text.find("no row can be used") != std::string_view::npos;
        fuzz::require(fixed && (bytes[0] & (32U | 64U)) != 0, "a table that was summarised can be read");
    }
    return 0;
}
