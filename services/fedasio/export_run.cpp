#include "export_run.hpp"

#include <fedasio/history/past_runs.hpp>
#include <fedasio/store/durable_file.hpp>
#include <fedasio/text/json_text.hpp>
#include <fedasio/text/printable.hpp>

#include <CLI/CLI.hpp>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include "program/command_line.hpp"
#include "run_numbers.hpp"
#include "tensorboard_file.hpp"
#include <algorithm>
#include <filesystem>
#include <iostream>
#include <map>
#include <memory>
#include <set>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

namespace fedasio::steering {
namespace {

namespace json = boost::json;
using std::filesystem::path;

constexpr auto examples =
    R"(RUN is a run's number as the page shows it, or its first digits; without one all runs of the folder are written.

Examples:
  fedasio export-run --tensorboard logs                   tensorboard --logdir logs
  fedasio export-run 5c0f --from runs/rates --mlflow mlruns   mlflow ui --backend-store-uri mlruns

Exit codes: 0 done, 1 failed, 2 wrong usage.)";

struct settings {
    std::string run;
    path from = "fedasio-state";
    path tensorboard;
    path mlflow;
};

/// A run with what stands in its report.
struct exported_run {
    std::string id;
    json::object run; ///< with plan_json
    json::object report;

    [[nodiscard]] std::string text(std::string_view key) const {
        const auto& value = run.at(key);
        return value.is_string() ? std::string(std::string_view(value.get_string())) : std::string();
    }

    [[nodiscard]] double number(std::string_view key, double otherwise) const {
        const auto& value = run.at(key);
        return value.is_number() ? value.to_number<double>() : otherwise;
    }
};

json::object parse(const std::string& text) {
    text::json_limits limits;
    limits.bytes = text.size();
    return text::parse_json(text, limits).as_object();
}

std::vector<exported_run> read_runs(const settings& from) {
    const auto file = from.from / "history.sqlite";
    const auto all = text::parse_json(history::runs_text(file), {.bytes = std::size_t{1} << 30});
    std::vector<exported_run> found;
    for (const auto& one : all.as_array()) {
        exported_run run;
        run.id = std::string_view(one.at("run").as_string());
        if (!run.id.starts_with(from.run)) {
            continue;
        }
        run.run = parse(history::run_text(file, run.id).value());
        run.report = parse(history::report_text(file, run.id).value());
        found.push_back(std::move(run));
    }
    if (found.empty()) {
        throw std::runtime_error(from.run.empty() ? "there is no run in " + file.string()
                                                  : "there is no run '" + from.run + "' in " + file.string());
    }
    if (!from.run.empty() && found.size() > 1) {
        throw std::runtime_error("'" + from.run + "' begins " + std::to_string(found.size()) +
                                 " runs; give more of its digits");
    }
    return found;
}

void write(const path& file, const std::string& bytes) {
    std::filesystem::create_directories(file.parent_path());
    const auto content = std::as_bytes(std::span(bytes));
    store::write_durably(file, std::span(&content, 1));
}

/// A folder a run; TensorBoard knows event files by their names.
void write_tensorboard(const path& folder, const exported_run& run) {
    const auto numbers = numbers_of(run.report);
    const auto began = run.number("started", 0);
    write(folder / run.id /
              ("events.out.tfevents." + std::to_string(static_cast<std::int64_t>(began)) + ".fedasio"),
          tensorboard_bytes(numbers, began));
}

std::string milliseconds(double unix_seconds) {
    return std::to_string(static_cast<std::int64_t>(unix_seconds * 1000));
}

/// JSON is YAML where it stands alone.
std::string quoted(const std::string& text) {
    return text::canonical_text(json::value(text));
}

/// A file store of MLflow (https://mlflow.org/docs/latest/tracking.html): one experiment, a folder a run, a
/// file a number, and a parameter for each key of the plan.
void write_mlflow(const path& folder, const exported_run& run) {
    // Any number that no experiment has which MLflow makes itself: it counts from 0, or takes 18 digits.
    const std::string experiment = "750231001";
    const auto base = folder / experiment;
    const auto own = base / run.id;
    write(base / "meta.yaml", "artifact_location: " + quoted((std::filesystem::absolute(base)).string()) +
                                  "\nexperiment_id: '" + experiment +
                                  "'\nlifecycle_stage: active\nname: fedasio\n");
    const auto outcome = run.text("outcome");
    const auto* const status = outcome.empty()        ? "4"
                               : outcome == "failed"  ? "4"
                               : outcome == "stopped" ? "5"
                                                      : "3";
    const auto began = run.number("started", 0);
    write(own / "meta.yaml",
          "artifact_uri: " + quoted(std::filesystem::absolute(own / "artifacts").string()) + "\nend_time: " +
              milliseconds(run.number("ended", began)) + "\nentry_point_name: ''\nexperiment_id: '" +
              experiment + "'\nlifecycle_stage: active\nrun_id: " + quoted(run.id) +
              "\nrun_name: " + quoted(run.text("plan")) + "\nrun_uuid: " + quoted(run.id) +
              "\nsource_name: ''\nsource_type: 4\nsource_version: ''\nstart_time: " + milliseconds(began) +
              "\nstatus: " + status + "\ntags: []\nuser_id: ''\n");
    std::map<std::string, std::string> metrics;
    for (const auto& one : numbers_of(run.report)) {
        metrics[one.name] += milliseconds(one.time) + " " + text::canonical_text(json::value(one.value)) +
                             " " + std::to_string(one.round) + "\n";
    }
    for (const auto& [name, lines] : metrics) {
        write(own / "metrics" / name, lines);
    }
    std::map<std::string, std::string> values;
    std::set<std::string> keys;
    for_each_value(run.run.at("plan_json"), "", [&](const std::string& key, const std::string& value) {
        values[key] = value;
        keys.insert(key);
    });
    for (const auto& [key, name] : distinct_names(keys)) {
        write(own / "params" / name, values.at(key));
    }
    write(own / "tags" / "mlflow.runName", run.text("plan"));
    write(own / "tags" / "weights_sha256", run.text("weights_sha256"));
    write(own / "artifacts" / "report.json", text::canonical_text(run.report));
}

int start(const settings& from) {
    const auto runs = read_runs(from);
    for (const auto& run : runs) {
        if (!from.tensorboard.empty()) {
            write_tensorboard(from.tensorboard, run);
        }
        if (!from.mlflow.empty()) {
            write_mlflow(from.mlflow, run);
        }
        std::cout << text::printable(run.text("plan")) << " " << run.id << ": "
                  << run.report.at("rounds").as_array().size() << " rounds\n";
    }
    return program::done;
}

} // namespace

void add_export_run(CLI::App& app, std::function<int()>& job) {
    auto* const sub =
        app.add_subcommand("export-run", "Write runs of the past for TensorBoard or MLflow; needs no master");
    const auto from = std::make_shared<settings>();
    sub->footer(examples);
    sub->add_option("RUN", from->run, "The run, or its first digits")
        ->check(CLI::Validator(
            [](const std::string& text) {
                return text.find_first_not_of("0123456789abcdef") == std::string::npos
                           ? std::string()
                           : "'" + text + "' is not the number of a run, such as 5c0f";
            },
            "RUN"));
    sub->add_option("--from", from->from, "The folder with the history of runs")
        ->check(CLI::ExistingDirectory)
        ->capture_default_str();
    sub->add_option("--tensorboard", from->tensorboard,
                    "Write event files into this folder, one in a folder a run");
    sub->add_option("--mlflow", from->mlflow, "Write runs into this folder as MLflow keeps them");
    sub->callback([from, &job] {
        if (from->tensorboard.empty() && from->mlflow.empty()) {
            throw CLI::ValidationError("name where to write: --tensorboard DIR, --mlflow DIR, or both");
        }
        job = [from] { return start(*from); };
    });
}

} // namespace fedasio::steering
