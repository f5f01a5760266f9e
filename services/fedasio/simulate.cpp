#include "simulate.hpp"

#include <fedasio/net/runtime.hpp>
#include <fedasio/simulation/simulate.hpp>

#include <CLI/CLI.hpp>
#include <boost/asio/io_context.hpp>

#include "kept_history.hpp"
#include "program/command_line.hpp"
#include "program/event_output.hpp"
#include "program/logging.hpp"
#include "program/plan_file.hpp"
#include "program/signals.hpp"
#include "program/state_dir.hpp"
#include "program/state_lock.hpp"
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <string>

namespace fedasio::steering {
namespace {

constexpr auto examples = R"(Examples:
  fedasio simulate plans/fashion-mnist-2nn.json
  fedasio simulate my.json --rounds 20 --seed 2 --report r.json --save my.safetensors
  fedasio simulate my.json --state-dir runs/my            keep checkpoints there
  fedasio simulate my.json --state-dir runs/my --resume   go on after the last of them
  fedasio simulate plans/penguins.json --data plans/penguins/biscoe.csv \
                                       --data plans/penguins/dream-torgersen.csv

Exit codes: 0 done, 1 failed or interrupted, 2 wrong usage.)";

struct settings {
    std::string plan;
    std::optional<std::uint32_t> rounds;
    std::optional<std::uint64_t> seed;
    std::string report;
    program::log_options log;
    simulation::simulation_options simulation;
};

int start(const settings& from) {
    program::start_log("fedasio", from.log);
    auto plan = program::read_checked_plan(from.plan, !from.simulation.evaluator.empty());
    plan.rounds = from.rounds.value_or(plan.rounds);
    plan.seed = from.seed.value_or(plan.seed);
    std::optional<program::state_lock> only_user;
    std::optional<kept_history> history;
    if (!from.simulation.state_dir.empty()) {
        program::make_state_dir(from.simulation.state_dir);
        only_user.emplace(from.simulation.state_dir);
        history.emplace(from.simulation.state_dir);
    }
    boost::asio::io_context context;
    net::system_runtime rt(context);
    program::event_output output(rt.get().time, from.report);
    auto simulated = from.simulation;
    simulated.program_log = [](const std::string& line) {
        program::log(program::level::info, "program", line);
    };
    const program::stop_on_signal signals;
    const bool ended_well =
        simulation::simulate(plan, simulated, signals.token(), [&](const master::event& happened) {
            output.take(happened);
            if (history) {
                history->take(happened);
            }
        });
    return ended_well && output.is_complete() ? program::done : program::failed;
}

} // namespace

void add_simulate(CLI::App& app, std::function<int()>& job) {
    auto* const sub = app.add_subcommand(
        "simulate", "Train a plan in this one process: master and workers without sockets");
    const auto from = std::make_shared<settings>();
    sub->footer(examples);
    sub->add_option("PLAN", from->plan, "The plan: a JSON file that says what is learned (docs/plan.md)")
        ->required()
        ->check(CLI::ExistingFile);
    sub->add_option("--workers", from->simulation.workers,
                    "Workers to spread the clients over; changes no bit of the result")
        ->check(program::whole_between(1, 10000))
        ->capture_default_str();
    sub->add_option("--threads", from->simulation.threads,
                    "Clients that train at once, over all workers (default: the cores of this machine)")
        ->check(program::whole_between(1, 1024));
    sub->add_option(
           "--trainer", from->simulation.trainer,
           "Command line of a trainer of your own, which has the data and trains: --threads of it run")
        ->check(program::command_line());
    sub->add_option("--evaluator", from->simulation.evaluator,
                    "Command line of a program of your own that tests the global model after each round")
        ->check(program::command_line());
    sub->add_option("--rounds", from->rounds, "Rounds, in place of the plan's")
        ->check(program::whole_between(1, 1'000'000'000));
    sub->add_option("--seed", from->seed, "Seed, in place of the plan's")
        ->check(program::whole_between(0, std::numeric_limits<std::uint64_t>::max()));
    sub->add_option("--report", from->report, "Write a JSON report to this file when the training ends")
        ->check(program::writable_file());
    auto* const state_dir =
        sub->add_option("--state-dir", from->simulation.state_dir,
                        "Folder for checkpoints and the history of runs; without it none are written");
    sub->add_flag("--resume", from->simulation.resume,
                  "Go on from the latest checkpoint of this plan in the state folder")
        ->needs(state_dir);
    sub->add_option("--save", from->simulation.save_to, "Write the final model to this file (safetensors)")
        ->check(program::writable_file());
    sub->add_option(
           "--data", from->simulation.data,
           "A file or folder in place of the plan's; with the partition \"local\" one for each client")
        ->check(CLI::ExistingPath)
        ->allow_extra_args(false);
    program::add_log_options(*sub, from->log);
    sub->callback([from, &job] { job = [from] { return start(*from); }; });
}

} // namespace fedasio::steering
