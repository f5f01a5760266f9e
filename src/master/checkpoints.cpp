#include "master/checkpoints.hpp"

#include <fedasio/data/data_description.hpp>
#include <fedasio/store/checkpoint.hpp>
#include <fedasio/store/durable_file.hpp>
#include <fedasio/text/failure.hpp>
#include <fedasio/text/rare_branch.hpp>

#include "master/initial_model.hpp"
#include "master/old_state.hpp"
#include <algorithm>
#include <exception>
#include <fmt/format.h>
#include <functional>
#include <optional>
#include <system_error>
#include <utility>

namespace fedasio::master {
namespace {

bool fits(const store::checkpoint& state, const nn::model_arrays& arrays) {
    return state.weights.size() == arrays.size() &&
           std::ranges::all_of(state.strategy_state, [&](const auto& one) {
               return one.second.size() == arrays.shared() || one.second.empty();
           });
}

} // namespace

void checkpoints::begin_anew() {
    record_ = run_record(fmt::format("{:016x}", setting_.rt.entropy()));
    safe_round_ = 0;
    own_ = 0;
    kept_.clear();
}

std::uint32_t checkpoints::earliest_round() const {
    if (!setting_.keeps_checkpoints()) {
        return state_.model.round();
    }
    return kept_.size() < setting_.options.keep_checkpoints ? 0 : kept_.front();
}

void checkpoints::add(const round_result& finished) {
    if (setting_.keeps_checkpoints()) {
        record_.add(finished);
    }
    record_.untested.reset();
}

std::string checkpoints::broken_invariant() const {
    const auto round = state_.model.round();
    if (safe_round_ > round) {
        return "no round is safe that is not there";
    }
    if (record_.untested && record_.untested->round != round) {
        return "only the last round is still to be tested";
    }
    const bool rises = std::ranges::adjacent_find(kept_, std::greater_equal()) == kept_.end();
    const bool ends_well = kept_.empty() || kept_.back() == safe_round_;
    return rises && ends_well && kept_.size() <= setting_.options.keep_checkpoints
               ? ""
               : "the checkpoints that are kept are the latest ones";
}

/// The last round is finished, for people too.
bool checkpoints::is_told() const {
    return !record_.untested || !record_.untested->test_problem.empty();
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
        if (setting_.plan.model_from_trainer) {
            record_.arrays = state_.model.arrays();
        }
        record_.asked = state_.progress.asked.kept();
        state.history = record_.text();
        const auto lines = record_.journal.unwritten();
        const auto file = store::journal_path(dir, setting_.plan_digest, record_.run());
        // A checkpoint never speaks of what is not there.
        auto write_what_it_names = [&] {
            state_.memory.write_unwritten();
            store::append_durably(file, lines.from, lines.bytes, disk);
            return true;
        };
        co_await setting_.offload(std::move(write_what_it_names));
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
        if (safe_round_ != round) {
            ++own_;
            kept_.push_back(round);
        }
        if (kept_.size() > keep) {
            kept_.pop_front();
        }
        safe_round_ = round;
        if (is_told()) {
            setting_.events.publish(checkpoint_written{round});
        }
    } catch (const std::exception& e) {
        problem_ = text::failure_text(e);
        text::passes(text::rare_branch::checkpoint_unwritten);
        setting_.notice(noticed::severity::error,
                        "the checkpoint of round " + std::to_string(round) + " could not be written; " +
                            (safe_round_ == 0 ? "there is none yet"
                                              : "that of round " + std::to_string(safe_round_) + " stays") +
                            ": " + problem_);
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

struct checkpoints::found_checkpoint {
    std::vector<std::string> warnings;
    bool exists = false;
    std::optional<kept_run> kept;       ///< none: the training begins anew
    std::optional<initial_model> begun; ///< that the tables' encoding makes, where there is none
    model_state model;
};

checkpoints::found_checkpoint checkpoints::find() const {
    found_checkpoint result;
    const auto dir = setting_.checkpoint_dir();
    const auto warn = [&](const std::string& what) {
        result.warnings.push_back("the checkpoint in " + dir.string() + " " + what + ": starting anew");
    };
    auto found = store::latest_checkpoint(dir, setting_.plan_digest, *setting_.options.disk);
    result.warnings = std::move(found.warnings);
    if (!found.latest) {
        return result;
    }
    result.exists = true;
    auto& state = *found.latest;
    std::optional<kept_run> kept;
    try {
        kept = read_run_record(state.history, state.round, [&](const std::string& run) {
            return store::journal_path(dir, setting_.plan_digest, run);
        });
    } catch (const std::exception& e) {
        warn(std::string("does not say what run it is of (") + e.what() + ")");
        return result;
    }
    const bool is_there = state_.model.is_there();
    if (!is_there && kept->record.schema) {
        result.begun =
            make_model_of_tables(*kept->record.schema, setting_.plan, setting_.options.memory_bytes);
    }
    if (!is_there && kept->record.arrays) {
        net::buffer zeros(kept->record.arrays->size() * sizeof(float));
        std::ranges::fill(zeros.floats(), 0.0F); // until the weights of the checkpoint take their place
        result.begun = make_arrays_model(*kept->record.arrays, net::payload(std::move(zeros)), setting_.plan);
    }
    const auto* const arrays = is_there       ? &state_.model.arrays()
                               : result.begun ? &result.begun->arrays
                                              : nullptr;
    if (arrays == nullptr || !fits(state, *arrays)) {
        warn("does not fit this model");
        return result;
    }
    result.model =
        make_model_state(*setting_.plan.strategy, to_payload(state.weights),
                         with_names(std::move(state.strategy_state)), arrays->size() - arrays->shared());
    result.kept = std::move(kept);
    return result;
}

net::awaitable<std::optional<run_resumed>> checkpoints::restore() {
    using severity = noticed::severity;
    auto job = [this] { return find(); };
    auto found = co_await setting_.offload(std::move(job));
    for (const auto& warning : found.warnings) {
        setting_.notice(severity::warning, warning);
    }
    if (found.begun) {
        state_.model.build(*std::move(found.begun));
        setting_.events.publish(model_built{state_.model.arrays().size()});
    }
    if (!found.kept) {
        if (!found.exists) {
            setting_.notice(severity::info, "no checkpoint of this plan in " +
                                                setting_.checkpoint_dir().string() + ": starting anew");
        }
        co_return std::nullopt;
    }
    co_return take_up(*std::move(found.kept), std::move(found.model));
}

net::awaitable<void> checkpoints::warn_of_others() {
    if (!setting_.keeps_checkpoints()) {
        co_return;
    }
    auto look = [dir = setting_.checkpoint_dir(), digest = setting_.plan_digest] {
        try {
            return store::newest_round(dir, digest);
        } catch (const std::system_error&) {
            return std::optional<std::uint32_t>(); // who writes there will say so
        }
    };
    if (const auto round = co_await setting_.offload(std::move(look))) {
        setting_.notice(
            noticed::severity::warning,
            fmt::format("checkpoints of this plan up to round {} are in {}, and this is a new run: "
                        "its own will replace them; to go on with them, stop now and start with "
                        "--resume",
                        *round, setting_.checkpoint_dir().string()));
    }
}

run_resumed checkpoints::take_up(kept_run kept, model_state weights) {
    auto& [resumed, record, problem] = kept;
    auto& model = state_.model;
    record_ = std::move(record);
    auto counted = resumed.rounds;
    if (record_.untested) {
        record_.untested->test_problem.clear(); // another process told it
        counted.push_back(*record_.untested);
    }
    safe_round_ = resumed.round + (record_.untested ? 1 : 0);
    model.resume(std::move(weights), safe_round_);
    state_.members.owners.take_up(record_.owners);
    model.encode_tables_as(record_.schema);
    if (model.schema()) {
        setting_.events.publish(data_understood{data::describe(*model.schema(), {})});
    }
    state_.members.participation.recall(counted, state_.members.owners);
    state_.memory.use_run(record_.run());
    state_.memory.recall(record_.states);
    take_orders_up(resumed.changes);
    resumed.tested = record_.tested;
    resumed.clients_per_round = state_.clients_per_round(setting_.plan);
    if (!problem.empty()) {
        text::passes(text::rare_branch::journal_damaged);
        setting_.notice(noticed::severity::error, "not all rounds of run " + resumed.run +
                                                      " before this start can be told any more (" + problem +
                                                      "); its weights are whole");
    }
    setting_.notice(noticed::severity::info,
                    "going on with run " + resumed.run +
                        (record_.untested ? ", whose last round is still to be tested," : "") +
                        " after round " + std::to_string(safe_round_));
    return std::move(resumed);
}

} // namespace fedasio::master
