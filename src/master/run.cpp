#include <fedasio/build_info.hpp>
#include <fedasio/master/run.hpp>
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

run::run(net::runtime& rt, boost::asio::any_io_executor pool, plan::plan plan, run_options options,
         event_source& events)
    : rt_(rt), pool_(std::move(pool)), options_(std::move(options)), events_(events), roster_(rt),
      strangers_(rt, [this](std::string text) { notice(noticed::severity::warning, std::move(text)); }),
      phase_(rt.time, events), ordered_(rt.executor), resumed_(rt.executor), training_over_(rt.executor),
      training_(rt.executor), joining_(rt.executor) {
    auto folders = std::make_unique<plan_folders>(options_.plan_folders, options_.state_dir);
    folders->allow_those_of(plan, options_.workers_on_this_machine);
    plan_folders_ = std::move(folders);
    std::optional<initial_model> model;
    if (plan.model.input.size() != 0) {
        model = make_initial_model(plan.model, plan, options_.memory_bytes);
    }
    open(std::move(plan), std::move(model));
}

run::~run() = default;

/// From here on this plan is run, from its beginning. Workers keep their connections and are told all anew.
void run::open(plan::plan plan, std::optional<initial_model> model) {
    plan_ = std::move(plan);
    plan_digest_ = plan::plan_digest(plan_);
    network_.reset();
    model_ = {};
    schema_.reset();
    test_set_.reset();
    owners_ = {};
    rounds_of_.clear();
    pace_.clear();
    unhosted_.clear();
    begun_ = false;
    round_ = running_round_ = checkpoint_round_ = 0;
    own_checkpoints_ = 0;
    kept_ = std::make_unique<kept_models>(options_.state_dir, plan::best_metric(plan_), plan_digest_);
    told_absences_.clear();
    record_ = run_record(fmt::format("{:016x}", rt_.entropy()));
    memory_ = std::make_unique<client_memory>();
    if (plan_.strategy->has_client_half()) {
        const auto folder = keeps_checkpoints() ? options_.state_dir / "clients" : std::filesystem::path();
        memory_ = std::make_unique<client_memory>(record_.run(),
                                                  is_local() ? nullptr : make_states(folder, options_));
    }
    advised_ = false;
    orders_ = orders(plan_);
    goal_ = training_goal(plan_.early_stopping ? std::optional(early_stop(plan::stopping_metric(plan_),
                                                                          plan_.early_stopping->patience,
                                                                          plan_.early_stopping->least_change))
                                               : std::nullopt);
    roster_.begin_anew();
    if (model) {
        take(*std::move(model));
    }
}

void run::introduce_run() {
    run_opened opened;
    opened.run = record_.run();
    opened.plan = plan_.name;
    opened.plan_digest = plan_digest_;
    opened.plan_text = text::canonical_text(plan::to_json(plan_));
    opened.seed = plan_.seed;
    opened.regression = plan::is_regression(plan_);
    opened.clients_planned = plan_.clients;
    opened.min_workers = options_.min_workers;
    const auto terms = orders_.in_force();
    opened.last_round = terms.last_round;
    opened.target_accuracy = terms.target_accuracy;
    opened.deadline = terms.deadline;
    opened.fraction = terms.fraction;
    opened.clients_per_round = clients_per_round();
    opened.has_state_dir = !options_.state_dir.empty();
    opened.version = version();
    opened.instruction_set = instruction_set();
    opened.models = store::list_models(options_.state_dir);
    events_.publish(std::move(opened));
    if (network_) {
        events_.publish(model_built{network_->parameter_count()});
    }
}

net::awaitable<bool> run::serve() {
    co_await boost::asio::this_coro::throw_if_cancelled(false);
    introduce_run();
    if (options_.resume) {
        restore();
    }
    enter(phase::waiting);
    if (options_.autostart) {
        orders_.order_as_planned();
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
            orders_.close();
            // There may be room again.
            const bool safe_now = co_await make_safe();
            co_return safe_now && !save_failed_;
        }
        ordered_.reset();
        orders_.begin_training();
        training_over_.reset();
        training_end end;
        training_.spawn(train(end));
        co_await training_over_.wait();
        cancelled = co_await net::is_cancelled();
        if (cancelled) {
            orders_.close();
            training_.cancel();
        }
        co_await training_.join();
        joining_.cancel();
        co_await joining_.join();
        in_round_ = false;
        co_await keep_best_model();
        const bool safe = co_await make_safe();
        if (!safe) {
            end.detail += "; " + unsafe();
        }
        co_await keep_last_model();
        co_await save_last_model();
        const bool failed = end.outcome == training_outcome::failed;
        enter(failed ? phase::failed : phase::finished);
        std::string digest;
        if (network_) {
            auto job = [weights = model_.weights] { return store::weights_sha256(weights.floats()); };
            digest = co_await net::offload(rt_, pool_, std::move(job));
        }
        training_finished finished{end.outcome, std::move(end.detail), round_, digest, sites()};
        const auto absence = absence_text(finished.sites);
        finished.detail += absence.empty() ? "" : "; " + absence;
        const bool is_whole = end.outcome == training_outcome::stopped || is_success(finished.sites);
        events_.publish(std::move(finished));
        // A master that is stopped may come back, so its workers are not sent home.
        if (options_.exit_when_done && !cancelled) {
            for (const auto& [id, who] : roster_.all()) {
                const wire::run_over message{failed ? "the training failed" : "the training is done"};
                who->connection->send(net::frame(wire::message_type::run_over, wire::to_meta(message)));
            }
        }
        if (options_.exit_when_done || cancelled) {
            co_return !failed && is_whole && safe && !save_failed_;
        }
        orders_.rest();
    }
}

net::awaitable<void> run::train(training_end& end) {
    co_await boost::asio::this_coro::throw_if_cancelled(false);
    try {
        end = co_await run_rounds();
    } catch (const std::bad_alloc&) {
        end = {training_outcome::failed,
               fmt::format("there is not enough memory for a master of this model ({} "
                           "in round {})",
                           to_string(phase_.now()), running_round_)};
    } catch (const std::exception& e) {
        end = {training_outcome::failed, e.what()};
    }
    orders_.end_training(options_.exit_when_done);
    training_over_.set();
}

net::awaitable<training_end> run::run_rounds() {
    if (orders_.is_new_order(round_)) {
        goal_.begin();
        // What was asked for is as safe as the rounds that it goes on from.
        if (keeps_checkpoints() && round_ > 0) {
            co_await checkpoint();
        }
    }
    loaded_once_ = begun_ = false;
    waited_ = {};
    told_waiting_ = rt_.time.now();
    for (const auto& [id, who] : roster_.all()) {
        who->proof.next_offer.reset();
        who->proof.rejections = 0;
        who->proof.is_slow = false;
        who->proof.is_awaited = true;
        if (!who->evicted) {
            who->unusable.clear();
        }
    }
    const auto terms = orders_.in_force();
    events_.publish(training_started{round_ + 1, terms.last_round, terms.target_accuracy});
    co_await refresh_test_set();
    if (!ready_to_start()) {
        enter(phase::waiting);
        // Whoever wants an end at the end of the training wants one too when it cannot begin.
        const auto patience = is_done() ? farewell : options_.patience;
        const auto deadline =
            options_.exit_when_done ? rt_.time.now() + patience : net::clock::time_point::max();
        const auto began = rt_.time.now();
        const bool ready = co_await wait_for(&run::ready_to_start, deadline);
        waited_ += options_.exit_when_done ? rt_.time.now() - began : net::clock::duration::zero();
        const bool stopped = co_await net::is_cancelled();
        if (!ready && !stopped && !is_done()) {
            throw run_failed("the workers did not come: " + missing_workers());
        }
    }
    phase_.take_seconds();
    const bool counts_classes = plan_.model.objective == nn::loss::cross_entropy && network_;
    divergence_.begin(counts_classes ? std::log(static_cast<double>(network_->output().size())) : 0, round_,
                      model_.weights);
    int without_update = 0;
    bool cancelled = co_await net::is_cancelled();
    while (!cancelled && !orders_.is_stopping() && !is_done()) {
        co_await pause_point();
        round_state round;
        const bool finished = co_await one_round(round);
        in_round_ = false;
        cancelled = co_await net::is_cancelled();
        if (!finished && cancelled) {
            give_up_round(running_round_);
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
                throw run_failed(fmt::format("round {} got {} in {} attempts; the last reason: {}",
                                             running_round_,
                                             plan_.require_all ? "not every client's update" : "no update",
                                             without_update, round.trouble));
            }
            continue;
        }
        without_update = 0;
        waited_ = {};
    }
    auto end = goal_.reached(orders_.in_force(), round_);
    if (end && (!cancelled || end->outcome == training_outcome::target_reached)) {
        co_return *std::move(end);
    }
    co_return training_end{training_outcome::stopped, "stopped after round " + std::to_string(round_)};
}

/// The protocol of a round, a step a line. True if the round is finished; false if it was given up, because
/// nobody sent an update or because it was cancelled before there were new weights.
net::awaitable<bool> run::one_round(round_state& round) {
    const auto began = rt_.time.now();
    round.sent_before = roster_.bytes_sent();
    round.received_before = roster_.bytes_received();
    running_round_ = round_ + 1;
    bool cancelled = co_await net::is_cancelled();
    if (cancelled) {
        co_return false;
    }
    in_round_ = true;
    orders_.begin_round();
    co_await prepare_workers(deadline());
    cancelled = co_await net::is_cancelled();
    if (cancelled || is_done()) {
        co_return false;
    }
    round.result.round = running_round_ = round_ + 1;
    if (has_clients_enough()) {
        tell_absent_owners();
        advise();
        select_cohort(round);
    }
    if (round.result.cohort.empty()) {
        in_round_ = false;
        if (!orders_.is_stopping()) {
            co_await wait_for_hosts(began);
        }
        co_return false;
    }
    begun_ = true;
    co_await train_cohort(round);
    cancelled = co_await net::is_cancelled();
    if (cancelled) {
        co_return false;
    }
    if (round.count() == 0 || (plan_.require_all && round.count() < round.needed)) {
        settle_pace(round);
        co_return false;
    }
    const auto base = model_.weights;
    co_await step(round);
    co_await keep_states(round);
    co_await evaluate_model(round);
    cancelled = co_await net::is_cancelled();
    if (cancelled && !round.result.test_loss) {
        // A part of an evaluation is no result of the round.
        take_back(round);
        co_return false;
    }
    round.before = {};
    settle_pace(round);
    count_participation(round);

    round.result.seconds = phase_.take_seconds();
    round.result.bytes_sent = roster_.bytes_sent() - round.sent_before;
    round.result.bytes_received = roster_.bytes_received() - round.received_before;
    round.result.time = rt_.time.unix_time();
    goal_.take(round.result);
    events_.publish(round_finished{round.result});
    watch_divergence(round, base);
    if (!divergence_.is_suspicious()) {
        kept_->consider(round.result, model_.weights);
    }
    if (keeps_checkpoints()) {
        record_.add(round.result);
        if (round_ % plan_.checkpoint_every == 0 && !divergence_.is_suspicious()) {
            co_await keep_best_model(); // first: what is resumed knows it
            co_await checkpoint();
        }
    }
    co_return true;
}

/// What clients lost in a round that is finished, with the weights that they were given.
void run::watch_divergence(const round_state& round, const net::payload& base) {
    std::vector<double> losses(round.diverged, std::numeric_limits<double>::infinity());
    for (const auto& update : round.updates) {
        if (update) {
            losses.push_back(update->loss);
        }
    }
    divergence_.take(round_, std::move(losses), base);
}

/// The present ones lead nowhere. What the master's optimizer remembers led there, so it is forgotten.
void run::restore_good_weights() {
    if (divergence_.good_weights().empty()) {
        return;
    }
    model_ = make_model_state(*plan_.strategy, divergence_.good_weights());
    ++weights_version_;
    divergence_.calm();
}

/// Workers need not finish what a round that was given up asked for.
void run::give_up_round(std::uint32_t round) {
    for (const auto& [id, who] : roster_.all()) {
        who->connection->send(net::frame(wire::message_type::cancel, wire::to_meta(wire::cancel{round})));
        set_state(*who, worker_state::ready);
    }
}

net::awaitable<void> run::pause_point() {
    if (orders_.wanted() != intent::pause) {
        co_return;
    }
    enter(phase::paused);
    while (orders_.wanted() == intent::pause) {
        resumed_.reset();
        const auto cancelled = co_await resumed_.wait();
        if (cancelled) {
            co_return;
        }
    }
}

void run::enter(phase next) {
    phase_.enter(next, is_in_round(next) ? running_round_ : round_);
}

void run::notice(noticed::severity level, std::string text) {
    events_.publish(noticed{level, std::move(text)});
}

} // namespace fedasio::master
