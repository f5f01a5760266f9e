#include <fedasio/build_info.hpp>
#include <fedasio/federation/digest.hpp>
#include <fedasio/federation/json_text.hpp>
#include <fedasio/federation/model_store.hpp>
#include <fedasio/master/run.hpp>
#include <fedasio/net/offload.hpp>

#include <boost/asio/this_coro.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include "master/initial_model.hpp"
#include "master/kept_models.hpp"
#include "master/plan_folders.hpp"
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
constexpr auto farewell = std::chrono::seconds(10);

net::clock::duration to_duration(double seconds) {
    return std::chrono::duration_cast<net::clock::duration>(std::chrono::duration<double>(seconds));
}

} // namespace

run::run(net::runtime& rt, boost::asio::any_io_executor pool, federation::plan plan, run_options options,
         event_source& events)
    : rt_(rt), pool_(std::move(pool)), options_(std::move(options)), events_(events), roster_(rt),
      strangers_(rt, [this](std::string text) { notice(noticed::severity::warning, std::move(text)); }),
      phase_since_(rt.time.now()), ordered_(rt.executor), resumed_(rt.executor), training_over_(rt.executor),
      training_(rt.executor) {
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
void run::open(federation::plan plan, std::optional<initial_model> model) {
    plan_ = std::move(plan);
    plan_digest_ = federation::plan_digest(plan_);
    network_.reset();
    weights_ = {};
    server_optimizer_.reset();
    schema_.reset();
    test_set_.reset();
    owners_data_.clear();
    local_clients_.clear();
    round_ = running_round_ = checkpoint_round_ = 0;
    own_checkpoints_ = 0;
    accuracy_.reset();
    kept_ = std::make_unique<kept_models>(options_.state_dir, federation::best_metric(plan_), plan_digest_);
    told_absences_.clear();
    record_ = run_record(fmt::format("{:016x}", rt_.entropy()));
    advised_ = false;
    apply({});
    for (const auto& [id, who] : roster_.all()) {
        who->assigned.clear();
        who->hosted.clear();
        who->data_current = who->has_model = false;
        who->weights_version = 0;
        who->state = worker_state::joined;
    }
    if (model) {
        take(*std::move(model));
    }
}

void run::introduce_run() {
    run_opened opened;
    opened.run = record_.run();
    opened.plan = plan_.name;
    opened.plan_digest = plan_digest_;
    opened.plan_text = federation::canonical_text(federation::to_json(plan_));
    opened.seed = plan_.seed;
    opened.regression = federation::is_regression(plan_);
    opened.clients_planned = plan_.clients;
    opened.min_workers = options_.min_workers;
    opened.last_round = plan_.rounds;
    opened.target_accuracy = plan_.target_accuracy;
    opened.deadline = terms_.deadline;
    opened.fraction = terms_.fraction;
    opened.has_state_dir = !options_.state_dir.empty();
    opened.version = version();
    opened.instruction_set = instruction_set();
    opened.models = federation::list_models(options_.state_dir);
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
        order_ = order{terms_.last_round, true, terms_.target_accuracy};
        ordered_.set();
    }
    for (;;) {
        // A cancellation that came while nothing was waited for cancels no later wait: it must be looked for.
        bool cancelled = co_await net::is_cancelled();
        if (!cancelled) {
            co_await ordered_.wait();
            cancelled = co_await net::is_cancelled();
        }
        if (cancelled) {
            opening_.request_stop();
            // There may be room again.
            const bool safe_now = co_await make_safe();
            co_return safe_now && !save_failed_;
        }
        ordered_.reset();
        stopping_ = cancelling_ = false;
        ending_ = true;
        training_over_.reset();
        training_end end;
        training_.spawn(train(*std::exchange(order_, std::nullopt), end));
        co_await training_over_.wait();
        cancelled = co_await net::is_cancelled();
        if (cancelled) {
            training_.cancel();
        }
        co_await training_.join();
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
            auto job = [weights = weights_] { return federation::weights_sha256(weights.floats()); };
            digest = co_await net::offload(rt_, pool_, std::move(job));
        }
        events_.publish(training_finished{end.outcome, std::move(end.detail), round_, digest});
        ending_ = false;
        // A master that is stopped may come back, so its workers are not sent home.
        if (options_.exit_when_done && !cancelled) {
            for (const auto& [id, who] : roster_.all()) {
                const federation::run_over message{failed ? "the training failed" : "the training is done"};
                who->connection->send(
                    net::frame(federation::message_type::run_over, federation::to_meta(message)));
            }
        }
        if (options_.exit_when_done || cancelled) {
            co_return !failed && safe && !save_failed_;
        }
    }
}

net::awaitable<void> run::train(order what, training_end& end) {
    co_await boost::asio::this_coro::throw_if_cancelled(false);
    try {
        end = co_await run_rounds(what);
    } catch (const std::bad_alloc&) {
        end = {training_outcome::failed,
               fmt::format("there is not enough memory for a master of this model ({} "
                           "in round {})",
                           to_string(phase_), running_round_)};
    } catch (const std::exception& e) {
        end = {training_outcome::failed, e.what()};
    }
    pausing_ = false;
    training_over_.set();
}

net::awaitable<run::training_end> run::run_rounds(order what) {
    terms_.last_round = what.rounds + (what.in_all ? 0 : round_);
    terms_.target_accuracy = what.target_accuracy;
    if (what.by_command) {
        record_.ordered = {terms_.last_round, terms_.target_accuracy};
        // What was asked for is as safe as the rounds that it goes on from.
        if (keeps_checkpoints() && round_ > 0) {
            co_await checkpoint();
        }
    }
    loaded_once_ = false;
    if (!what.in_all) {
        accuracy_.reset();
    }
    for (const auto& [id, who] : roster_.all()) {
        if (!who->evicted) {
            who->unusable.clear();
        }
    }
    events_.publish(training_started{round_ + 1, terms_.last_round, what.target_accuracy});
    co_await refresh_test_set();
    if (!ready_to_start()) {
        enter(phase::waiting);
        // Whoever wants an end at the end of the training wants one too when it cannot begin.
        const auto patience = is_done() ? farewell : options_.patience;
        const auto deadline =
            options_.exit_when_done ? rt_.time.now() + patience : net::clock::time_point::max();
        const bool ready = co_await wait_for(&run::ready_to_start, deadline);
        const bool stopped = co_await net::is_cancelled();
        if (!ready && !stopped && !is_done()) {
            throw run_failed("the workers did not come: " + missing_workers());
        }
    }
    count_time();
    seconds_ = {};
    const bool counts_classes = plan_.model.objective == nn::loss::cross_entropy && network_;
    divergence_.begin(counts_classes ? std::log(static_cast<double>(network_->output().size())) : 0, round_,
                      weights_);
    int without_update = 0;
    bool cancelled = co_await net::is_cancelled();
    while (!cancelled && !stopping_ && !is_done()) {
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
                throw run_failed("round " + std::to_string(running_round_) + " got no update in " +
                                 std::to_string(without_update) +
                                 " attempts; the last reason: " + round.trouble);
            }
            continue;
        }
        without_update = 0;
    }
    if (target_is_reached()) {
        co_return training_end{training_outcome::target_reached, "test accuracy " +
                                                                     std::to_string(*accuracy_) +
                                                                     " in round " + std::to_string(round_)};
    }
    if (cancelled || (stopping_ && !is_done())) {
        co_return training_end{training_outcome::stopped, "stopped after round " + std::to_string(round_)};
    }
    co_return training_end{training_outcome::rounds_done, std::to_string(round_) + " rounds done"};
}

/// The protocol of a round, a step a line. True if the round is finished; false if it was given up, because
/// nobody sent an update or because it was cancelled before there were new weights.
net::awaitable<bool> run::one_round(round_state& round) {
    round.sent_before = roster_.bytes_sent();
    round.received_before = roster_.bytes_received();
    running_round_ = round_ + 1;
    bool cancelled = co_await net::is_cancelled();
    if (cancelled) {
        co_return false;
    }
    in_round_ = true;
    deadline_ = to_duration(terms_.deadline);
    fraction_ = terms_.fraction;
    co_await prepare_workers(deadline());
    cancelled = co_await net::is_cancelled();
    if (cancelled || is_done()) {
        co_return false;
    }
    round.result.round = running_round_ = round_ + 1;
    tell_absent_owners();
    advise();
    select_cohort(round);
    if (round.result.cohort.empty()) {
        in_round_ = false;
        if (!stopping_) {
            co_await wait_for_hosts();
        }
        co_return false;
    }
    enter(phase::distributing_weights);
    co_await distribute_weights(round.hosts);
    co_await train_cohort(round);
    cancelled = co_await net::is_cancelled();
    if (cancelled || round.count() == 0) {
        co_return false;
    }
    const auto base = weights_;
    co_await aggregate(round);
    co_await evaluate_model(round);
    cancelled = co_await net::is_cancelled();
    if (cancelled && !round.result.test_loss) {
        // A part of an evaluation is no result of the round.
        take_back(round);
        co_return false;
    }
    round.before = {};

    count_time();
    round.result.seconds = std::exchange(seconds_, {});
    round.result.bytes_sent = roster_.bytes_sent() - round.sent_before;
    round.result.bytes_received = roster_.bytes_received() - round.received_before;
    round.result.time = rt_.time.unix_time();
    accuracy_ = decisive_accuracy(round.result);
    events_.publish(round_finished{round.result});
    watch_divergence(round, base);
    if (!divergence_.is_suspicious()) {
        kept_->consider(round.result, weights_);
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

bool run::target_is_reached() const {
    const auto& target = terms_.target_accuracy;
    return target && accuracy_ && *accuracy_ >= *target;
}

bool run::is_done() const {
    return round_ >= terms_.last_round || target_is_reached();
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
    weights_ = divergence_.good_weights();
    ++weights_version_;
    server_optimizer_.emplace(plan_.strategy, network_->parameter_count());
    divergence_.calm();
}

/// Waits until somebody comes, goes or is rejected since the clients were dealt, so that dealing them anew
/// may help.
net::awaitable<void> run::wait_for_hosts() {
    const auto& everybody = roster_.all();
    const bool hopeless =
        std::ranges::all_of(everybody, [](const auto& entry) { return !entry.second->unusable.empty(); });
    if (!everybody.empty() && hopeless && !loaded_once_) {
        throw run_failed("no worker can take part" + unusable_workers());
    }
    enter(phase::waiting);
    const bool changed = co_await wait_for(&run::roster_has_changed, rt_.time.now() + options_.patience);
    const bool cancelled = co_await net::is_cancelled();
    if (!changed && !cancelled) {
        throw run_failed("no worker hosted a client with data for too long; " + missing_workers());
    }
}

/// Workers need not finish what a round that was given up asked for.
void run::give_up_round(std::uint32_t round) {
    for (const auto& [id, who] : roster_.all()) {
        who->connection->send(
            net::frame(federation::message_type::cancel, federation::to_meta(federation::cancel{round})));
        set_state(*who, worker_state::ready);
    }
}

net::awaitable<void> run::pause_point() {
    if (!pausing_) {
        co_return;
    }
    enter(phase::paused);
    while (pausing_) {
        resumed_.reset();
        const auto cancelled = co_await resumed_.wait();
        if (cancelled) {
            co_return;
        }
    }
}

/// Waits until workers have come so that `condition` holds; false at the deadline or when cancelled.
net::awaitable<bool> run::wait_for(bool (run::*condition)() const, net::clock::time_point deadline) {
    const bool cancelled_before = co_await net::is_cancelled();
    if (cancelled_before) {
        co_return false;
    }
    bool expired = false;
    std::unique_ptr<net::alarm> alarm;
    if (deadline != net::clock::time_point::max()) {
        alarm = rt_.time.at(deadline, [&] {
            expired = true;
            roster_.changed().set();
        });
    }
    while (!(this->*condition)() && !expired) {
        roster_.changed().reset();
        const auto cancelled = co_await roster_.changed().wait();
        if (cancelled) {
            co_return false;
        }
    }
    co_return !expired;
}

void run::count_time() {
    const auto now = rt_.time.now();
    seconds_[static_cast<std::size_t>(phase_)] += std::chrono::duration<double>(now - phase_since_).count();
    phase_since_ = now;
}

void run::enter(phase next) {
    count_time();
    if (next != phase_ || next == phase::waiting) {
        phase_ = next;
        const bool in_round = next != phase::waiting && next != phase::paused && next != phase::finished &&
                              next != phase::failed;
        events_.publish(phase_entered{next, in_round ? running_round_ : round_});
    }
}

/// Enough workers, and enough of the plan's clients with a worker that can host them.
bool run::ready_to_start() const {
    if (roster_.all().size() < std::max(options_.min_workers, 1U)) {
        return false;
    }
    std::uint64_t room = 0;
    for (const auto& [id, who] : roster_.all()) {
        if (!is_local() && who->hello.clients == 0) {
            return true;
        }
        room += is_local() ? 1 : who->hello.clients;
    }
    return static_cast<double>(room) >= std::ceil(plan_.quorum * plan_.clients);
}

bool run::roster_has_changed() const {
    return roster_.changed().is_set();
}

std::string run::missing_workers() const {
    const auto owners = is_local() ? static_cast<std::uint32_t>(std::ceil(plan_.quorum * plan_.clients)) : 1U;
    const auto needed = std::max({options_.min_workers, owners, 1U});
    std::string text = std::to_string(roster_.all().size()) + " workers are connected, " +
                       std::to_string(needed) + " are needed";
    if (plan_.clients != 0) {
        text += " to host " + std::to_string(plan_.clients) + " clients";
    }
    return text + unusable_workers();
}

/// "; worker-1: its reason; worker-2: its reason", or nothing.
std::string run::unusable_workers() const {
    std::string text;
    for (const auto& [id, who] : roster_.all()) {
        if (!who->unusable.empty()) {
            text += "; " + who->hello.name + ": " + who->unusable;
        }
    }
    return text;
}

void run::notice(noticed::severity level, std::string text) {
    events_.publish(noticed{level, std::move(text)});
}

} // namespace fedasio::master
