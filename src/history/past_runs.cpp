#include <fedasio/federation/json_text.hpp>
#include <fedasio/history/past_runs.hpp>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include "history/database.hpp"
#include <algorithm>
#include <vector>

namespace fedasio::history {
namespace {

namespace json = boost::json;

constexpr auto run_columns =
    "SELECT id, plan, plan_digest, seed, version, instruction_set, started, ended, outcome, "
    "detail, weights_sha256, (SELECT max(round) FROM rounds WHERE run = id), plan_text "
    "FROM runs ";
constexpr int plan_text_column = 12;

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
    return run;
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

bool has_run(database& file, std::string_view run) {
    statement found(file, "SELECT 1 FROM runs WHERE id = ?");
    found.bind(run);
    return found.next();
}

/// Empty if nothing has been recorded yet.
std::optional<database> open(const std::filesystem::path& file) {
    if (!std::filesystem::exists(file)) {
        return std::nullopt;
    }
    database opened(file, database::access::read);
    // Between its making and its first transaction the file has no tables.
    if (opened.text_of("PRAGMA user_version") == "0") {
        return std::nullopt;
    }
    return opened;
}

} // namespace

std::string runs_text(const std::filesystem::path& file, std::size_t most) {
    json::array result;
    if (auto opened = open(file)) {
        statement runs(*opened, std::string(run_columns) + "ORDER BY started DESC, id LIMIT ?");
        runs.bind(static_cast<std::int64_t>(most));
        while (runs.next()) {
            result.push_back(run_object(runs));
        }
    }
    return federation::canonical_text(result);
}

std::optional<std::string> run_text(const std::filesystem::path& file, std::string_view run,
                                    std::size_t most_notes) {
    auto opened = open(file);
    if (!opened) {
        return std::nullopt;
    }
    statement found(*opened, std::string(run_columns) + "WHERE id = ?");
    found.bind(run);
    if (!found.next()) {
        return std::nullopt;
    }
    auto result = run_object(found);
    result["plan_json"] = federation::parse_json(found.text(plan_text_column));
    result["notes"] = notes_of(*opened, run, most_notes);
    return federation::canonical_text(result);
}

std::optional<std::string> clients_text(const std::filesystem::path& file, std::string_view run,
                                        std::uint32_t round) {
    auto opened = open(file);
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
    return federation::canonical_text(result);
}

std::optional<std::string> rounds_text(const std::filesystem::path& file, std::string_view run,
                                       std::size_t most_bytes) {
    auto opened = open(file);
    if (!opened || !has_run(*opened, run)) {
        return std::nullopt;
    }
    statement rounds(*opened, "SELECT result FROM rounds WHERE run = ? ORDER BY round DESC");
    rounds.bind(run);
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

} // namespace fedasio::history
