#include <fedasio/simulation/sweep_summary.hpp>
#include <fedasio/text/json_text.hpp>

#include "simulation/csv_line.hpp"
#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <map>
#include <utility>

namespace fedasio::simulation {

namespace json = boost::json;

namespace {

struct quantity {
    const char* name;
    spread sweep_group::* to;
    std::optional<double> sweep_row::* from;
};

constexpr std::array<quantity, 10> quantities{{
    {"rounds_to_target", &sweep_group::rounds_to_target, &sweep_row::rounds_to_target},
    {"best_test_accuracy", &sweep_group::best_test_accuracy, &sweep_row::best_test_accuracy},
    {"last_test_accuracy", &sweep_group::last_test_accuracy, &sweep_row::last_test_accuracy},
    {"best_test_loss", &sweep_group::best_test_loss, &sweep_row::best_test_loss},
    {"last_test_loss", &sweep_group::last_test_loss, &sweep_row::last_test_loss},
    {"last_train_loss", &sweep_group::last_train_loss, &sweep_row::last_train_loss},
    {"last_test_r2", &sweep_group::last_test_r2, &sweep_row::last_test_r2},
    {"last_test_rmse", &sweep_group::last_test_rmse, &sweep_row::last_test_rmse},
    {"last_test_mae", &sweep_group::last_test_mae, &sweep_row::last_test_mae},
    {"last_test_auc", &sweep_group::last_test_auc, &sweep_row::last_test_auc},
}};

spread spread_of(std::span<const double> values) {
    spread result{.runs = values.size(), .mean = 0, .deviation = {}};
    for (const double value : values) {
        result.mean += value / static_cast<double>(values.size());
    }
    if (values.size() > 1) {
        double squares = 0;
        for (const double value : values) {
            squares += (value - result.mean) * (value - result.mean);
        }
        result.deviation = std::sqrt(squares / static_cast<double>(values.size() - 1));
    }
    return result;
}

sweep_group group_of(const std::vector<const sweep_row*>& rows) {
    sweep_group group;
    group.grid = rows.front()->grid;
    group.inputs = rows.front()->inputs;
    std::vector<const sweep_row*> counted;
    std::ranges::copy_if(rows, std::back_inserter(counted),
                         [](const sweep_row* row) { return row->outcome != "failed"; });
    group.runs = counted.size();
    group.failed = rows.size() - counted.size();
    std::vector<double> values;
    for (const auto& one : quantities) {
        values.clear();
        for (const auto* row : counted) {
            if (const auto& value = row->*one.from) {
                values.push_back(*value);
            }
        }
        group.*one.to = spread_of(values);
    }
    values.clear();
    std::ranges::transform(counted, std::back_inserter(values), &sweep_row::seconds);
    group.seconds = spread_of(values);
    return group;
}

} // namespace

std::vector<sweep_group> summarize(std::span<const sweep_row> rows,
                                   const std::function<std::string(const sweep_row&)>& plan_of) {
    std::vector<std::vector<const sweep_row*>> groups;
    std::map<std::string, std::size_t> known;
    for (const auto& row : rows) {
        auto key = plan_of(row);
        for (const auto* const input : {&row.inputs.data, &row.inputs.trainer, &row.inputs.evaluator}) {
            key += "\n" + *input;
        }
        std::map<std::string, std::string> grid; // whatever the order in which they were set
        for (const auto& [path, value] : row.grid) {
            grid[path] = text::canonical_text(value);
        }
        for (const auto& [path, value] : grid) {
            key += "\n" + path + "=" + value;
        }
        const auto [place, is_new] = known.emplace(std::move(key), groups.size());
        if (is_new) {
            groups.emplace_back();
        }
        groups[place->second].push_back(&row);
    }
    std::vector<sweep_group> result;
    std::ranges::transform(groups, std::back_inserter(result), group_of);
    return result;
}

std::string summary_csv(std::span<const sweep_group> groups) {
    std::vector<sweep_row> grids(groups.size());
    std::ranges::transform(groups, grids.begin(), [](const sweep_group& group) {
        sweep_row row;
        row.grid = group.grid;
        return row;
    });
    const auto paths = paths_of(grids);
    std::vector<json::value> fields(paths.begin(), paths.end());
    fields.insert(fields.end(), {"runs", "failed"});
    const auto add_names = [&](const std::string& name) {
        fields.emplace_back(name + "_mean");
        fields.emplace_back(name + "_deviation");
    };
    for (const auto& one : quantities) {
        add_names(one.name);
    }
    add_names("seconds");
    fields.insert(fields.end(), {"data", "trainer", "evaluator"});
    auto text = csv_line(fields);
    for (const auto& group : groups) {
        fields.clear();
        for (const auto& path : paths) {
            const auto found = std::ranges::find(group.grid, path, &setting::path);
            fields.push_back(found == group.grid.end() ? json::value(nullptr) : found->value);
        }
        fields.insert(fields.end(), {group.runs, group.failed});
        const auto add = [&](const spread& what) {
            fields.push_back(what.runs == 0 ? json::value(nullptr) : json::value(what.mean));
            fields.push_back(what.deviation ? json::value(*what.deviation) : json::value(nullptr));
        };
        for (const auto& one : quantities) {
            add(group.*one.to);
        }
        add(group.seconds);
        for (const auto* const input : {&group.inputs.data, &group.inputs.trainer, &group.inputs.evaluator}) {
            fields.emplace_back(*input);
        }
        text += csv_line(fields);
    }
    return text;
}

std::string to_text(const spread& what) {
    if (what.runs == 0) {
        return {};
    }
    std::array<char, 64> text{};
    if (what.deviation) {
        std::snprintf(text.data(), text.size(), "%.4g \u00b1 %.2g", what.mean, *what.deviation);
    } else {
        std::snprintf(text.data(), text.size(), "%.4g", what.mean);
    }
    return text.data();
}

} // namespace fedasio::simulation
