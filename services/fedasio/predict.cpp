#include "predict.hpp"

#include <fedasio/data/csv_rows.hpp>
#include <fedasio/data/dataset.hpp>
#include <fedasio/data/error.hpp>
#include <fedasio/data/idx.hpp>
#include <fedasio/learning/data_fit.hpp>
#include <fedasio/nn/evaluator.hpp>
#include <fedasio/plan/plan.hpp>
#include <fedasio/plan/trained_model.hpp>
#include <fedasio/text/json_text.hpp>
#include <fedasio/text/printable.hpp>

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include "prediction_scores.hpp"
#include "prediction_table.hpp"
#include "program/command_line.hpp"
#include <algorithm>
#include <fmt/format.h>
#include <iostream>
#include <memory>
#include <numeric>
#include <optional>
#include <string>
#include <unistd.h>
#include <vector>

namespace fedasio::steering {
namespace {

constexpr auto examples =
    R"(MODEL is what --save, the page or the master's state folder holds: models/best.safetensors.
A table needs the columns that the model takes, in any order. Each row gives a line: its line in the file (of
images their number, from 0), the prediction, and for classes the probability of each. Rows that cannot be used
are named on standard error and have empty fields; the others go on.

Examples:
  fedasio predict fedasio-state/models/best.safetensors --data rows.csv
  fedasio predict model.safetensors --data rows.csv --out predictions.csv
  fedasio predict model.safetensors --data labelled.csv --evaluate
  fedasio predict model.safetensors --data t10k-images-idx3-ubyte.gz --labels t10k-labels-idx1-ubyte.gz --evaluate

Exit codes: 0 every row has a prediction, 1 some have none, or it failed, 2 wrong usage.)";

constexpr std::size_t block = 256;
constexpr std::uint64_t most_named = 100;
constexpr std::uint64_t progress_step = 100 * block;

struct settings {
    std::string model;
    std::string plan;
    std::string data;
    std::string labels;
    std::string out;
    bool evaluate = false;
};

/// Takes samples through the model, some hundred at a time.
class predictor {
public:
    predictor(const plan::trained_model& model, const settings& from, const std::string& place)
        : model_(model), evaluator_(model.network, block), table_(from.out, model, place),
          scores_(from.evaluate ? std::optional<prediction_scores>(model) : std::nullopt) {}

    /// `problem` empty: the next of the samples is of this place.
    void note(std::uint64_t place, std::string problem) {
        places_.push_back({place, problem.empty()});
        if (problem.empty()) {
            return;
        }
        if (++unusable_ <= most_named) {
            std::cerr << "fedasio: " << text::printable(problem) << '\n';
        } else if (unusable_ == most_named + 1) {
            std::cerr << "fedasio: there are more rows that cannot be used\n";
        }
    }

    [[nodiscard]] bool is_full() const noexcept { return places_.size() >= block; }

    /// Samples of the places that were noted since; null if none of them can be used.
    void flush(const data::dataset* samples) {
        const auto count = samples == nullptr ? 0 : samples->size();
        const auto width = model_.network.output().size();
        features_.resize(count * model_.network.input().size());
        outputs_.resize(count * width);
        if (samples != nullptr) {
            std::vector<std::uint32_t> indices(count);
            std::iota(indices.begin(), indices.end(), 0U);
            samples->copy_features(indices, features_);
            evaluator_.predict(model_.weights.floats(), features_, outputs_, count);
        }
        std::size_t next = 0;
        for (const auto& [place, usable] : places_) {
            if (!usable) {
                table_.add_unusable(place);
                continue;
            }
            const auto outputs = std::span<const float>(outputs_).subspan(next * width, width);
            table_.add(place, outputs);
            if (scores_) {
                scores_->add(*samples, next, outputs);
            }
            ++next;
        }
        rows_ += places_.size();
        places_.clear();
        if (is_watched_ && rows_ % progress_step == 0) {
            std::cerr << '\r' << rows_ << " rows" << std::flush;
        }
    }

    int finish(const settings& from) {
        if (rows_ == 0) {
            throw std::runtime_error(from.data + ": has a header, but no rows");
        }
        table_.close();
        if (is_watched_ && rows_ >= progress_step) {
            std::cerr << '\r' << rows_ << " rows\n";
        }
        if (scores_ && rows_ > unusable_) {
            (from.out == "-" ? std::cerr : std::cout) << scores_->text();
        }
        if (unusable_ > 0) {
            std::cerr << "fedasio: " << unusable_ << " of " << rows_ << " rows could not be used\n";
        }
        return unusable_ == 0 ? program::done : program::failed;
    }

private:
    struct noted {
        std::uint64_t place = 0;
        bool usable = false;
    };

    const plan::trained_model& model_;
    nn::evaluator evaluator_;
    prediction_table table_;
    std::optional<prediction_scores> scores_;
    std::vector<noted> places_;
    std::vector<float> features_;
    std::vector<float> outputs_;
    std::uint64_t rows_ = 0;
    std::uint64_t unusable_ = 0;
    bool is_watched_ = ::isatty(STDERR_FILENO) == 1;
};

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
    predictor work(model, from, "line");
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
            work.note(row.line, std::move(row.problem));
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
    return work.finish(from);
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
    predictor work(model, from, "sample");
    const auto units = model.network.output().size();
    std::vector<std::string> names;
    for (std::size_t i = 0; i < units; ++i) {
        names.push_back(model.output_name(i));
    }
    const auto each =
        std::accumulate(images.dims().begin(), images.dims().end(), std::size_t{1}, std::multiplies<>());
    for (std::uint64_t first = 0; first < images.size();) {
        const auto count = std::min<std::uint64_t>(block, images.size() - first);
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
            work.note(first + i, {});
        }
        work.flush(&samples);
        first += count;
    }
    return work.finish(from);
}

/// A folder stands for the files in it that have the names of the plan's; test files before training files.
void resolve_folder(const plan::trained_model& model, settings& from) {
    const std::filesystem::path folder(from.data);
    if (!std::filesystem::is_directory(folder)) {
        return;
    }
    const auto text = model.metadata.find("source");
    const auto source = text == model.metadata.end() ? boost::json::value() : text::parse_json(text->second);
    const auto find = [&](std::initializer_list<const char*> keys) -> std::string {
        for (const auto* key : keys) {
            const auto* object = source.if_object();
            const auto* name = object == nullptr ? nullptr : object->if_contains(key);
            const auto file = name == nullptr || !name->is_string()
                                  ? std::filesystem::path()
                                  : std::filesystem::path(std::string(name->get_string())).filename();
            if (!file.empty() && std::filesystem::exists(folder / file)) {
                return (folder / file).string();
            }
        }
        throw std::runtime_error(
            folder.string() +
            ": is a folder, and holds no file of a name that the model's plan has; name the "
            "file itself with --data");
    };
    if (model.schema) {
        from.data = find({"test", "train"});
        return;
    }
    from.data = find({"test_images", "train_images"});
    if (from.evaluate && from.labels.empty()) {
        from.labels = find({"test_labels", "train_labels"});
    }
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
    resolve_folder(model, from);
    return model.schema ? predict_table(model, from) : predict_images(model, from);
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
    sub->add_option(
           "--data", from->data,
           "The rows: a table (CSV), images (IDX), or a folder that holds files of the names that the "
           "model's plan has")
        ->required()
        ->check(CLI::ExistingPath);
    sub->add_option("--labels", from->labels, "With --evaluate: the labels of images (IDX)")
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
