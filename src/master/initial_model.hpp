#pragma once

#include <fedasio/data/csv.hpp>
#include <fedasio/master/model_state.hpp>
#include <fedasio/nn/model_arrays.hpp>
#include <fedasio/nn/network.hpp>
#include <fedasio/plan/plan.hpp>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>

namespace fedasio::master {

/// What a run begins with.
struct initial_model {
    std::optional<nn::network> network; ///< none where the model is a trainer's own
    nn::model_arrays arrays;
    model_state state;
};

/// Of a plan with plan::knows_model(): its network, or the arrays in its file. Throws run_failed likewise.
[[nodiscard]] initial_model make_initial_model(const plan::plan& plan, std::uint64_t memory_bytes,
                                               const std::function<bool()>& unwanted = {});

/// The same of arrays that a trainer begins with, where the plan says which of them stay at the client.
/// Throws run_failed, also for names that are no array's.
[[nodiscard]] initial_model make_own_model(nn::model_arrays arrays, net::payload values,
                                           const plan::plan& plan);

/// Of a file with arrays, whose metadata `arrays` tells types and roles where they are not the usual ones.
/// Throws run_failed.
[[nodiscard]] initial_model read_arrays_model(const std::filesystem::path& path, const plan::plan& plan);

/// Of arrays whose roles are settled. Throws run_failed if they do not go together with the plan's strategy.
[[nodiscard]] initial_model make_arrays_model(nn::model_arrays arrays, net::payload values,
                                              const plan::plan& plan);

/// The weights depend on the plan's seed alone. Takes seconds for a large model; ends early, with
/// run_failed, once `unwanted` says so. Throws run_failed for a model that cannot be built, and for one that
/// takes more memory than `memory_bytes` (0: not known) or than there is.
[[nodiscard]] initial_model make_initial_model(const nn::model_spec& spec, const plan::plan& plan,
                                               std::uint64_t memory_bytes,
                                               const std::function<bool()>& unwanted = {});

/// The same for a plan that leaves the number of inputs to the tables.
[[nodiscard]] initial_model make_model_of_tables(const data::csv_schema& schema, const plan::plan& plan,
                                                 std::uint64_t memory_bytes,
                                                 const std::function<bool()>& unwanted = {});

} // namespace fedasio::master
