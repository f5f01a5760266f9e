#include "master/machine.hpp"

#include <fedasio/build_info.hpp>
#include <fedasio/net/offload.hpp>
#include <fedasio/store/digest.hpp>
#include <fedasio/store/model_store.hpp>
#include <fedasio/text/json_text.hpp>
#include <fedasio/wire/cancel.hpp>
#include <fedasio/wire/message_type.hpp>
#include <fedasio/wire/run_over.hpp>

#include <boost/asio/this_coro.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include "master/client_memory.hpp"
#include "master/initial_model.hpp"
#include "master/kept_models.hpp"
#include "master/plan_folders.hpp"
#include "master/round_state.hpp"
#include "master/run_failed.hpp"
#include <cmath>
#include <fmt/format.h>
#include <limits>
#include <new>
#include <utility>

namespace fedasio::master {
namespace {

constexpr int most_rounds_without_update = 3;
/// A run that was resumed at its end waits for its workers only to tell them so.
constexpr auto first_idle_line = std::chrono::minutes(1);
constexpr auto farewell = std::chrono::seconds(10);

std::shared_ptr<store::client_states> make_states(const std::filesystem::path& folder,
                                                  const run_options& options) {
    return folder.empty() ? std::make_shared<store::client_states>()
                          : std::make_shared<store::client_states>(folder, *options.disk);
}

} // namespace

machine::machine(net::runtime& rt, boost::asio::any_io_executor pool, plan::plan plan, run_options options,
                 event_source& events)
    : setting_{rt, std::move(pool), events, std::move(options), std::move(plan), {}}, state_(setting_),
      models_(setting_, model_), checkpoints_(setting_, state_),
      strangers_(rt, [this](std::string text) { notice(noticed::severity::warning, std::move(text)); }),
      ordered_(rt.executor), resumed_(rt.executor), training_over_(rt.executor), training_(rt.executor),
      joining_(rt.executor) {
    auto folders = std::make_unique<plan_folders>(setting_.options.plan_folders, setting_.options.state_dir);
    folders->allow_those_of(setting_.plan, setting_.options.workers_on_this_machine);
    plan_folders_ = std::move(folders);
    std::optional<initial_model> model;
    if (setting_.plan.model.input.size() != 0) {
        model = make_initial_model(setting_.plan.model, setting_.plan, setting_.options.memory_bytes);
    }
    open(std::move(model));
}

machine::~machine() = default;

/// From here on the setting's plan is run, from its beginning. Workers keep their connections and are told
/// all anew.
void machine::open(std::optional<initial_model> model) {
    const auto& plan = setting_.plan;
    setting_.plan_digest = plan::plan_digest(plan);
    model_.forget();
    test_data_.begin_anew();
    members_.begin_anew();
    progress_.begin_anew();
    checkpoints_.begin_anew();
    models_.begin_anew();
    told_absences_.clear();
    memory_ = {};
    if (plan.strategy->has_client_half()) {
        const auto folder =
            setting_.keeps_checkpoints() ? setting_.options.state_dir / "clients" : std::filesystem::path();
        memory_ = client_memory(checkpoints_.run(),
                                setting_.is_local() ? nullptr : make_states(folder, setting_.options));
    }
    advised_ = false;
    goal_ = training_goal(plan.early_stopping ? std::optional(early_stop(plan::stopping_metric(plan),
                                                                         plan.early_stopping->patience,
                                                                         plan.early_stopping->least_change))
                                              : std::nullopt);
    if (model) {
        model_.build(*std::move(model));
    }
}

void machine::introduce_run() {
    run_opened opened;
    opened.run = checkpoints_.run();
    opened.plan = setting_.plan.name;
    opened.plan_digest = setting_.plan_digest;
    opened.plan_text = text::canonical_text(plan::to_json(setting_.plan));
    opened.seed = setting_.plan.seed;
    opened.regression = plan::is_regression(setting_.plan);
    opened.clients_planned = setting_.plan.clients;
    opened.min_workers = setting_.options.min_workers;
    const auto terms = progress_.asked.in_force();
    opened.last_round = terms.last_round;
    opened.target_accuracy = terms.target_accuracy;
    opened.deadline = terms.deadline;
    opened.fraction = terms.fraction;
    opened.clients_per_round = state_.clients_per_round(setting_.plan);
    opened.has_state_dir = !setting_.options.state_dir.empty();
    opened.version = version();
    opened.instruction_set = instruction_set();
    opened.models = store::list_models(setting_.options.state_dir);
    setting_.events.publish(std::move(opened));
    if (model_.is_there()) {
        setting_.events.publish(model_built{model_.network().parameter_count()});
    }
}

net::awaitable<bool> machine::serve() {
    co_await boost::asio::this_coro::throw_if_cancelled(false);
    introduce_run();
    if (setting_.options.resume) {
        if (auto resumed = checkpoints_.restore()) {
            models_.take_up(resumed->run);
            // A goal that was reached before the crash is not trained for again.
            goal_.recall(resumed->rounds, progress_.asked.counts_after());
            setting_.events.publish(*std::move(resumed));
        }
    }
    progress_.enter(phase::waiting);
    if (setting_.options.autostart) {
        progress_.asked.order_as_planned();
        ordered_.set();
    }
    for (;;) {
        // A cancellation that came while nothing was waited for cancels no later wait: it must be looked for.
        bool cancelled = co_await net::is_cancelled();
        if (!cancelled) {
            say_idle_in(first_idle_line);
            co_await ordered_.wait();
            idle_line_.reset();
            cancelled = co_await net::is_cancelled();
        }
        if (cancelled) {
            opening_.request_stop();
            progress_.asked.close();
            // There may be room again.
            const bool safe_now = co_await make_safe();
            co_return safe_now && !models_.has_failed();
        }
        ordered_.reset();
        progress_.asked.begin_training();
        training_over_.reset();
        training_end end;
        training_.spawn(train(end));
        co_await training_over_.wait();
        cancelled = co_await net::is_cancelled();
        if (cancelled) {
            progress_.asked.close();
            training_.cancel();
        }
        co_await training_.join();
        joining_.cancel();
        co_await joining_.join();
        progress_.end_round();
        co_await models_.keep_best(checkpoints_.run());
        const bool safe = co_await make_safe();
        if (!safe) {
            end.detail += "; " + unsafe();
        }
        co_await models_.keep_last(checkpoints_.run());
        co_await models_.save_last();
        const bool failed = end.outcome == training_outcome::failed;
        progress_.enter(failed ? phase::failed : phase::finished);
        std::string digest;
        if (model_.is_there()) {
            auto job = [weights = model_.weights()] { return store::weights_sha256(weights.floats()); };
            digest = co_await setting_.offload(std::move(job));
        }
        training_finished finished{end.outcome, std::move(end.detail), model_.round(), digest, sites()};
        const auto absence = absence_text(finished.sites);
        finished.detail += absence.empty() ? "" : "; " + absence;
        const bool is_whole = end.outcome == training_outcome::stopped || is_success(finished.sites);
        setting_.events.publish(std::move(finished));
        // A master that is stopped may come back, so its workers are not sent home.
        if (setting_.options.exit_when_done && !cancelled) {
            for (const auto& [id, who] : members_.roster.all()) {
                const wire::run_over message{failed ? "the training failed" : "the training is done"};
                who->connection->send(net::frame(wire::message_type::run_over, wire::to_meta(message)));
            }
        }
        if (setting_.options.exit_when_done || cancelled) {
            co_return !failed && is_whole && safe && !models_.has_failed();
        }
        progress_.asked.rest();
    }
}

net::awaitable<void> machine::train(training_end& end) {
    co_await boost::asio::this_coro::throw_if_cancelled(false);
    try {
        end = co_await run_rounds();
    } catch (const std::bad_alloc&) {
        end = {training_outcome::failed,
               fmt::format("there is not enough memory for a master of this model ({} "
                           "in round {})",
                           to_string(progress_.now()), progress_.running_round())};
    } catch (const std::exception& e) {
        end = {training_outcome::failed, e.what()};
    }
    progress_.asked.end_training(setting_.options.exit_when_done);
    training_over_.set();
}

net::awaitable<training_end> machine::run_rounds() {
    if (progress_.asked.is_new_order(model_.round())) {
        goal_.begin();
        // What was asked for is as safe as the rounds that it goes on from.
        if (setting_.keeps_checkpoints() && model_.round() > 0) {
            co_await checkpoints_.write();
        }
    }
    progress_.begin_training();
    waited_ = {};
    told_waiting_ = setting_.rt.time.now();
    for (const auto& [id, who] : members_.roster.all()) {
        who->proof.next_offer.reset();
        who->proof.rejections = 0;
        who->proof.is_slow = false;
        who->proof.is_awaited = true;
        if (!who->evicted) {
            who->unusable.clear();
        }
    }
    const auto terms = progress_.asked.in_force();
    setting_.events.publish(training_started{model_.round() + 1, terms.last_round, terms.target_accuracy});
    co_await test_data_.refresh(model_);
    if (!ready_to_start()) {
        progress_.enter(phase::waiting);
        // Whoever wants an end at the end of the training wants one too when it cannot begin.
        const auto patience = is_done() ? farewell : setting_.options.patience;
        const auto deadline = setting_.options.exit_when_done ? setting_.rt.time.now() + patience
                                                              : net::clock::time_point::max();
        const auto began = setting_.rt.time.now();
        const bool ready = co_await wait_for(&machine::ready_to_start, deadline);
        waited_ +=
            setting_.options.exit_when_done ? setting_.rt.time.now() - began : net::clock::duration::zero();
        const bool stopped = co_await net::is_cancelled();
        if (!ready && !stopped && !is_done()) {
            throw run_failed("the workers did not come: " + missing_workers());
        }
    }
    progress_.take_seconds();
    const bool counts_classes = setting_.plan.model.objective == nn::loss::cross_entropy && model_.is_there();
    divergence_.begin(counts_classes ? std::log(static_cast<double>(model_.network().output().size())) : 0,
                      model_.round(), model_.weights());
    int without_update = 0;
    bool cancelled = co_await net::is_cancelled();
    while (!cancelled && !progress_.asked.is_stopping() && !is_done()) {
        co_await pause_point();
        round_state round;
        const bool finished = co_await one_round(round);
        progress_.end_round();
        cancelled = co_await net::is_cancelled();
        if (!finished && cancelled) {
            give_up_round(progress_.running_round());
            break;
        }
        if (finished && (divergence_.has_diverged() || (divergence_.is_suspicious() && is_done()))) {
            const auto reason = divergence_.reason();
            restore_good_weights();
            throw run_failed(reason);
        }
        if (!finished) {
            if (!round.result.cohort.empty() && ++without_update >= most_rounds_without_update) {
                if (divergence_.is_suspicious() || 2 * round.diverged > round.result.cohort.size()) {
                    restore_good_weights();
                }
                throw run_failed(fmt::format(
                    "round {} got {} in {} attempts; the last reason: {}", progress_.running_round(),
                    setting_.plan.require_all ? "not every client's update" : "no update", without_update,
                    round.trouble));
            }
            continue;
        }
        without_update = 0;
        waited_ = {};
    }
    auto end = goal_.reached(progress_.asked.in_force(), model_.round());
    if (end && (!cancelled || end->outcome == training_outcome::target_reached)) {
        co_return *std::move(end);
    }
    co_return training_end{training_outcome::stopped,
                           "stopped after round " + std::to_string(model_.round())};
}

/// The protocol of a round, a step a line. True if the round is finished; false if it was given up, because
/// nobody sent an update or because it was cancelled before there were new weights.
net::awaitable<bool> machine::one_round(round_state& round) {
    const auto began = setting_.rt.time.now();
    round.sent_before = members_.roster.bytes_sent();
    round.received_before = members_.roster.bytes_received();
    bool cancelled = co_await net::is_cancelled();
    if (cancelled) {
        co_return false;
    }
    progress_.begin_round();
    co_await prepare_workers(progress_.deadline());
    cancelled = co_await net::is_cancelled();
    if (cancelled || is_done()) {
        co_return false;
    }
    round.result.round = progress_.running_round();
    if (has_clients_enough()) {
        tell_absent_owners();
        advise();
        select_cohort(round);
    }
    if (round.result.cohort.empty()) {
        progress_.end_round();
        if (!progress_.asked.is_stopping()) {
            co_await wait_for_hosts(began);
        }
        co_return false;
    }
    progress_.begin_cohort();
    co_await train_cohort(round);
    cancelled = co_await net::is_cancelled();
    if (cancelled) {
        co_return false;
    }
    if (round.count() == 0 || (setting_.plan.require_all && round.count() < round.needed)) {
        settle_pace(round);
        co_return false;
    }
    const auto base = model_.weights();
    co_await step(round);
    co_await keep_states(round);
    co_await evaluate_model(round);
    cancelled = co_await net::is_cancelled();
    if (cancelled && !round.result.test_loss) {
        // A part of an evaluation is no result of the round.
        take_back();
        co_return false;
    }
    model_.settle();
    settle_pace(round);
    count_participation(round);

    round.result.seconds = progress_.take_seconds();
    round.result.bytes_sent = members_.roster.bytes_sent() - round.sent_before;
    round.result.bytes_received = members_.roster.bytes_received() - round.received_before;
    round.result.time = setting_.rt.time.unix_time();
    goal_.take(round.result);
    setting_.events.publish(round_finished{round.result});
    watch_divergence(round, base);
    if (!divergence_.is_suspicious()) {
        models_.consider(round.result);
    }
    if (setting_.keeps_checkpoints()) {
        checkpoints_.add(round.result);
        if (model_.round() % setting_.plan.checkpoint_every == 0 && !divergence_.is_suspicious()) {
            co_await models_.keep_best(checkpoints_.run()); // first: what is resumed knows it
            co_await checkpoints_.write();
        }
    }
    co_return true;
}

/// What clients lost in a round that is finished, with the weights that they were given.
void machine::watch_divergence(const round_state& round, const net::payload& base) {
    std::vector<double> losses(round.diverged, std::numeric_limits<double>::infinity());
    for (const auto& update : round.updates) {
        if (update) {
            losses.push_back(update->loss);
        }
    }
    divergence_.take(model_.round(), std::move(losses), base);
}

/// The present ones lead nowhere. What the master's optimizer remembers led there, so it is forgotten.
void machine::restore_good_weights() {
    if (divergence_.good_weights().empty()) {
        return;
    }
    model_.replace(make_model_state(*setting_.plan.strategy, divergence_.good_weights()));
    divergence_.calm();
}

/// Workers need not finish what a round that was given up asked for.
void machine::give_up_round(std::uint32_t round) {
    for (const auto& [id, who] : members_.roster.all()) {
        who->connection->send(net::frame(wire::message_type::cancel, wire::to_meta(wire::cancel{round})));
        set_state(*who, worker_state::ready);
    }
}

net::awaitable<void> machine::pause_point() {
    if (progress_.asked.wanted() != intent::pause) {
        co_return;
    }
    progress_.enter(phase::paused);
    while (progress_.asked.wanted() == intent::pause) {
        resumed_.reset();
        const auto cancelled = co_await resumed_.wait();
        if (cancelled) {
            co_return;
        }
    }
}

/// False if what was trained is not on disk, where it should be.
net::awaitable<bool> machine::make_safe() {
    if (!unsafe().empty()) {
        co_await checkpoints_.write();
    }
    co_return unsafe().empty();
}

/// Weights that seem to lead nowhere are not to be gone on from.
std::string machine::unsafe() const {
    return divergence_.is_suspicious() ? std::string() : checkpoints_.unsafe();
}

} // namespace fedasio::master
