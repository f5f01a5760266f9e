#include "sweep.hpp"

#include <fedasio/simulation/sweep.hpp>

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
  fedasio sweep my.json --grid local.epochs=1,5 --grid fraction=0.1,0.5 --seeds 1,2,3 --out runs/e-and-c
  fedasio sweep my.json --set rounds=50 --set data.partition.scheme=shards --grid local.batch_size=10,50
  fedasio sweep my.json --grid strategy='"fedavg",{"type":"fedavgm","server_momentum":0.9}'
  fedasio sweep plans/paper/2nn.json --seeds 1,2,3      (after scripts/fetch-mnist.sh)

Writes DIR/results.csv and DIR/results.json, a row a run, and DIR/curves/RUN.csv, a line a round.
Ctrl-C keeps what is done, and the same command goes on: runs with a row are not run again, and the
one that was interrupted goes on from its last checkpoint (the plan's checkpoint_every) or starts anew.

Exit codes: 0 every run has its row, 1 interrupted, all failed, or it could not start, 2 wrong usage.)";

struct settings {
    std::string plan;
    std::vector<std::string> set;
    std::vector<std::string> grid;
    std::vector<std::uint64_t> seeds;
    std::vector<std::filesystem::path> data;
    simulation::sweep_options sweep{.out = "fedasio-sweep", .threads = 0, .retry_failed = false};
    program::log_options log;
};

simulation::sweep_request to_request(const settings& from) {
    simulation::sweep_request request{from.plan, {}, {}, from.seeds, from.data};
    for (const auto& text : from.set) {
        request.settings.push_back(simulation::parse_setting(text));
    }
    for (const auto& text : from.grid) {
        request.axes.push_back(simulation::parse_axis(text));
    }
    return request;
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
    const auto summary =
        simulation::sweep(runs, from.sweep, signals.token(),
                          [&log](const simulation::sweep_progress& news) { log.take(news); });
    std::cout << runs.size() << " runs: " << summary.succeeded << " done, " << summary.failed << " failed, "
              << summary.open << " not done; results in " << (from.sweep.out / "results.csv").string()
              << '\n';
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
    sub->add_option("--seeds", from->seeds, "Seeds, for each combination, in place of the plan's: 1,2,3")
        ->delimiter(',')
        ->allow_extra_args(false);
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
    program::add_log_options(*sub, from->log);
    sub->callback([from, &job] { job = [from] { return start(*from); }; });
}

} // namespace fedasio::steering
