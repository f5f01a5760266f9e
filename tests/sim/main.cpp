#include <CLI/CLI.hpp>

#include "scratch_directory.hpp"
#include "sim/trial.hpp"
#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <filesystem>
#include <fmt/format.h>
#include <iostream>
#include <string>

namespace {

struct arguments {
    std::uint64_t first = 1;
    std::uint64_t seeds = 1000;
    bool trace = false;
    bool all_branches = false;
};

/// Some branches are so rare that a thousand seeds may miss them.
constexpr std::uint64_t most_times_the_seeds = 5;

/// How many seeds came to each rare branch.
void tell_branches(const fedasio::text::rare_branch_counts& seeds) {
    const auto& names = fedasio::text::rare_branch_names;
    for (std::size_t i = 0; i < names.size(); ++i) {
        std::cout << fmt::format("{:>7} {}\n", seeds[i], names[i]);
    }
}

int simulate(const arguments& what, const std::string& program) {
    const fedasio::test::scratch_directory scratch;
    // A plan names its data, and by its digest everything else; so that a seed is the same anywhere, its name
    // is short.
    std::filesystem::current_path(scratch.path());
    const std::filesystem::path folder = "federation";
    std::filesystem::create_directory(folder);
    fedasio::sim::write_data(folder);
    fedasio::sim::oracles known;
    fedasio::sim::verdict sum;
    auto& branches = sum.branches; // seeds that came to them
    std::uint64_t broken = 0;
    const auto began = std::chrono::steady_clock::now();
    const auto all_branches = [&] { return std::ranges::count(branches, 0U) == 0; };
    const auto is_enough = [&](std::uint64_t done) {
        return done >= what.seeds &&
               (!what.all_branches || all_branches() || done >= most_times_the_seeds * what.seeds);
    };
    std::uint64_t done = 0;
    for (; !is_enough(done); ++done) {
        const auto seed = what.first + done;
        const auto one = fedasio::sim::run_trial(seed, folder, known, what.trace);
        sum.steps += one.steps;
        sum.seconds += one.seconds;
        sum.rounds += one.rounds;
        sum.resumed += one.resumed;
        sum.masters += one.masters;
        sum.workers += one.workers;
        sum.drops += one.drops;
        for (std::size_t i = 0; i < branches.size(); ++i) {
            branches[i] += one.branches[i] > 0 ? 1 : 0;
        }
        if (!one.broken.empty()) {
            ++broken;
            std::cout << fmt::format("seed {}: BROKEN: {}\n  replay with: {} --first {} --seeds 1 --trace\n",
                                     seed, one.broken, program, seed);
            std::cout.flush();
        }
    }
    const double took = std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
    std::cout << fmt::format(
        "{} seeds from {}: {} broken; {:.1f} seeds/s, {:.0f} s of virtual time a second\n"
        "{} rounds, {} masters started ({} resumed), {} workers started, {} clients dropped, "
        "{} handlers\n",
        done, what.first, broken, static_cast<double>(done) / took, sum.seconds / took, sum.rounds,
        sum.masters, sum.resumed, sum.workers, sum.drops, sum.steps);
    std::cout << "seeds that came to a rare branch:\n";
    tell_branches(branches);
    const bool lacks_some = what.all_branches && !all_branches();
    if (lacks_some) {
        std::cout << "BROKEN: no seed came to a branch that is marked (text/rare_branch.hpp)\n";
    }
    return broken == 0 && !lacks_some ? 0 : 1;
}

} // namespace

int main(int argc, char** argv) {
    CLI::App app(
        "A federation in a box: master, workers, network and disk in one thread under one virtual time, and\n"
        "faults, all from a seed. Checks after each seed what docs/architecture.md promises.");
    arguments what;
    app.add_option("--first", what.first, "the first seed")->capture_default_str();
    app.add_option("--seeds", what.seeds, "how many")->capture_default_str();
    app.add_flag(
        "--all-branches", what.all_branches,
        "some seed must come to each rare branch: goes on until then, up to five times as many seeds");
    app.add_flag("--trace", what.trace, "tell all that happens");
    CLI11_PARSE(app, argc, argv);
    try {
        return simulate(what, argv[0]);
    } catch (const std::exception& e) {
        std::cerr << e.what() << '\n';
        return 1;
    }
}
