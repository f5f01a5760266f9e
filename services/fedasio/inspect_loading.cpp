#include "inspect_loading.hpp"

#include <fedasio/data/error.hpp>
#include <fedasio/learning/data_fit.hpp>
#include <fedasio/nn/network.hpp>
#include <fedasio/wire/load.hpp>
#include <fedasio/worker/sample_cache.hpp>

#include <algorithm>
#include <cstdint>
#include <span>
#include <stdexcept>
#include <thread>
#include <utility>
#include <variant>

namespace fedasio::steering {
namespace {

bool is_local(const plan::plan& plan) {
    return plan.partition.type == data::partition_spec::scheme::local;
}

/// By the rules for all tables.
data::csv_schema encoding_of(const data::csv_summary& summary, const data::csv_source& source,
                             bool regression) {
    const data::owner_summary alone{"this table", summary};
    auto merged = data::merge_owners(std::span(&alone, 1), source, regression);
    if (!merged.schema) {
        throw data::error(merged.excluded.front().reason);
    }
    return *std::move(merged.schema);
}

/// Whether the tables of others can give the network another number of inputs.
bool others_change_inputs(const plan::plan& plan, const data::csv_schema& schema) {
    const auto& declared = std::get<data::csv_source>(plan.source).columns;
    const auto is_open = [&](const data::csv_column_schema& column) {
        const auto found = declared.find(column.name);
        const bool is_fixed = found != declared.end() && !found->second.categories.empty();
        return column.type == data::csv_column::kind::categorical && !is_fixed;
    };
    return is_local(plan) && (schema.ignore_extra_columns || schema.unseen_is_other ||
                              std::ranges::any_of(schema.columns, is_open));
}

} // namespace

worker::local_data load_as_a_worker(const plan::plan& plan, const std::filesystem::path& file,
                                    const std::optional<data::csv_schema>& schema) {
    wire::load what;
    what.seed = plan.seed;
    what.source = plan.source;
    what.partition = plan.partition;
    what.schema = schema;
    what.clients_total = std::max(std::uint32_t{1}, plan.clients);
    what.clients = {0};
    worker::sample_cache cache;
    return {what, file, cache, std::max(1U, std::thread::hardware_concurrency())};
}

std::string problem_of_network(const plan::plan& plan, const data::dataset& samples) {
    return plan.model.input.size() == 0 ? std::string()
                                        : learning::problem_of_fit(samples, nn::network(plan.model));
}

loading load_table(const plan::plan& plan, const std::filesystem::path& file,
                   const data::csv_summary& summary) {
    loading result;
    try {
        const auto& source = std::get<data::csv_source>(plan.source);
        const auto schema = encoding_of(summary, source, plan::is_regression(plan));
        const auto loaded = load_as_a_worker(plan, file, schema);
        auto fitting = plan;
        if (plan.model.input.size() == 0 || others_change_inputs(plan, schema)) {
            fitting.model.input = {1, 1, static_cast<std::uint32_t>(data::feature_count(schema))};
        }
        auto problem = problem_of_network(fitting, loaded.samples());
        if (!problem.empty()) {
            // Rows of classes that came later than the model are left out.
            auto& to = schema.unseen_is_other && is_local(plan) ? result.notes : result.problems;
            to.push_back(std::move(problem));
        }
        if (const auto left_out = loaded.samples().left_out(); left_out > summary.left_out) {
            result.notes.push_back(std::to_string(left_out - summary.left_out) +
                                   " rows are left out: the plan's classes do not have theirs");
        }
    } catch (const data::error& problem) {
        result.problems.emplace_back(problem.what());
    } catch (const std::invalid_argument& problem) {
        result.problems.emplace_back(problem.what());
    }
    return result;
}

} // namespace fedasio::steering
