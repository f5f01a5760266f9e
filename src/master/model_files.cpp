#include "master/model_files.hpp"

#include <fedasio/plan/trained_model.hpp>
#include <fedasio/store/model_store.hpp>
#include <fedasio/text/failure.hpp>
#include <fedasio/text/number_text.hpp>

#include "master/metric.hpp"
#include <exception>
#include <stdexcept>
#include <utility>

namespace fedasio::master {
namespace {

kept_models none_of(const setting& given) {
    const auto metric = plan::best_metric(given.plan);
    return {given.options.state_dir, metric, plan::is_better_when_higher(given.plan, metric),
            given.plan_digest};
}

} // namespace

model_files::model_files(const setting& given, const global_model& model, const checkpoints& safe)
    : setting_(given), model_(model), checkpoints_(safe), kept_(none_of(given)) {}

void model_files::begin_anew() {
    kept_ = none_of(setting_);
    score_ = {};
}

void model_files::consider(const round_result& result) {
    kept_.consider(result, model_.weights());
    const auto name = plan::best_metric(setting_.plan);
    score_ = {model_.version(), {}};
    if (const auto value = metric_of(result, name)) {
        score_.metric[name] = text::number_text(*value);
    }
}

/// Empty if the weights are not those that were tested last: a round makes new ones, and so does who loads
/// some.
std::map<std::string, std::string> model_files::metric() const {
    return score_.version == model_.version() ? score_.metric : std::map<std::string, std::string>();
}

/// Of the weights as they are now.
std::map<std::string, std::string> model_files::metadata() const {
    auto all = model_.metadata(setting_.plan, setting_.plan_digest);
    all["run"] = checkpoints_.run();
    all.merge(metric());
    return all;
}

net::awaitable<void> model_files::save_to(std::filesystem::path file) {
    if (!model_.is_there()) {
        throw std::runtime_error("there is no model yet: the data has not been loaded");
    }
    const auto round = model_.round();
    auto job = [&, arrays = model_.arrays(), weights = model_.weights(), metadata = metadata()] {
        const std::scoped_lock alone(writing_);
        store::save_model(file, plan::layout_of(arrays), weights.floats(), metadata, *setting_.options.disk);
        return store::list_models(setting_.options.state_dir);
    };
    auto models = co_await setting_.offload(std::move(job));
    setting_.events.publish(model_saved{file.stem().string(), file.string(), round, std::move(models)});
}

net::awaitable<command_answer> model_files::save(std::string name) {
    if (std::exchange(is_saving_, true)) {
        co_return command_answer{false, "another model is being saved: try again"};
    }
    command_answer answer;
    try {
        const auto path = store::model_path(setting_.options.state_dir, name);
        const auto round = model_.round();
        co_await save_to(path);
        answer = {true, "saved the weights of round " + std::to_string(round) + " as " + path.string()};
    } catch (const std::exception& e) {
        answer = {false, text::failure_text(e)};
    }
    is_saving_ = false;
    co_return answer;
}

net::awaitable<std::optional<model_copy>> model_files::copy() const {
    if (!model_.is_there()) {
        co_return std::nullopt;
    }
    model_copy copy{setting_.plan.name, model_.round(), {}};
    auto job = [arrays = model_.arrays(), weights = model_.weights(), metadata = metadata()] {
        return store::model_bytes(plan::layout_of(arrays), weights.floats(), metadata);
    };
    copy.bytes = co_await setting_.offload(std::move(job));
    co_return copy;
}

std::optional<plan::trained_model> model_files::usable() const {
    if (plan::is_trainers_own(setting_.plan)) {
        throw std::runtime_error(
            "the network is not the master's: a trainer of one's own has it, and the master "
            "knows its arrays alone; load the saved model in Python with fedasio.load_model");
    }
    if (plan::is_for_trainer(setting_.plan.source)) {
        throw std::runtime_error(
            "a trainer of one's own reads the data, and the master does not know how it makes inputs of it; "
            "load the saved model in Python with fedasio.load_model");
    }
    if (!model_.is_there() || (setting_.is_table() && !model_.schema())) {
        return std::nullopt;
    }
    plan::trained_model model{*model_.network(), model_.weights(), model_.schema(), {}, {}};
    model.class_names = plan::names_of_units(setting_.plan);
    model.metadata["round"] = std::to_string(model_.round());
    return model;
}

net::awaitable<void> model_files::keep_best() {
    if (const auto best = kept_.best()) {
        co_await keep(*best);
    }
}

net::awaitable<void> model_files::keep_last() {
    if (!kept_.is_active() || !model_.is_there() || model_.round() == 0) {
        co_return;
    }
    auto last = kept_models::last(model_.round(), model_.weights());
    last.metadata = metric();
    const auto path = co_await keep(last);
    if (!path.empty()) {
        setting_.events.publish(model_saved{path.stem().string(), path.string(), last.round,
                                            store::list_models(setting_.options.state_dir)});
    }
    if (const auto best = kept_.summary(); !best.empty()) {
        setting_.notice(noticed::severity::info, best);
    }
}

/// Where it is; empty if it could not be kept.
net::awaitable<std::filesystem::path> model_files::keep(const kept_model& model) {
    std::filesystem::path path;
    try {
        auto job = [&, run = checkpoints_.run(), arrays = model_.arrays(),
                    metadata = model_.metadata(setting_.plan, setting_.plan_digest)] {
            const std::scoped_lock alone(writing_);
            return kept_.write(model, run, metadata, plan::layout_of(arrays), *setting_.options.disk);
        };
        path = co_await setting_.offload(std::move(job));
        kept_.written(model, path);
    } catch (const std::exception& e) {
        setting_.notice(noticed::severity::error, "the " + std::string(model.name) +
                                                      " model could not be kept: " + text::failure_text(e));
    }
    co_return path;
}

net::awaitable<void> model_files::save_last() {
    const auto& file = setting_.options.save_to;
    has_failed_ = false;
    if (file.empty()) {
        co_return;
    }
    if (model_.round() == 0) {
        setting_.notice(noticed::severity::warning,
                        "nothing was trained: " + file.string() + " was not written");
        co_return;
    }
    try {
        co_await save_to(file);
    } catch (const std::exception& e) {
        has_failed_ = true;
        setting_.notice(noticed::severity::error, "the model could not be saved: " + text::failure_text(e));
    }
}

} // namespace fedasio::master
