#pragma once

#include <fedasio/data/csv.hpp>
#include <fedasio/plan/plan.hpp>
#include <fedasio/worker/local_data.hpp>

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace fedasio::steering {

/// The data as a worker with `--data FILE` reads it when the master of this plan asks it to load them;
/// `schema` for a table. Throws what the worker refuses them with.
[[nodiscard]] worker::local_data load_as_a_worker(const plan::plan& plan, const std::filesystem::path& file,
                                                  const std::optional<data::csv_schema>& schema = {});

/// Why these samples cannot go through the plan's network, as a worker says it; empty: they can, or nobody
/// knows yet how many inputs the network will have.
[[nodiscard]] std::string problem_of_network(const plan::plan& plan, const data::dataset& samples);

/// What is refused after a table was surveyed, or may not be meant.
struct loading {
    std::vector<std::string> problems;
    std::vector<std::string> notes;
};

/// Loads a table whose summary has no problems, by the encoding that it would get if it were the only one:
/// that of many knows more categories and classes, but no others where the plan fixes them.
[[nodiscard]] loading load_table(const plan::plan& plan, const std::filesystem::path& file,
                                 const data::csv_summary& summary);

} // namespace fedasio::steering
