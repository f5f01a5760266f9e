#include "inspect.hpp"

#include <fedasio/data/csv.hpp>
#include <fedasio/data/csv_header.hpp>
#include <fedasio/data/idx.hpp>
#include <fedasio/plan/plan.hpp>
#include <fedasio/text/json_text.hpp>
#include <fedasio/text/printable.hpp>
#include <fedasio/wire/survey.hpp>
#include <fedasio/worker/local_data.hpp>

#include <CLI/CLI.hpp>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include "inspect_images.hpp"
#include "inspect_loading.hpp"
#include "inspect_model.hpp"
#include "program/command_line.hpp"
#include "program/plan_file.hpp"
#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <iostream>
#include <memory>
#include <optional>
#include <sstream>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

namespace fedasio::steering {
namespace {

constexpr auto examples =
    R"(FILE may be data, a plan, or what a master has saved (safetensors): a model or a checkpoint.

Examples:
  fedasio inspect ward.csv --plan plan.json    what a worker with this table tells a master with this plan
  fedasio inspect ward.csv --label outcome     ... without a plan yet: as the columns look, and a plan to begin with
  fedasio inspect images/ --plan plan.json     a folder of images
  fedasio inspect plan.json                    a plan: its network, its digest, and all of its keys
  fedasio inspect fedasio-state/models/best.safetensors         a model: layers, arrays, encoding, round
  fedasio inspect fedasio-state/checkpoints/*-0000000020.safetensors   a checkpoint, with its digest verified

Nothing is sent: no network is used.

Exit codes: 0 it can be used; 1 it cannot, with every reason found; 2 wrong usage.)";

struct settings {
    std::filesystem::path file;
    std::string plan;
    std::string label;
    bool wants_json = false;
};

/// What there is to say of a table before anybody else is told of it.
struct inspection {
    std::filesystem::path file;
    data::csv_source source;
    bool regression = false;
    data::csv_survey survey;
    std::size_t bytes = 0; ///< of the summary as it is sent
    loading loaded = {};   ///< what comes up behind the survey

    [[nodiscard]] bool can_be_used() const { return survey.problems.empty() && loaded.problems.empty(); }
};

/// What is usual at one of many sites, but not in all tables together.
void note_label(inspection& table) {
    const auto& columns = table.survey.summary.columns;
    const auto label = std::ranges::find(columns, table.source.label, &data::csv_column_summary::name);
    if (label == columns.end() || !table.survey.problems.empty()) {
        return;
    }
    if (label->categories.size() == 1) {
        table.survey.notes.push_back("the label has one class only in this table, '" +
                                     label->categories.front() + "'");
    } else if (label->numeric && label->m2 == 0) {
        table.survey.notes.emplace_back("the label is the same number in every row of this table");
    }
}

inspection inspect_table(const std::filesystem::path& file, const data::csv_source& source, bool regression) {
    inspection result{file, source, regression, data::survey_csv(file, source, regression)};
    const auto& summary = result.survey.summary;
    result.bytes = boost::json::serialize(wire::to_meta(summary)).size();
    if (auto problem = wire::problem_of_size(summary); !problem.empty()) {
        result.survey.problems.push_back(std::move(problem));
    }
    note_label(result);
    return result;
}

std::string quoted(const std::string& text) {
    return "'" + text::printable(text) + "'";
}

std::string list(const std::vector<std::string>& names) {
    std::string text;
    for (const auto& name : names) {
        text += (text.empty() ? "" : ", ") + quoted(name);
    }
    return text;
}

std::string kind_of(const inspection& table, const data::csv_column_summary& column) {
    const auto declared = table.source.columns.find(column.name);
    if (declared != table.source.columns.end() && declared->second.type == data::csv_column::kind::ignored) {
        return "ignored";
    }
    return column.numeric ? "numeric" : "categorical";
}

/// What leaves this site of a column.
std::string told_of(const inspection& table, const data::csv_column_summary& column) {
    const auto kind = kind_of(table, column);
    if (kind == "ignored") {
        return "its name only";
    }
    std::string text = fmt::format("{} values, {} missing", column.count, column.missing);
    if (column.numeric) {
        const auto values = static_cast<double>(column.count);
        return text + fmt::format(", mean {:.6g}, deviation {:.6g}", column.mean,
                                  column.count == 0 ? 0 : std::sqrt(column.m2 / values));
    }
    const bool is_label = column.name == table.source.label;
    if (column.categories.empty()) {
        const auto declared = table.source.columns.find(column.name);
        const bool is_fixed = declared != table.source.columns.end() && !declared->second.categories.empty();
        return text + (is_fixed ? ", no texts: the plan fixes them" : "");
    }
    const bool is_one = column.categories.size() == 1;
    return text + fmt::format(", {} {}: {}", column.categories.size(),
                              is_label ? (is_one ? "class" : "classes") : (is_one ? "text" : "texts"),
                              list(column.categories));
}

bool has_problem(const inspection& table, const std::string& column) {
    return std::ranges::any_of(table.survey.problems, [&](const std::string& problem) {
        return problem.find("column '" + column + "'") != std::string::npos;
    });
}

std::vector<std::string> all_of(std::vector<std::string> first, const std::vector<std::string>& second) {
    first.insert(first.end(), second.begin(), second.end());
    return first;
}

void print(std::ostream& out, const inspection& table) {
    const auto& summary = table.survey.summary;
    out << fmt::format("{}: {} rows, {} columns", text::printable(table.file.string()), summary.rows,
                       summary.columns.size())
        << (summary.left_out == 0 ? "" : fmt::format(", {} rows without a label left out", summary.left_out))
        << '\n';
    out << "\nWhat a worker tells the master of it ("
        << (table.survey.problems.empty() ? fmt::format("{} bytes", table.bytes)
                                          : std::string("nothing, as long as there are problems"))
        << "):\n";
    for (const auto& column : summary.columns) {
        const bool is_label = column.name == table.source.label;
        out << fmt::format("  {:<24} {:<12} ", quoted(column.name) + (is_label ? " (label)" : ""),
                           kind_of(table, column))
            << (has_problem(table, column.name) ? "a problem, see below" : told_of(table, column)) << '\n';
    }
    out << "Rows stay here.\n";
    for (const auto& note : all_of(table.survey.notes, table.loaded.notes)) {
        out << "\nNote: " << text::printable(note) << '\n';
    }
    for (const auto& problem : all_of(table.survey.problems, table.loaded.problems)) {
        out << "\nProblem: " << text::printable(problem) << '\n';
    }
}

boost::json::array list_json(const std::vector<std::string>& texts) {
    return boost::json::array(texts.begin(), texts.end());
}

void print_json(std::ostream& out, const inspection& table) {
    const boost::json::object content{
        {"kind", "table"},
        {"file", table.file.string()},
        {"summary", wire::to_meta(table.survey.summary)},
        {"bytes", table.bytes},
        {"problems", list_json(all_of(table.survey.problems, table.loaded.problems))},
        {"notes", list_json(all_of(table.survey.notes, table.loaded.notes))}};
    out << text::canonical_text(content) << '\n';
}

/// A plan to begin with.
void print_plan(std::ostream& out, const inspection& table) {
    const auto& columns = table.survey.summary.columns;
    const auto label = std::ranges::find(columns, table.source.label, &data::csv_column_summary::name);
    const std::size_t classes = std::max<std::size_t>(2, label->categories.size());
    boost::json::object declared;
    for (const auto& column : columns) {
        if (has_problem(table, column.name) && column.name != table.source.label) {
            declared[column.name] = "ignored";
        }
    }
    boost::json::object source{{"type", "csv"}, {"label", table.source.label}};
    if (table.source.delimiter != ',') {
        source["delimiter"] = std::string(1, table.source.delimiter);
    }
    if (table.source.skip_unlabelled) {
        source["unlabelled"] = "skip";
    }
    if (!declared.empty()) {
        source["columns"] = std::move(declared);
    }
    out << "\nA plan to begin with (docs/plan.md):\n{\n  \"model\": {\n    \"layers\": [\n"
        << "      {\"type\": \"dense\", \"units\": 16, \"activation\": \"relu\"},\n      "
        << (table.regression ? std::string("{\"type\": \"dense\", \"units\": 1}\n    ],\n    \"loss\": "
                                           "\"mean_squared_error\"\n  },\n")
                             : fmt::format("{{\"type\": \"dense\", \"units\": {}, \"activation\": "
                                           "\"softmax\"}}\n    ]\n  }},\n",
                                           classes))
        << "  \"data\": {\n    \"source\": " << boost::json::serialize(source)
        << ",\n    \"partition\": {\"scheme\": \"local\"}\n  },\n  \"rounds\": 20\n}\n";
}

/// What is printed when all has been looked at: what is refused at its end is not praised at its beginning.
struct report {
    std::ostringstream text;
    std::ostringstream plan; ///< one to begin with, which is copied from behind the verdict
};

int show(report& to, const inspection& table, const settings& from) {
    if (from.wants_json) {
        print_json(to.text, table);
    } else {
        print(to.text, table);
        if (from.plan.empty()) {
            print_plan(to.plan, table);
        }
    }
    return table.can_be_used() ? program::done : program::failed;
}

int inspect_without_plan(report& to, const settings& from) {
    const auto header = data::read_csv_header(from.file);
    data::csv_source source;
    source.delimiter = header.delimiter;
    source.label = from.label.empty() ? header.names.back() : from.label;
    auto table = inspect_table(from.file, source, false);
    const auto asks_for_regression = [](const std::string& problem) {
        return problem.find("did you mean a regression") != std::string::npos;
    };
    const auto lacks_labels = [](const std::string& problem) {
        return problem.find("\"unlabelled\": \"skip\"") != std::string::npos;
    };
    source.skip_unlabelled = std::ranges::any_of(table.survey.problems, lacks_labels);
    const bool regression = std::ranges::any_of(table.survey.problems, asks_for_regression);
    if (source.skip_unlabelled || regression) {
        table = inspect_table(from.file, source, regression);
    }
    if (from.label.empty() && !from.wants_json) {
        to.text << "The last column, " << quoted(source.label)
                << ", is taken as the one to be learned; name another with --label.\n";
    }
    return show(to, table, from);
}

int show(report& to, const std::filesystem::path& file, const data::dataset& samples,
         const std::string& problem, const settings& from) {
    if (from.wants_json) {
        to.text << text::canonical_text(images_json(file, samples, problem)) << '\n';
    } else {
        print_images(to.text, file, samples, problem);
    }
    return problem.empty() ? program::done : program::failed;
}

/// All that a folder holds, each with its own labels.
int inspect_idx_files(report& to, const std::vector<std::filesystem::path>& files, const settings& from) {
    boost::json::array all;
    for (const auto& file : files) {
        const auto samples = data::read_idx(file, labels_of(file));
        if (from.wants_json) {
            all.push_back(images_json(file, samples, {}));
        } else {
            print_images(to.text, file, samples, {});
        }
    }
    if (from.wants_json) {
        const boost::json::object folder{
            {"kind", "folder"}, {"file", from.file.string()}, {"images", std::move(all)}};
        to.text << text::canonical_text(folder) << '\n';
    }
    return program::done;
}

/// A folder of IDX files, of pictures, or of tables.
int inspect_folder(report& to, const settings& from) {
    if (const auto files = idx_files_in(from.file); !files.empty()) {
        return inspect_idx_files(to, files, from);
    }
    if (!is_of_pictures(from.file)) {
        return inspect_without_plan(to, from);
    }
    const auto samples = read_pictures(from.file, std::thread::hardware_concurrency());
    if (!from.wants_json) {
        to.text << "All in the size of the first one; in a training they get that of model.input.\n";
    }
    return show(to, from.file, samples, {}, from);
}

/// What a worker would do with it.
int inspect_for_plan(report& to, plan::plan plan, const settings& from) {
    if (plan::is_for_trainer(plan.source)) {
        throw std::runtime_error(
            "the plan's data is for a trainer of one's own to read: there is nothing to show");
    }
    auto* const csv = std::get_if<data::csv_source>(&plan.source);
    if (csv == nullptr) {
        const auto loaded = load_as_a_worker(plan, from.file);
        return show(to, from.file, loaded.samples(), problem_of_network(plan, loaded.samples()), from);
    }
    csv->label = from.label.empty() ? csv->label : from.label;
    auto table = inspect_table(worker::locate(csv->train, from.file), *csv, plan::is_regression(plan));
    if (table.can_be_used()) {
        table.loaded = load_table(plan, from.file, table.survey.summary);
    }
    return show(to, table, from);
}

int inspect(report& to, const settings& from) {
    const auto kind = std::filesystem::is_directory(from.file) ? file_kind::data : kind_of_file(from.file);
    if (kind == file_kind::saved) {
        return inspect_saved(to.text, from.file, from.plan, from.wants_json);
    }
    if (kind == file_kind::plan && from.plan.empty()) {
        return inspect_plan(to.text, from.file, from.wants_json);
    }
    if (from.plan.empty()) {
        if (std::filesystem::is_directory(from.file)) {
            return inspect_folder(to, from);
        }
        if (is_idx(from.file)) {
            return show(to, from.file, data::read_idx(from.file, labels_of(from.file)), {}, from);
        }
        return inspect_without_plan(to, from);
    }
    return inspect_for_plan(to, program::read_checked_plan(from.plan), from);
}

int tell(const settings& from) {
    report found;
    const int code = inspect(found, from);
    std::cout << found.text.str();
    if (!from.wants_json) {
        std::cout << (code == program::done ? "\nIt can be used.\n" : "\nIt cannot be used.\n");
    }
    std::cout << found.plan.str();
    return code;
}

} // namespace

void add_inspect(CLI::App& app, std::function<int()>& job) {
    auto* const sub = app.add_subcommand(
        "inspect",
        "Show what a worker with this data would tell a master, or what a plan, model or checkpoint holds");
    const auto from = std::make_shared<settings>();
    sub->footer(examples);
    sub->add_option("FILE", from->file,
                    "A table, a folder of tables or images, a plan, a model, or a checkpoint")
        ->required()
        ->check(CLI::ExistingPath);
    sub->add_option("--plan", from->plan, "The plan by which it is read (default: as the columns look)")
        ->check(CLI::ExistingFile);
    sub->add_option("--label", from->label,
                    "The column to be learned (default: the plan's, or else the last one)");
    sub->add_flag("--json", from->wants_json, "As JSON; of a table with the summary as it would be sent");
    sub->callback([from, &job] { job = [from] { return tell(*from); }; });
}

} // namespace fedasio::steering
