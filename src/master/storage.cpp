#include <fedasio/master/run.hpp>
#include <fedasio/net/offload.hpp>
#include <fedasio/plan/schema_json.hpp>
#include <fedasio/plan/spec_json.hpp>
#include <fedasio/store/checkpoint.hpp>
#include <fedasio/store/durable_file.hpp>
#include <fedasio/store/model_store.hpp>
#include <fedasio/store/safetensors.hpp>
#include <fedasio/text/json_text.hpp>

#include <boost/asio/this_coro.hpp>
#include <boost/json/object.hpp>

#include "master/client_memory.hpp"
#include "master/initial_model.hpp"
#include "master/kept_models.hpp"
#include <algorithm>
#include <functional>
#include <utility>

namespace fedasio::master {
namespace {

std::vector<store::tensor_shape> layout_of(const nn::network& network) {
    std::vector<store::tensor_shape> layout;
    for (const auto& parameter : network.parameters()) {
        layout.push_back({parameter.name, parameter.dims});
    }
    return layout;
}

/// Of the plan's data, without the folders of this machine.
boost::json::object file_names(const data::source_spec& source) {
    const auto all = plan::to_json(source);
    boost::json::object names;
    for (const auto* key :
         {"type", "train", "test", "train_images", "train_labels", "test_images", "test_labels"}) {
        if (const auto* path = all.if_contains(key)) {
            names[key] = std::filesystem::path(std::string(path->as_string())).filename().string();
        }
    }
    return names;
}

/// Before what strategies keep had names, it was fedavgm's momentum, and pointed the other way.
method::server_state with_names(method::server_state state) {
    if (auto old = state.extract("strategy_state"); !old.empty()) {
        std::ranges::transform(old.mapped(), old.mapped().begin(), std::negate());
        state["momentum"] = std::move(old.mapped());
    }
    return state;
}

} // namespace

std::map<std::string, std::string> run::model_metadata() const {
    std::map<std::string, std::string> metadata{{"format", "fedasio"},
                                                {"plan", plan_.name},
                                                {"plan_digest", plan_digest_},
                                                {"round", std::to_string(round_)}};
    if (network_) {
        metadata["network"] = text::canonical_text(plan::to_json(network_->spec()));
        metadata["source"] = text::canonical_text(file_names(plan_.source));
    }
    if (schema_) {
        metadata["schema"] = text::canonical_text(plan::to_json(*schema_));
    }
    return metadata;
}

net::awaitable<std::optional<model_copy>> run::copy_model() {
    if (!network_) {
        co_return std::nullopt;
    }
    model_copy copy{plan_.name, round_, {}};
    auto job = [network = *network_, weights = model_.weights, metadata = model_metadata()] {
        return store::model_bytes(layout_of(network), weights.floats(), metadata);
    };
    copy.bytes = co_await net::offload(rt_, pool_, std::move(job));
    co_return copy;
}

net::awaitable<void> run::save_to(std::filesystem::path file) {
    if (!network_) {
        throw std::runtime_error("there is no model yet: the data has not been loaded");
    }
    const auto round = round_;
    const auto weights = model_.weights;
    const auto metadata = model_metadata();
    auto job = [&, network = *network_] {
        const std::scoped_lock alone(model_files_);
        store::save_model(file, layout_of(network), weights.floats(), metadata, *options_.disk);
        return store::list_models(options_.state_dir);
    };
    auto models = co_await net::offload(rt_, pool_, std::move(job));
    events_.publish(model_saved{file.stem().string(), file.string(), round, std::move(models)});
}

net::awaitable<command_answer> run::save(std::string name) {
    if (std::exchange(saving_, true)) {
        co_return command_answer{false, "another model is being saved: try again"};
    }
    command_answer answer;
    try {
        const auto path = store::model_path(options_.state_dir, name);
        const auto round = round_;
        co_await save_to(path);
        answer = {true, "saved the weights of round " + std::to_string(round) + " as " + path.string()};
    } catch (const std::exception& e) {
        answer = {false, e.what()};
    }
    saving_ = false;
    co_return answer;
}

net::awaitable<command_answer> run::load(std::string name) {
    if (orders_.is_busy()) {
        co_return command_answer{false, "a training is going on: stop it first"};
    }
    try {
        const auto path = store::model_path(options_.state_dir, name);
        if (!std::filesystem::exists(path)) {
            co_return command_answer{false, "there is no saved model named '" + name + "'"};
        }
        if (!network_) {
            co_return co_await load_before_data(std::move(name), path);
        }
        auto job = [&, network = *network_] {
            net::buffer values(network.parameter_count() * sizeof(float));
            store::load_model(path, layout_of(network), values.floats());
            return make_model_state(*plan_.strategy, net::payload(std::move(values)));
        };
        const auto run = record_.run();
        auto loaded = co_await net::offload(rt_, pool_, std::move(job));
        if (orders_.is_busy() || run != record_.run()) {
            co_return command_answer{false, "a training has begun in the meantime: stop it first"};
        }
        model_ = std::move(loaded);
        ++weights_version_;
        tell_loaded(name);
        co_return command_answer{true, "'" + name + "' is the global model now"};
    } catch (const std::exception& e) {
        co_return command_answer{false, e.what()};
    }
}

net::awaitable<void> run::keep_best_model() {
    if (const auto best = kept_->best()) {
        co_await keep(*best);
    }
}

net::awaitable<void> run::keep_last_model() {
    if (kept_->is_active() && network_ && round_ > 0) {
        const auto last = kept_models::last(round_, model_.weights);
        const auto path = co_await keep(last);
        if (!path.empty()) {
            events_.publish(model_saved{path.stem().string(), path.string(), round_,
                                        store::list_models(options_.state_dir)});
        }
        if (const auto best = kept_->summary(); !best.empty()) {
            notice(noticed::severity::info, best);
        }
    }
}

/// What cannot be kept ends no training. Empty then, else where it is.
net::awaitable<std::filesystem::path> run::keep(const kept_model& model) {
    std::filesystem::path path;
    try {
        auto job = [&, network = *network_, metadata = model_metadata(), run = record_.run()] {
            const std::scoped_lock alone(model_files_);
            return kept_->write(model, run, metadata, layout_of(network), *options_.disk);
        };
        path = co_await net::offload(rt_, pool_, std::move(job));
        kept_->written(model, path);
    } catch (const std::exception& e) {
        notice(noticed::severity::error,
               "the " + std::string(model.name) + " model could not be kept: " + e.what());
    }
    co_return path;
}

net::awaitable<void> run::save_last_model() {
    save_failed_ = false;
    if (options_.save_to.empty()) {
        co_return;
    }
    if (round_ == 0) {
        notice(noticed::severity::warning,
               "nothing was trained: " + options_.save_to.string() + " was not written");
        co_return;
    }
    try {
        co_await save_to(options_.save_to);
    } catch (const std::exception& e) {
        save_failed_ = true;
        notice(noticed::severity::error, std::string("the model could not be saved: ") + e.what());
    }
}

void run::tell_loaded(const std::string& name) {
    events_.publish(model_loaded{name, round_});
    auto now = orders_.told(round_ + 1, name);
    now.clients_per_round = clients_per_round();
    record_.add(now);
    events_.publish(std::move(now));
}

/// Of a plan whose inputs come from tables that nobody has seen yet: the file says how the tables were
/// encoded that it was trained on, and so they are from now on.
net::awaitable<command_answer> run::load_before_data(std::string name, std::filesystem::path path) {
    struct tables_model {
        data::csv_schema schema;
        initial_model model;
    };

    auto job = [&] {
        const auto file = store::read_safetensors(path);
        const auto text = file.metadata.find("schema");
        if (text == file.metadata.end()) {
            throw std::runtime_error("the plan's model takes its inputs from tables, and '" + name +
                                     "' does not say how those were encoded that it was trained on: write "
                                     "model.input into the plan, or load it after a first training");
        }
        text::json_limits limits;
        limits.bytes = text->second.size();
        auto schema = plan::read_schema(text::parse_json(text->second, limits).as_object());
        auto model = make_model_for(schema);
        net::buffer values(model.network.parameter_count() * sizeof(float));
        store::load_model(path, layout_of(model.network), values.floats());
        model.state = make_model_state(*plan_.strategy, net::payload(std::move(values)));
        return tables_model{std::move(schema), std::move(model)};
    };
    const auto run = record_.run();
    auto loaded = co_await net::offload(rt_, pool_, std::move(job));
    if (orders_.is_busy() || network_ || run != record_.run()) {
        co_return command_answer{false, "a training has begun in the meantime: stop it first"};
    }
    const auto* const source = std::get_if<data::csv_source>(&plan_.source);
    if (source == nullptr || source->label != loaded.schema.label ||
        loaded.schema.regression != plan::is_regression(plan_)) {
        co_return command_answer{false, "'" + name + "' was trained for the label '" + loaded.schema.label +
                                            "', which is not what this plan learns"};
    }
    take(std::move(loaded.model));
    schema_ = std::move(loaded.schema);
    events_.publish(model_built{network_->parameter_count()});
    events_.publish(data_understood{data::describe(*schema_, {})});
    tell_loaded(name);
    co_return command_answer{true, "'" + name +
                                       "' is the global model now; tables are encoded as they were for it, "
                                       "with its columns, categories and classes"};
}

bool run::keeps_checkpoints() const {
    return plan_.checkpoint_every != 0 && !options_.state_dir.empty();
}

/// False if what was trained is not on disk, where it should be.
net::awaitable<bool> run::make_safe() {
    if (!unsafe().empty()) {
        co_await checkpoint();
    }
    co_return unsafe().empty();
}

std::string run::unsafe() const {
    // Weights that seem to lead nowhere are not to be gone on from.
    if (!keeps_checkpoints() || checkpoint_round_ >= round_ || divergence_.is_suspicious()) {
        return {};
    }
    return "the weights of round " + std::to_string(round_) + " are not safe and go with this process, " +
           (checkpoint_round_ == 0
                ? "there is no checkpoint"
                : "the last checkpoint is that of round " + std::to_string(checkpoint_round_)) +
           ": " + checkpoint_problem_;
}

net::awaitable<void> run::checkpoint() {
    const auto round = round_;
    try {
        store::checkpoint state;
        state.round = round;
        state.seed = plan_.seed;
        state.plan_digest = plan_digest_;
        record_.owners = owners_.all();
        record_.states = memory_->rounds();
        record_.schema = schema_;
        record_.asked = orders_.kept();
        state.history = record_.text();
        const auto lines = record_.journal.unwritten();
        const auto file = store::journal_path(checkpoint_dir(), plan_digest_, record_.run());
        // The lines first: a checkpoint never speaks of what is not there.
        auto write_lines = [&] {
            store::append_durably(file, lines.from, lines.bytes, *options_.disk);
            return true;
        };
        co_await net::offload(rt_, pool_, std::move(write_lines));
        record_.journal.is_written(lines);
        const bool runs_before_are_gone = own_checkpoints_ + 1 == options_.keep_checkpoints;
        auto job = [&, kept = model_] {
            state.weights.assign(kept.weights.floats().begin(), kept.weights.floats().end());
            state.strategy_state = *kept.strategy;
            auto saved =
                store::save_checkpoint(checkpoint_dir(), state, options_.keep_checkpoints, *options_.disk);
            if (runs_before_are_gone) {
                store::remove_other_journals(checkpoint_dir(), plan_digest_, record_.run(), *options_.disk);
            }
            return saved;
        };
        co_await net::offload(rt_, pool_, std::move(job));
        ++own_checkpoints_;
        checkpoint_round_ = round;
        events_.publish(checkpoint_written{round});
    } catch (const std::exception& e) {
        checkpoint_problem_ = e.what();
        notice(noticed::severity::error,
               "the checkpoint of round " + std::to_string(round) + " could not be written; " +
                   (checkpoint_round_ == 0
                        ? "there is none yet"
                        : "that of round " + std::to_string(checkpoint_round_) + " stays") +
                   ": " + e.what());
    }
}

/// The last change says what counts, whatever made it so.
void run::take_orders_up(std::vector<plan_changed>& made) {
    const bool is_ordered = orders_.take_up(record_.asked, round_);
    if (!made.empty() || is_ordered) {
        made.push_back(orders_.told(round_ + 1));
        record_.add(made.back());
    }
}

void run::restore() {
    auto found = store::latest_checkpoint(checkpoint_dir(), plan_digest_, *options_.disk);
    for (const auto& warning : found.warnings) {
        notice(noticed::severity::warning, warning);
    }
    if (!found.latest) {
        notice(noticed::severity::info,
               "no checkpoint of this plan in " + checkpoint_dir().string() + ": starting anew");
        return;
    }
    const auto& state = *found.latest;
    kept_run kept;
    try {
        kept = read_run_record(state.history, state.round, [this](const std::string& run) {
            return store::journal_path(checkpoint_dir(), plan_digest_, run);
        });
    } catch (const std::exception& e) {
        notice(noticed::severity::warning, "the checkpoint in " + checkpoint_dir().string() +
                                               " does not say what run it is of (" + e.what() +
                                               "): starting anew");
        return;
    }
    if (!network_ && kept.record.schema) {
        take(make_model_for(*kept.record.schema));
        events_.publish(model_built{network_->parameter_count()});
    }
    const auto parameters = network_ ? network_->parameter_count() : 0;
    const bool fits = std::ranges::all_of(state.strategy_state, [&](const auto& one) {
        return one.second.size() == parameters || one.second.empty();
    });
    if (!network_ || state.weights.size() != parameters || !fits) {
        notice(noticed::severity::warning,
               "the checkpoint in " + checkpoint_dir().string() + " does not fit this model: starting anew");
        return;
    }
    model_ = make_model_state(*plan_.strategy, to_payload(state.weights), with_names(state.strategy_state));
    ++weights_version_;
    round_ = checkpoint_round_ = state.round;
    record_ = std::move(kept.record);
    owners_.take_up(record_.owners);
    schema_ = record_.schema;
    kept_->take_up(record_.run());
    if (schema_) {
        events_.publish(data_understood{data::describe(*schema_, {})});
    }
    recall_participation(kept.resumed.rounds);
    memory_->use_run(record_.run());
    memory_->recall(record_.states);
    take_orders_up(kept.resumed.changes);
    // A goal that was reached before the crash is not trained for again.
    goal_.recall(kept.resumed.rounds, orders_.counts_after());
    kept.resumed.tested = record_.tested;
    kept.resumed.clients_per_round = clients_per_round();
    if (!kept.problem.empty()) {
        notice(noticed::severity::error, "not all rounds of run " + kept.resumed.run +
                                             " before this start can be told any more (" + kept.problem +
                                             "); its weights are whole");
    }
    notice(noticed::severity::info,
           "going on with run " + kept.resumed.run + " after round " + std::to_string(round_));
    events_.publish(std::move(kept.resumed));
}

} // namespace fedasio::master
