#include "predict.hpp"

#include <fedasio/data/csv_rows.hpp>
#include <fedasio/data/dataset.hpp>
#include <fedasio/data/error.hpp>
#include <fedasio/data/idx.hpp>
#include <fedasio/data/table_files.hpp>
#include <fedasio/learning/data_fit.hpp>
#include <fedasio/plan/plan.hpp>
#include <fedasio/plan/trained_model.hpp>
#include <fedasio/text/csv_field.hpp>
#include <fedasio/text/json_text.hpp>
#include <fedasio/text/printable.hpp>

#include <CLI/CLI.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include "predict_pictures.hpp"
#include "predictor.hpp"
#include "program/command_line.hpp"
#include <algorithm>
#include <fmt/format.h>
#include <iostream>
#include <memory>
#include <numeric>
#include <optional>
#include <string>
#include <vector>

namespace fedasio::steering {
namespace {

constexpr auto examples =
    R"(MODEL is what --save, the page or the master's state folder holds: models/best.safetensors.
A table needs the columns that the model takes, in any order; a folder of tables is one. Each row gives a line: its
line in the file (of a folder the file too, of images their number, from 0, or their file), the prediction, and for classes the probability of each. Rows that cannot be used
are named on standard error and have empty fields; the others go on.

Examples:
  fedasio predict fedasio-state/models/best.safetensors --data rows.csv
  fedasio predict model.safetensors --data rows.csv --out predictions.csv
  fedasio predict model.safetensors --data labelled.csv --evaluate
  fedasio predict model.safetensors --data t10k-images-idx3-ubyte.gz --labels t10k-labels-idx1-ubyte.gz --evaluate
  fedasio predict model.safetensors --data photos/ --out predictions.csv
  fedasio predict model.safetensors --data photos/ --evaluate         with a folder for each class

Exit codes: 0 every row has a prediction, 1 some have none, or it failed, 2 wrong usage.)";

using settings = prediction_request;

std::string listed(const std::vector<std::string>& names) {
    constexpr std::size_t most = 20;
    std::string text;
    for (std::size_t i = 0; i < std::min(names.size(), most); ++i) {
        text += (i == 0 ? "'" : ", '") + text::printable(names[i]) + "'";
    }
    return text + (names.size() > most ? " and " + std::to_string(names.size() - most) + " more" : "");
}

int predict_table(const plan::trained_model& model, const settings& from) {
    const auto& schema = *model.schema;
    data::csv_rows rows(from.data, schema, from.evaluate);
    if (const auto extra = rows.extra_columns(); !extra.empty()) {
        std::cerr << "fedasio: " << from.data << ": not used, because the model does not know them: columns "
                  << listed(extra) << '\n';
    }
    const bool is_folder = std::filesystem::is_directory(from.data);
    predictor work(model, from, is_folder ? "file,line" : "line", "rows");
    data::csv_rows::row row;
    for (bool more = true; more;) {
        auto features = rows.no_rows();
        std::vector<std::int32_t> classes;
        std::vector<float> values;
        while (!work.is_full() && (more = rows.next(row, features))) {
            if (row.problem.empty()) {
                classes.push_back(row.label_class.value_or(0));
                values.push_back(row.label_value.value_or(0));
            }
            const auto file = is_folder ? text::csv_field(rows.file().string()) + "," : std::string();
            work.note(file + std::to_string(row.line), row.problem);
        }
        std::optional<data::dataset> samples;
        const std::vector<std::uint32_t> dims{features.inputs};
        if (!values.empty() && schema.regression) {
            samples.emplace(dims, std::move(features), std::move(values));
        } else if (!values.empty()) {
            samples.emplace(dims, std::move(features), std::move(classes), schema.classes);
        }
        work.flush(samples ? &*samples : nullptr);
    }
    return work.finish();
}

int predict_images(const plan::trained_model& model, const settings& from) {
    data::idx_images images(from.data);
    std::vector<std::uint8_t> labels;
    if (from.evaluate) {
        if (from.labels.empty()) {
            throw std::runtime_error("name the images' labels with --labels FILE to evaluate");
        }
        labels = data::read_idx_labels(from.labels);
        if (labels.size() != images.size()) {
            throw std::runtime_error(fmt::format("{} has {} labels for the {} images of {}", from.labels,
                                                 labels.size(), images.size(), from.data));
        }
    }
    predictor work(model, from, "sample", "images");
    const auto units = model.network.output().size();
    std::vector<std::string> names;
    for (std::size_t i = 0; i < units; ++i) {
        names.push_back(model.output_name(i));
    }
    const auto each =
        std::accumulate(images.dims().begin(), images.dims().end(), std::size_t{1}, std::multiplies<>());
    for (std::uint64_t first = 0; first < images.size();) {
        const auto count = std::min<std::uint64_t>(predictor::block, images.size() - first);
        std::vector<std::uint8_t> pixels(count * each);
        images.read(pixels);
        std::vector<std::int32_t> classes(count);
        for (std::size_t i = 0; i < count && !labels.empty(); ++i) {
            classes[i] = labels[first + i];
            if (labels[first + i] >= units) {
                throw std::runtime_error(
                    fmt::format("{}: sample {} is of class {}, but the model has {} units", from.labels,
                                first + i, labels[first + i], units));
            }
        }
        const data::dataset samples(images.dims(), std::move(pixels), std::move(classes), names);
        if (const auto problem = learning::problem_of_fit(samples, model.network); !problem.empty()) {
            throw std::runtime_error(from.data + ": " + problem);
        }
        for (std::size_t i = 0; i < count; ++i) {
            work.note(std::to_string(first + i), {});
        }
        work.flush(&samples);
        first += count;
    }
    return work.finish();
}

bool has_other_tables(const std::filesystem::path& folder, const std::filesystem::path& than) {
    try {
        return std::ranges::any_of(data::table_files(folder), [&](const auto& file) { return file != than; });
    } catch (const data::error&) {
        return false; // none at all
    }
}

/// A folder stands for the files in it that have the names of the plan's; test files before training files.
/// False: it holds none of them.
bool resolve_folder(const plan::trained_model& model, settings& from) {
    const std::filesystem::path folder(from.data);
    const auto text = model.metadata.find("source");
    const auto source = text == model.metadata.end() ? boost::json::value() : text::parse_json(text->second);
    const auto find = [&](std::initializer_list<const char*> keys) -> std::string {
        for (const auto* key : keys) {
            const auto* object = source.if_object();
            const auto* name = object == nullptr ? nullptr : object->if_contains(key);
            const auto file = name == nullptr || !name->is_string()
                                  ? std::filesystem::path()
                                  : std::filesystem::path(std::string(name->get_string())).filename();
            if (!file.empty() && std::filesystem::is_regular_file(folder / file)) {
                return (folder / file).string();
            }
        }
        return {};
    };
    const auto data = model.schema ? find({"test", "train"}) : find({"test_images", "train_images"});
    if (data.empty()) {
        return false;
    }
    if (model.schema && has_other_tables(folder, data)) {
        std::cerr
            << "fedasio: reads " << data
            << " alone, which the model's plan names; give another name to what holds tables to read all\n";
    }
    from.data = data;
    if (!model.schema && from.evaluate && from.labels.empty()) {
        from.labels = find({"test_labels", "train_labels"});
    }
    return true;
}

int start(settings from) {
    std::optional<plan::plan> plan;
    if (!from.plan.empty()) {
        plan = plan::read_plan(from.plan);
    }
    const auto model = plan::read_trained_model(from.model, plan);
    if (from.out.empty() && !from.evaluate) {
        from.out = "-";
    }
    const bool is_folder = std::filesystem::is_directory(from.data) && !resolve_folder(model, from);
    if (model.schema) {
        return predict_table(model, from);
    }
    return is_folder || is_picture(from.data) ? predict_pictures(model, from) : predict_images(model, from);
}

} // namespace

void add_predict(CLI::App& app, std::function<int()>& job) {
    auto* const sub =
        app.add_subcommand("predict", "Apply a saved model to a table or to images; needs no master");
    const auto from = std::make_shared<settings>();
    sub->footer(examples);
    sub->add_option("MODEL", from->model, "The model: a file that a master has saved (safetensors)")
        ->required()
        ->check(CLI::ExistingFile);
    sub->add_option("--data", from->data,
                    "The rows: a table (CSV) or a folder of tables, images (IDX), a folder of PNG and JPEG "
                    "files or one such file, "
                    "or a folder "
                    "that holds files of the names that the model's plan has")
        ->required()
        ->check(CLI::ExistingPath);
    sub->add_option("--labels", from->labels,
                    "With --evaluate: the labels of images (IDX), or a table of files' names and classes in "
                    "place of a "
                    "folder for each class")
        ->check(CLI::ExistingFile);
    sub->add_option("--out", from->out,
                    "File for the predictions (CSV); - or nothing: standard output, with --evaluate nowhere")
        ->check([](const std::string& file) {
            auto writable = program::writable_file();
            auto text = file;
            return file == "-" ? std::string() : writable(text);
        });
    sub->add_flag("--evaluate", from->evaluate, "Compare with the labels, and print how well it does");
    sub->add_option("--plan", from->plan, "The plan of a model from an older version, which does not tell it")
        ->check(CLI::ExistingFile);
    sub->callback([from, &job] { job = [from] { return start(*from); }; });
}

} // namespace fedasio::steering
