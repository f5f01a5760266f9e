#include "sweep.hpp"

#include <fedasio/simulation/simulate.hpp>
#include <fedasio/simulation/sweep.hpp>
#include <fedasio/text/json_text.hpp>

#include <CLI/CLI.hpp>
#include <boost/json/value.hpp>

#include "kept_history.hpp"
#include "program/command_line.hpp"
#include "program/logging.hpp"
#include "program/signals.hpp"
#include "sweep_log.hpp"
#include <iostream>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

namespace fedasio::steering {
namespace {

constexpr auto examples =
    R"(KEY is a plan's key, with dots: local.optimizer.learning_rate, model.layers.1.units.
VALUE is JSON or a word: 0.1, shards, '{"type": "fedavgm", "server_momentum": 0.9}'.

Examples:
  fedasio sweep my.json --grid local.optimizer.learning_rate=0.05,0.1,0.2
  fedasio sweep my.json --grid local.epochs=1,5 --grid fraction=0.1,0.5 --seeds 1-3 --out runs/e-and-c
  fedasio sweep my.json --set rounds=50 --set data.partition.scheme=shards --grid local.batch_size=10,50
  fedasio sweep my.json --grid strategy='"fedavg",{"type":"fedavgm","server_momentum":0.9}'
  fedasio sweep plans/paper/2nn.json --seeds 1,2,3      (after scripts/fetch-mnist.sh)

Writes DIR/results.csv and DIR/results.json, a row a run, DIR/summary.csv, mean and deviation over the seeds
of each combination, DIR/curves/RUN.csv, a line a round, DIR/plans/RUN.json, the plan of each run, and
DIR/history.sqlite, which fedasio view DIR shows.
Ctrl-C keeps what is done, and the same command goes on: runs with a row are not run again, and the
one that was interrupted goes on from its last checkpoint (the plan's checkpoint_every) or starts anew.

Exit codes: 0 every run has its row, 1 interrupted, all failed, or it could not start, 2 wrong usage.)";

struct settings {
    std::string plan;
    std::vector<std::string> set;
    std::vector<std::string> grid;
    std::string seeds;
    std::vector<std::filesystem::path> data;
    std::string trainer;
    std::string evaluator;
    simulation::sweep_options sweep{.out = "fedasio-sweep", .threads = 0, .retry_failed = false};
    program::log_options log;
};

simulation::sweep_request to_request(const settings& from) {
    simulation::sweep_request request{from.plan, {}, {}, {}, from.data, from.trainer, from.evaluator};
    if (!from.seeds.empty()) {
        request.seeds = simulation::parse_seeds(from.seeds);
    }
    for (const auto& text : from.set) {
        request.settings.push_back(simulation::parse_setting(text));
    }
    for (const auto& text : from.grid) {
        request.axes.push_back(simulation::parse_axis(text));
    }
    return request;
}

std::string label_of(const simulation::sweep_group& group) {
    std::string text;
    for (const auto& [path, value] : group.grid) {
        text +=
            (text.empty() ? "" : " ") + path.substr(path.rfind('.') + 1) + "=" + text::canonical_text(value);
    }
    return text.empty() ? "the plan" : text;
}

/// A line for each combination that was run with several seeds.
void tell_seeds(const simulation::sweep_summary& summary) {
    for (const auto& group : summary.seeds) {
        if (group.runs + group.failed < 2) {
            continue;
        }
        std::string text = label_of(group) + ": " + std::to_string(group.runs) + " seeds";
        text += group.failed == 0 ? "" : " (and " + std::to_string(group.failed) + " failed)";
        const auto add = [&text](const char* name, const simulation::spread& what) {
            text += what.runs == 0 ? "" : std::string(", ") + name + " " + to_text(what);
        };
        add("rounds to target", group.rounds_to_target);
        add("best test accuracy", group.best_test_accuracy);
        add("last test accuracy", group.last_test_accuracy);
        add("last test loss", group.last_test_loss);
        std::cout << text << '\n';
    }
}

int start(const settings& from) {
    program::start_log("fedasio", from.log);
    std::vector<simulation::sweep_run> runs;
    try {
        runs = simulation::plan_sweep(to_request(from));
    } catch (const std::invalid_argument& problem) {
        std::cerr << "fedasio: sweep: " << problem.what() << "\nTry 'fedasio sweep --help'.\n";
        return program::wrong_usage;
    }
    const program::stop_on_signal signals;
    sweep_log log(runs.size());
    // For the page, beside results.csv.
    const auto simulate = [&](const plan::plan& plan, const simulation::simulation_options& options,
                              const std::stop_token& stop,
                              const std::function<void(const master::event&)>& on_event) {
        kept_history history(from.sweep.out);
        auto speaking = options;
        speaking.program_log = [](const std::string& line) {
            program::log(program::level::info, "program", line);
        };
        return simulation::simulate(plan, speaking, stop, [&](const master::event& happened) {
            on_event(happened);
            history.take(happened);
        });
    };
    const auto summary = simulation::sweep(
        runs, from.sweep, signals.token(), [&log](const simulation::sweep_progress& news) { log.take(news); },
        simulate);
    tell_seeds(summary);
    std::cout << runs.size() << " runs: " << summary.succeeded << " done, " << summary.failed << " failed, "
              << summary.open << " not done; ";
    if (summary.succeeded + summary.failed > 0) {
        std::cout << "results in " << (from.sweep.out / "results.csv").string() << " and summary.csv\n";
    } else {
        std::cout << "there are no results yet\n";
    }
    return summary.open == 0 && summary.succeeded > 0 ? program::done : program::failed;
}

} // namespace

void add_sweep(CLI::App& app, std::function<int()>& job) {
    auto* const sub = app.add_subcommand(
        "sweep", "Simulate a plan with every combination of some values, a row of results each");
    const auto from = std::make_shared<settings>();
    sub->footer(examples);
    sub->add_option("PLAN", from->plan, "The plan: a JSON file that says what is learned (docs/plan.md)")
        ->required()
        ->check(CLI::ExistingFile);
    sub->add_option("--grid", from->grid,
                    "KEY=VALUE,VALUE,...: values to combine with those of every other --grid")
        ->allow_extra_args(false);
    sub->add_option("--set", from->set, "KEY=VALUE: a value for every run, in place of the plan's")
        ->allow_extra_args(false);
    sub->add_option("--seeds", from->seeds,
                    "Seeds, for each combination, in place of the plan's: 1,2,3 or 1-3")
        ->check([](const std::string& text) -> std::string {
            try {
                static_cast<void>(simulation::parse_seeds(text));
                return {};
            } catch (const std::invalid_argument& problem) {
                return problem.what();
            }
        });
    sub->add_option("--out", from->sweep.out, "Folder for results, curves and checkpoints")
        ->capture_default_str();
    sub->add_option("--threads", from->sweep.threads,
                    "Clients that train at once (default: the cores of this machine)")
        ->check(program::whole_between(1, 1024));
    sub->add_flag("--retry-failed", from->sweep.retry_failed,
                  "Run those again whose row says that they failed");
    sub->add_option(
           "--data", from->data,
           "A file or folder in place of the plan's; with the partition \"local\" one for each client")
        ->check(CLI::ExistingPath)
        ->allow_extra_args(false);
    sub->add_option("--trainer", from->trainer,
                    "Command line of a trainer of your own, which has the data and trains, for every run")
        ->check(program::command_line());
    sub->add_option("--evaluator", from->evaluator,
                    "Command line of a program of your own that tests the global model after each round, for "
                    "every run")
        ->check(program::command_line());
    program::add_log_options(*sub, from->log);
    sub->callback([from, &job] { job = [from] { return start(*from); }; });
}

} // namespace fedasio::steering
