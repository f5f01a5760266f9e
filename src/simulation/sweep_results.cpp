#include <fedasio/simulation/sweep_results.hpp>
#include <fedasio/store/durable_file.hpp>
#include <fedasio/text/input_file.hpp>
#include <fedasio/text/json_text.hpp>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value_to.hpp>

#include "simulation/csv_line.hpp"
#include <algorithm>
#include <array>
#include <cmath>
#include <fstream>
#include <iterator>
#include <span>
#include <stdexcept>
#include <utility>

namespace fedasio::simulation {

namespace json = boost::json;

namespace {

json::value number_or_null(const std::optional<double>& value) {
    return value && std::isfinite(*value) ? json::value(*value) : json::value(nullptr);
}

/// Everything of a row but its grid, in the order of the CSV's columns.
json::object measured(const sweep_row& row) {
    return {{"seed", row.seed},
            {"outcome", row.outcome},
            {"rounds", row.rounds},
            {"rounds_to_target", number_or_null(row.rounds_to_target)},
            {"best_test_accuracy", number_or_null(row.best_test_accuracy)},
            {"last_test_accuracy", number_or_null(row.last_test_accuracy)},
            {"best_test_loss", number_or_null(row.best_test_loss)},
            {"last_test_loss", number_or_null(row.last_test_loss)},
            {"last_train_loss", number_or_null(row.last_train_loss)},
            {"last_test_r2", number_or_null(row.last_test_r2)},
            {"last_test_rmse", number_or_null(row.last_test_rmse)},
            {"last_test_mae", number_or_null(row.last_test_mae)},
            {"last_test_auc", number_or_null(row.last_test_auc)},
            {"seconds", row.seconds},
            {"dropped", row.dropped},
            {"weights_sha256", row.weights_sha256},
            {"plan_digest", row.plan_digest},
            {"run", row.run},
            {"reason", row.reason},
            {"data", row.inputs.data},
            {"trainer", row.inputs.trainer},
            {"evaluator", row.inputs.evaluator}};
}

json::object to_json(const sweep_row& row) {
    json::object grid;
    for (const auto& [path, value] : row.grid) {
        grid[path] = value;
    }
    json::object result{{"grid", std::move(grid)}};
    for (auto& member : measured(row)) {
        result[member.key()] = member.value();
    }
    return result;
}

std::optional<double> to_number(const json::value& value) {
    return value.is_null() ? std::nullopt : std::optional(value.to_number<double>());
}

/// Rows that an older version wrote have no losses, or none of the metrics.
std::optional<double> number_if_there(const json::value& row, std::string_view key) {
    const auto* value = row.as_object().if_contains(json::string_view(key.data(), key.size()));
    return value == nullptr ? std::nullopt : to_number(*value);
}

/// Nor have they inputs.
std::string text_if_there(const json::value& row, std::string_view key) {
    const auto* value = row.as_object().if_contains(json::string_view(key.data(), key.size()));
    return value == nullptr ? std::string() : json::value_to<std::string>(*value);
}

sweep_row row_from_json(const json::value& value) {
    sweep_row row;
    for (const auto& member : value.at("grid").as_object()) {
        row.grid.push_back({std::string(member.key()), member.value()});
    }
    row.seed = value.at("seed").to_number<std::uint64_t>();
    row.outcome = json::value_to<std::string>(value.at("outcome"));
    row.rounds = value.at("rounds").to_number<std::uint32_t>();
    row.rounds_to_target = to_number(value.at("rounds_to_target"));
    row.best_test_accuracy = to_number(value.at("best_test_accuracy"));
    row.last_test_accuracy = to_number(value.at("last_test_accuracy"));
    row.best_test_loss = number_if_there(value, "best_test_loss");
    row.last_test_loss = number_if_there(value, "last_test_loss");
    row.last_train_loss = number_if_there(value, "last_train_loss");
    row.last_test_r2 = number_if_there(value, "last_test_r2");
    row.last_test_rmse = number_if_there(value, "last_test_rmse");
    row.last_test_mae = number_if_there(value, "last_test_mae");
    row.last_test_auc = number_if_there(value, "last_test_auc");
    row.seconds = value.at("seconds").to_number<double>();
    row.dropped = value.at("dropped").to_number<std::uint64_t>();
    row.weights_sha256 = json::value_to<std::string>(value.at("weights_sha256"));
    row.plan_digest = json::value_to<std::string>(value.at("plan_digest"));
    row.run = json::value_to<std::string>(value.at("run"));
    row.reason = json::value_to<std::string>(value.at("reason"));
    row.inputs = {text_if_there(value, "data"), text_if_there(value, "trainer"),
                  text_if_there(value, "evaluator")};
    return row;
}

std::string to_csv(const std::vector<sweep_row>& rows) {
    const auto paths = paths_of(rows);
    const auto results = measured({});
    std::vector<json::value> fields;
    fields.reserve(paths.size() + results.size());
    for (const auto& path : paths) {
        // The plan's `rounds` are not those that were done.
        fields.emplace_back(results.contains(path) ? "plan." + path : path);
    }
    for (const auto& member : results) {
        fields.emplace_back(member.key());
    }
    std::string text = csv_line(fields);
    for (const auto& row : rows) {
        fields.clear();
        for (const auto& path : paths) {
            const auto found = std::ranges::find(row.grid, path, &setting::path);
            fields.push_back(found == row.grid.end() ? json::value(nullptr) : found->value);
        }
        for (const auto& member : measured(row)) {
            fields.push_back(member.value());
        }
        text += csv_line(fields);
    }
    return text;
}

/// One row a line, so that people and diff can read it.
std::string to_text(const std::vector<sweep_row>& rows) {
    std::string text = "{\"rows\":[";
    for (const auto& row : rows) {
        text += (&row == &rows.front() ? "\n" : ",\n") + text::canonical_text(to_json(row));
    }
    return text + "\n]}\n";
}

void write_text(const std::filesystem::path& file, const std::string& text) {
    const std::array parts{std::as_bytes(std::span(text))};
    store::write_durably(file, parts);
}

} // namespace

sweep_results::sweep_results(std::filesystem::path folder) : folder_(std::move(folder)) {
    const auto file = folder_ / "results.json";
    if (!std::filesystem::exists(file)) {
        return;
    }
    constexpr text::json_limits no_limit{.bytes = std::size_t{1} << 32U};
    const auto text = text::read_input(file, no_limit.bytes);
    try {
        const auto content = text::parse_json(text, no_limit);
        for (const auto& value : content.at("rows").as_array()) {
            rows_.push_back(row_from_json(value));
        }
    } catch (const std::exception& e) {
        throw std::runtime_error(file.string() + ": is not what a sweep writes (" + e.what() +
                                 "); move it away, or choose another folder");
    }
    write(); // the CSV may be a row behind
}

const sweep_row* sweep_results::find(std::string_view run) const {
    const auto found = std::ranges::find(rows_, run, &sweep_row::run);
    return found == rows_.end() ? nullptr : &*found;
}

void sweep_results::put(sweep_row row) {
    const auto found = std::ranges::find(rows_, row.run, &sweep_row::run);
    if (found == rows_.end()) {
        rows_.push_back(std::move(row));
    } else {
        *found = std::move(row);
    }
    write();
}

void sweep_results::complete(const std::function<void(sweep_row&)>& complete_row) {
    bool changed = false;
    for (auto& row : rows_) {
        const auto grid = row.grid.size();
        const auto inputs = row.inputs;
        complete_row(row);
        changed = changed || row.grid.size() != grid || row.inputs != inputs;
    }
    if (changed) {
        write();
    }
}

void sweep_results::write() const {
    write_text(folder_ / "results.json", to_text(rows_));
    write_text(folder_ / "results.csv", to_csv(rows_));
}

} // namespace fedasio::simulation
