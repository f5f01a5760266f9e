#include "master/checkpoints.hpp"

#include <fedasio/data/data_description.hpp>
#include <fedasio/store/checkpoint.hpp>
#include <fedasio/store/durable_file.hpp>

#include "master/initial_model.hpp"
#include <algorithm>
#include <exception>
#include <fmt/format.h>
#include <functional>
#include <utility>

namespace fedasio::master {
namespace {

/// Before what strategies keep had names, it was fedavgm's momentum, and pointed the other way.
method::server_state with_names(method::server_state state) {
    if (auto old = state.extract("strategy_state"); !old.empty()) {
        std::ranges::transform(old.mapped(), old.mapped().begin(), std::negate());
        state["momentum"] = std::move(old.mapped());
    }
    return state;
}

bool fits(const store::checkpoint& state, const global_model& model) {
    const auto parameters = model.is_there() ? model.network().parameter_count() : 0;
    return model.is_there() && state.weights.size() == parameters &&
           std::ranges::all_of(state.strategy_state, [&](const auto& one) {
               return one.second.size() == parameters || one.second.empty();
           });
}

} // namespace

void checkpoints::begin_anew() {
    record_ = run_record(fmt::format("{:016x}", setting_.rt.entropy()));
    safe_round_ = 0;
    own_ = 0;
}

std::string checkpoints::unsafe() const {
    const auto round = state_.model.round();
    if (!setting_.keeps_checkpoints() || safe_round_ >= round) {
        return {};
    }
    return "the weights of round " + std::to_string(round) + " are not safe and go with this process, " +
           (safe_round_ == 0 ? "there is no checkpoint"
                             : "the last checkpoint is that of round " + std::to_string(safe_round_)) +
           ": " + problem_;
}

net::awaitable<void> checkpoints::write() {
    const auto round = state_.model.round();
    const auto dir = setting_.checkpoint_dir();
    auto& disk = *setting_.options.disk;
    try {
        store::checkpoint state;
        state.round = round;
        state.seed = setting_.plan.seed;
        state.plan_digest = setting_.plan_digest;
        record_.owners = state_.members.owners.all();
        record_.states = state_.memory.rounds();
        record_.schema = state_.model.schema();
        record_.asked = state_.progress.asked.kept();
        state.history = record_.text();
        const auto lines = record_.journal.unwritten();
        const auto file = store::journal_path(dir, setting_.plan_digest, record_.run());
        // The lines first: a checkpoint never speaks of what is not there.
        auto write_lines = [&] {
            store::append_durably(file, lines.from, lines.bytes, disk);
            return true;
        };
        co_await setting_.offload(std::move(write_lines));
        record_.journal.is_written(lines);
        const auto keep = setting_.options.keep_checkpoints;
        const bool runs_before_are_gone = own_ + 1 == keep;
        auto job = [&, kept = state_.model.state()] {
            state.weights.assign(kept.weights.floats().begin(), kept.weights.floats().end());
            state.strategy_state = *kept.strategy;
            auto saved = store::save_checkpoint(dir, state, keep, disk);
            if (runs_before_are_gone) {
                store::remove_other_journals(dir, setting_.plan_digest, record_.run(), disk);
            }
            return saved;
        };
        co_await setting_.offload(std::move(job));
        ++own_;
        safe_round_ = round;
        setting_.events.publish(checkpoint_written{round});
    } catch (const std::exception& e) {
        problem_ = e.what();
        setting_.notice(noticed::severity::error,
                        "the checkpoint of round " + std::to_string(round) + " could not be written; " +
                            (safe_round_ == 0 ? "there is none yet"
                                              : "that of round " + std::to_string(safe_round_) + " stays") +
                            ": " + e.what());
    }
}

std::optional<kept_run> checkpoints::read_record(const std::string& history, std::uint32_t round) const {
    try {
        return read_run_record(history, round, [this](const std::string& run) {
            return store::journal_path(setting_.checkpoint_dir(), setting_.plan_digest, run);
        });
    } catch (const std::exception& e) {
        setting_.notice(noticed::severity::warning,
                        "the checkpoint in " + setting_.checkpoint_dir().string() +
                            " does not say what run it is of (" + e.what() + "): starting anew");
        return std::nullopt;
    }
}

/// The last change says what counts, whatever made it so.
void checkpoints::take_orders_up(std::vector<plan_changed>& made) {
    auto& asked = state_.progress.asked;
    const bool is_ordered = asked.take_up(record_.asked, state_.model.round());
    if (!made.empty() || is_ordered) {
        made.push_back(asked.told(state_.model.round() + 1));
        record_.add(made.back());
    }
}

std::optional<run_resumed> checkpoints::restore() {
    using severity = noticed::severity;
    const auto dir = setting_.checkpoint_dir();
    auto found = store::latest_checkpoint(dir, setting_.plan_digest, *setting_.options.disk);
    for (const auto& warning : found.warnings) {
        setting_.notice(severity::warning, warning);
    }
    if (!found.latest) {
        setting_.notice(severity::info, "no checkpoint of this plan in " + dir.string() + ": starting anew");
        return std::nullopt;
    }
    const auto& state = *found.latest;
    auto kept = read_record(state.history, state.round);
    if (!kept) {
        return std::nullopt;
    }
    auto& model = state_.model;
    if (!model.is_there() && kept->record.schema) {
        model.build(make_model_of_tables(*kept->record.schema, setting_.plan, setting_.options.memory_bytes));
        setting_.events.publish(model_built{model.network().parameter_count()});
    }
    if (!fits(state, model)) {
        setting_.notice(severity::warning,
                        "the checkpoint in " + dir.string() + " does not fit this model: starting anew");
        return std::nullopt;
    }
    model.resume(make_model_state(*setting_.plan.strategy, to_payload(state.weights),
                                  with_names(state.strategy_state)),
                 state.round);
    safe_round_ = state.round;
    record_ = std::move(kept->record);
    state_.members.owners.take_up(record_.owners);
    model.encode_tables_as(record_.schema);
    if (model.schema()) {
        setting_.events.publish(data_understood{data::describe(*model.schema(), {})});
    }
    state_.members.participation.recall(kept->resumed.rounds, state_.members.owners);
    state_.memory.use_run(record_.run());
    state_.memory.recall(record_.states);
    take_orders_up(kept->resumed.changes);
    kept->resumed.tested = record_.tested;
    kept->resumed.clients_per_round = state_.clients_per_round(setting_.plan);
    if (!kept->problem.empty()) {
        setting_.notice(severity::error, "not all rounds of run " + kept->resumed.run +
                                             " before this start can be told any more (" + kept->problem +
                                             "); its weights are whole");
    }
    setting_.notice(severity::info,
                    "going on with run " + kept->resumed.run + " after round " + std::to_string(state.round));
    return std::move(kept->resumed);
}

} // namespace fedasio::master
