#include <fedasio/history/past_runs.hpp>
#include <fedasio/text/json_text.hpp>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include "history/database.hpp"
#include "history/spread.hpp"
#include <algorithm>
#include <limits>
#include <map>
#include <utility>
#include <vector>

namespace fedasio::history {
namespace {

namespace json = boost::json;

// A file of format 1 has no more until a recorder opens it.
constexpr auto run_columns =
    "SELECT id, plan, plan_digest, seed, version, instruction_set, started, ended, outcome, "
    "detail, weights_sha256, (SELECT max(round) FROM rounds WHERE run = id), "
    "(SELECT max(test_accuracy) FROM rounds WHERE run = id), "
    "(SELECT test_accuracy FROM rounds WHERE run = id ORDER BY round DESC LIMIT 1), "
    "(SELECT test_loss FROM rounds WHERE run = id ORDER BY round DESC LIMIT 1), "
    "(SELECT min(test_loss) FROM rounds WHERE run = id) "
    "FROM runs ";
constexpr auto report_columns = "SELECT parameters, checkpoint_round, changes, seconds_total FROM runs ";

json::value text_or_null(const statement& from, int column) {
    return from.is_null(column) ? json::value(nullptr) : json::value(json::string(from.text(column)));
}

json::value real_or_null(const statement& from, int column) {
    return from.is_null(column) ? json::value(nullptr) : json::value(from.real(column));
}

json::object run_object(const statement& from) {
    json::object run;
    run["run"] = from.text(0);
    run["plan"] = from.text(1);
    run["plan_digest"] = from.text(2);
    run["seed"] = std::stoull(from.text(3));
    run["version"] = from.text(4);
    run["instruction_set"] = from.text(5);
    run["started"] = from.real(6);
    run["ended"] = real_or_null(from, 7);
    run["outcome"] = text_or_null(from, 8);
    run["detail"] = text_or_null(from, 9);
    run["weights_sha256"] = text_or_null(from, 10);
    run["rounds"] = from.number(11);
    run["best_test_accuracy"] = real_or_null(from, 12);
    run["last_test_accuracy"] = real_or_null(from, 13);
    run["last_test_loss"] = real_or_null(from, 14);
    run["best_test_loss"] = real_or_null(from, 15);
    return run;
}

/// By run.
using labels_map = std::map<std::string, json::value>;

/// What people wrote about runs, or about one of them.
labels_map labels_of(database& file, std::optional<std::string_view> run = {}) {
    labels_map result;
    if (!has_table(file, "labels")) {
        return result;
    }
    statement labels(file, std::string("SELECT run, labels FROM labels") + (run ? " WHERE run = ?" : ""));
    if (run) {
        labels.bind(*run);
    }
    while (labels.next()) {
        result.emplace(labels.text(0), text::parse_json(labels.text(1)));
    }
    return result;
}

void add_labels(json::object& run, const labels_map& labels) {
    const auto found = labels.find(std::string(std::string_view(run.at("run").as_string())));
    run["labels"] = found == labels.end() ? json::value(nullptr) : found->second;
}

json::object& object_in(json::object& in, std::string_view key) {
    auto& value = in[key];
    return value.is_null() ? value.emplace_object() : value.as_object();
}

/// What trainers of one's own told of runs by name: of the metrics that most rounds tell the last, least and
/// greatest value.
class own_metrics {
public:
    explicit own_metrics(database& file) {
        if (has_table(file, "own_metrics")) {
            metrics_.emplace(file,
                             "SELECT name, last, least, most FROM own_metrics WHERE run = ? AND kind = ? "
                             "ORDER BY told DESC, name LIMIT ?");
        }
    }

    /// Nothing where nothing was told.
    void add_to(json::object& run) {
        if (!metrics_) {
            return;
        }
        json::object told;
        for (const std::string_view kind : {"test_metrics", "train_metrics"}) {
            metrics_->bind(std::string_view(run.at("run").as_string())).bind(kind).bind(most_own_metrics);
            while (metrics_->next()) {
                for (const auto& [which, column] :
                     {std::pair("last", 1), std::pair("least", 2), std::pair("most", 3)}) {
                    object_in(object_in(told, which), kind)[metrics_->text(0)] = metrics_->real(column);
                }
            }
        }
        if (!told.empty()) {
            run["own_metrics"] = std::move(told);
        }
    }

private:
    std::optional<statement> metrics_;
};

/// Empty if there is no such run.
std::optional<json::object> find_run(database& in, std::string_view run) {
    statement found(in, std::string(run_columns) + "WHERE id = ?");
    found.bind(run);
    if (!found.next()) {
        return std::nullopt;
    }
    auto result = run_object(found);
    add_labels(result, labels_of(in, run));
    own_metrics(in).add_to(result);
    return result;
}

json::array notes_of(database& file, std::string_view run, std::size_t most) {
    statement notes(file, "SELECT time, level, text FROM notes WHERE run = ? ORDER BY number DESC LIMIT ?");
    notes.bind(run).bind(static_cast<std::int64_t>(most));
    json::array result;
    while (notes.next()) {
        result.push_back(
            json::object{{"time", notes.real(0)}, {"level", notes.text(1)}, {"text", notes.text(2)}});
    }
    std::ranges::reverse(result);
    return result;
}

std::string plan_text_of(database& file, std::string_view run) {
    statement found(file, "SELECT plan_text FROM runs WHERE id = ?");
    found.bind(run);
    return found.next() ? found.text(0) : std::string();
}

bool has_run(database& file, std::string_view run) {
    statement found(file, "SELECT 1 FROM runs WHERE id = ?");
    found.bind(run);
    return found.next();
}

/// Of a round, or without one of the latest that was tested; an older file has no such table.
std::optional<std::string> tests_of(database& file, std::string_view run,
                                    std::optional<std::uint32_t> round) {
    const auto version = file.text_of("PRAGMA user_version");
    if (version == "1" || version == "2") {
        return std::nullopt;
    }
    statement tests(file, std::string("SELECT clients FROM tests WHERE run = ?") +
                              (round ? " AND round = ?" : " ORDER BY round DESC LIMIT 1"));
    tests.bind(run);
    if (round) {
        tests.bind(*round);
    }
    return tests.next() ? std::optional(tests.text(0)) : std::nullopt;
}

/// What stands in a report and in no other table; of a file that no recorder of this release has opened yet
/// nothing is known.
void add_report_facts(json::object& report, database& file, std::string_view run) {
    report["data_sha256"] = json::object();
    report["data"] = nullptr;
    report["complete"] = nullptr;
    report["sites"] = json::array();
    if (!has_table(file, "report_facts")) {
        return;
    }
    statement facts(file, "SELECT facts FROM report_facts WHERE run = ?");
    facts.bind(run);
    if (facts.next()) {
        text::json_limits limits;
        limits.bytes = facts.text(0).size();
        auto told = text::parse_json(facts.text(0), limits);
        for (auto& [key, value] : told.as_object()) {
            report[key] = std::move(value);
        }
    }
}

std::string rounds_of(database& file, std::string_view run, std::uint32_t before, std::size_t most_bytes) {
    statement rounds(file, "SELECT result FROM rounds WHERE run = ? AND round < ? ORDER BY round DESC");
    rounds.bind(run);
    rounds.bind(before == 0 ? std::numeric_limits<std::int64_t>::max() : std::int64_t{before});
    std::vector<std::string> kept;
    std::size_t bytes = 0;
    while (bytes <= most_bytes && rounds.next()) {
        kept.push_back(rounds.text(0));
        bytes += kept.back().size();
    }
    if (bytes > most_bytes) {
        kept.pop_back();
    }
    std::ranges::reverse(kept);
    std::string result = "[";
    for (const auto& round : kept) {
        result += result.size() > 1 ? "," : "";
        result += round;
    }
    return result + "]";
}

} // namespace

std::string runs_text(const std::filesystem::path& file, std::size_t most, std::size_t plans,
                      std::size_t plan_bytes) {
    json::array result;
    std::size_t told = 0;
    if (auto opened = open_recorded(file)) {
        statement runs(*opened, std::string(run_columns) + "ORDER BY started DESC, id LIMIT ?");
        runs.bind(static_cast<std::int64_t>(most));
        const auto labels = labels_of(*opened);
        own_metrics metrics(*opened);
        while (runs.next()) {
            auto run = run_object(runs);
            add_labels(run, labels);
            metrics.add_to(run);
            if (result.size() < plans && told < plan_bytes) {
                const auto plan = plan_text_of(*opened, std::string_view(run.at("run").as_string()));
                told += plan.size();
                run["plan_json"] = text::parse_json(plan);
            }
            result.push_back(std::move(run));
        }
    }
    return text::canonical_text(result);
}

std::optional<std::string> run_text(const std::filesystem::path& file, std::string_view run,
                                    std::size_t most_notes) {
    auto opened = open_recorded(file);
    auto found = opened ? find_run(*opened, run) : std::nullopt;
    if (!found) {
        return std::nullopt;
    }
    auto& result = *found;
    result["plan_json"] = text::parse_json(plan_text_of(*opened, run));
    result["notes"] = notes_of(*opened, run, most_notes);
    return text::canonical_text(result);
}

std::optional<std::string> clients_text(const std::filesystem::path& file, std::string_view run,
                                        std::uint32_t round) {
    auto opened = open_recorded(file);
    if (!opened || !has_run(*opened, run)) {
        return std::nullopt;
    }
    statement clients(*opened, "SELECT client, worker, samples, loss, accuracy, seconds, reason, detail "
                               "FROM clients WHERE run = ? AND round = ? ORDER BY client");
    clients.bind(run).bind(round);
    json::array result;
    while (clients.next()) {
        json::object client;
        client["client"] = clients.number(0);
        client["worker"] = clients.text(1);
        client["samples"] = clients.is_null(2) ? json::value(nullptr) : json::value(clients.number(2));
        client["loss"] = real_or_null(clients, 3);
        client["accuracy"] = real_or_null(clients, 4);
        client["seconds"] = real_or_null(clients, 5);
        client["reason"] = clients.text(6);
        client["detail"] = clients.text(7);
        result.push_back(std::move(client));
    }
    return text::canonical_text(result);
}

std::optional<std::string> tests_text(const std::filesystem::path& file, std::string_view run,
                                      std::uint32_t round) {
    auto opened = open_recorded(file);
    if (!opened || !has_run(*opened, run)) {
        return std::nullopt;
    }
    return tests_of(*opened, run, round).value_or("[]");
}

std::optional<std::string> spreads_text(const std::filesystem::path& file, std::string_view run) {
    constexpr std::uint32_t most_rounds = 120;
    auto opened = open_recorded(file);
    if (!opened || !has_run(*opened, run)) {
        return std::nullopt;
    }
    json::array spreads;
    if (has_table(*opened, "tests")) {
        // Counted from the last one, every so many-th. Those are chosen by their numbers alone: what clients
        // found of all rounds may be gigabytes, which SQLite would copy into a temporary file.
        statement tests(*opened,
                        "SELECT round, clients FROM tests WHERE run = ?1 AND round IN (SELECT round FROM "
                        "(SELECT round, row_number() OVER (ORDER BY round DESC) - 1 AS place, count(*) OVER "
                        "() AS rounds FROM tests WHERE run = ?1) WHERE place % ((rounds + ?2) / ?3) = 0) "
                        "ORDER BY round");
        tests.bind(run).bind(most_rounds - 1).bind(most_rounds);
        while (tests.next()) {
            text::json_limits limits;
            limits.bytes = tests.text(1).size();
            const auto clients = text::parse_json(tests.text(1), limits);
            const auto round = static_cast<std::uint32_t>(tests.number(0));
            if (auto spread = spread_of(round, clients.as_array())) {
                spreads.push_back(*std::move(spread));
            }
        }
    }
    return text::canonical_text(spreads);
}

std::optional<std::string> evaluation_text(const std::filesystem::path& file, std::string_view run) {
    auto opened = open_recorded(file);
    if (!opened || !has_run(*opened, run)) {
        return std::nullopt;
    }
    if (!has_table(*opened, "evaluations")) {
        return "null";
    }
    statement found(*opened, "SELECT evaluation FROM evaluations WHERE run = ?");
    found.bind(run);
    return found.next() ? found.text(0) : "null";
}

std::optional<std::string> lanes_text(const std::filesystem::path& file, std::string_view run) {
    auto opened = open_recorded(file);
    if (!opened || !has_run(*opened, run)) {
        return std::nullopt;
    }
    std::string result = "[";
    if (has_table(*opened, "lanes")) {
        statement lanes(*opened, "SELECT round, states FROM lanes WHERE run = ? ORDER BY round");
        lanes.bind(run);
        while (lanes.next()) {
            result += result.size() > 1 ? "," : "";
            result +=
                R"({"round":)" + std::to_string(lanes.number(0)) + R"(,"states":)" + lanes.text(1) + "}";
        }
    }
    return result + "]";
}

std::optional<std::string> rounds_text(const std::filesystem::path& file, std::string_view run,
                                       std::uint32_t before, std::size_t most_bytes) {
    auto opened = open_recorded(file);
    if (!opened || !has_run(*opened, run)) {
        return std::nullopt;
    }
    return rounds_of(*opened, run, before, most_bytes);
}

std::optional<std::string> report_text(const std::filesystem::path& file, std::string_view run,
                                       std::size_t most_bytes) {
    auto opened = open_recorded(file);
    auto found = opened ? find_run(*opened, run) : std::nullopt;
    if (!found) {
        return std::nullopt;
    }
    auto& report = *found;
    for (const auto* const key : {"started", "ended", "rounds", "best_test_accuracy", "last_test_accuracy",
                                  "last_test_loss", "best_test_loss", "labels", "own_metrics"}) {
        report.erase(key);
    }
    for (const auto* const key : {"detail", "weights_sha256"}) {
        report[key] = report[key].is_null() ? json::value("") : report[key];
    }
    report["parameters"] = 0;
    report["checkpoint_round"] = 0;
    report["changes"] = json::array();
    report["seconds_total"] = nullptr;
    if (opened->text_of("PRAGMA user_version") != "1") {
        statement more(*opened, std::string(report_columns) + "WHERE id = ?");
        more.bind(run);
        if (more.next()) {
            report["parameters"] = more.number(0);
            report["checkpoint_round"] = more.number(1);
            report["changes"] = text::parse_json(more.text(2));
            report["seconds_total"] = real_or_null(more, 3);
        }
    }
    add_report_facts(report, *opened, run);
    // The rounds and tests are JSON already, and there may be many.
    auto text = text::canonical_text(report);
    text.pop_back();
    text += R"(,"clients":)" + tests_of(*opened, run, std::nullopt).value_or("[]");
    return text + R"(,"rounds":)" + rounds_of(*opened, run, 0, most_bytes) + "}";
}

} // namespace fedasio::history
