#include <fedasio/data/csv.hpp>
#include <fedasio/data/error.hpp>

#include "csv_encoding.hpp"
#include "csv_table.hpp"
#include "input_file.hpp"
#include <limits>

namespace fedasio::data {

dataset read_csv(const std::filesystem::path& file, const csv_schema& schema) {
    return read_csv(file, schema, {});
}

dataset read_csv(const std::filesystem::path& file, const csv_schema& schema,
                 const row_handler& on_left_out) {
    csv_table table(file, schema.delimiter);
    const csv_encoding rows(table.names(), {table.place(), table.delimiter_hint()}, schema);
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

} // namespace fedasio::data
