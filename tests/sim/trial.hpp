#pragma once

#include <fedasio/text/rare_branch.hpp>

#include "sim/checker.hpp"
#include "sim/disk.hpp"
#include "sim/network.hpp"
#include "sim/oracle.hpp"
#include "sim/world.hpp"
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <string>

namespace fedasio::sim {

/// The oracles of all plans that trials have used: what one has computed serves the next.
class oracles {
public:
    oracle& of(const plan::plan& plan);

private:
    std::map<std::string, std::unique_ptr<oracle>> known_;
};

/// What one seed came to.
struct verdict {
    std::string broken; ///< the promise that was not kept; empty: all were
    std::uint64_t steps = 0;
    double seconds = 0; ///< virtual
    std::size_t rounds = 0;
    std::size_t resumed = 0;
    std::size_t masters = 0;
    std::size_t workers = 0;
    std::size_t drops = 0;
    text::rare_branch_counts branches{}; ///< how often it came to each
};

/// Runs one federation to its end: a plan, workers, faults, all chosen by the seed. `folder` holds the data
/// (see write_data) and, meanwhile, the disk. `trace` tells what happens, a line each.
verdict run_trial(std::uint64_t seed, const std::filesystem::path& folder, oracles& known, bool trace);

/// The tables that trials learn from.
void write_data(const std::filesystem::path& folder);

} // namespace fedasio::sim
