#include "master/machine.hpp"

#include <fedasio/build_info.hpp>
#include <fedasio/store/client_states.hpp>
#include <fedasio/store/digest.hpp>
#include <fedasio/store/model_store.hpp>
#include <fedasio/text/json_text.hpp>
#include <fedasio/wire/message_type.hpp>
#include <fedasio/wire/run_over.hpp>

#include <boost/asio/this_coro.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include "master/sites.hpp"
#include <exception>
#include <fmt/format.h>
#include <new>
#include <utility>

namespace fedasio::master {
namespace {

/// What clients of this run keep, if anything.
client_memory make_memory(const setting& given, const std::string& run) {
    if (!plan::clients_keep_states(given.plan)) {
        return {};
    }
    std::shared_ptr<store::client_states> states;
    if (!given.is_local() && given.keeps_checkpoints()) {
        states =
            std::make_shared<store::client_states>(given.options.state_dir / "clients", *given.options.disk);
    } else if (!given.is_local()) {
        states = std::make_shared<store::client_states>();
    }
    return {run, std::move(states)};
}

} // namespace

machine::machine(net::runtime& rt, boost::asio::any_io_executor pool, plan::plan plan, run_options options,
                 event_source& events)
    : setting_{rt, std::move(pool), events, std::move(options), std::move(plan), {}}, state_(setting_),
      newcomers_(setting_, state_), waiting_(setting_, state_), tests_(setting_), evaluator_(setting_),
      checkpoints_(setting_, state_), models_(setting_, state_.model, checkpoints_),
      training_(setting_, state_, newcomers_, waiting_, tests_, evaluator_, models_, checkpoints_),
      admission_(setting_, state_, newcomers_),
      steering_(setting_, state_, waiting_, models_, checkpoints_,
                {[this] { running_.cancel(); },
                 [this](plan::plan other, std::optional<initial_model> model) {
                     open_other(std::move(other), std::move(model));
                 }}),
      running_(rt.executor), training_over_(rt.executor) {
    setting_.plan.has_evaluator = setting_.options.evaluator.has_value();
    std::optional<initial_model> model;
    if (plan::knows_model(setting_.plan)) {
        model = make_initial_model(setting_.plan, setting_.options.memory_bytes);
    }
    open(std::move(model));
}

/// From here on the setting's plan is run, from its beginning. Workers keep their connections and are told
/// all anew.
void machine::open(std::optional<initial_model> model) {
    setting_.plan_digest = plan::plan_digest(setting_.plan);
    state_.model.forget();
    state_.members.begin_anew();
    state_.progress.begin_anew();
    tests_.begin_anew();
    evaluator_.begin_anew();
    checkpoints_.begin_anew();
    models_.begin_anew();
    training_.begin_anew();
    state_.memory = make_memory(setting_, checkpoints_.run());
    if (model) {
        state_.model.build(*std::move(model));
    }
}

void machine::open_other(plan::plan plan, std::optional<initial_model> model) {
    setting_.plan = std::move(plan);
    open(std::move(model));
    introduce_run();
    state_.progress.enter(phase::waiting);
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
    const auto terms = state_.progress.asked.in_force();
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
    if (state_.model.is_there()) {
        setting_.events.publish(model_built{state_.model.arrays().size()});
    }
    if (setting_.plan.has_evaluator && !evaluator_.is_asked()) {
        setting_.notice(noticed::severity::warning,
                        "the plan names test files, so the evaluator is not asked");
    }
}

std::optional<global_weights> machine::weights() const {
    const auto& model = state_.model;
    if (!model.is_there()) {
        return std::nullopt;
    }
    return global_weights{checkpoints_.run(), model.round(), model.version(), model.arrays(),
                          model.weights()};
}

net::awaitable<void> machine::restore() {
    steering_.hold(true);
    auto resumed = co_await checkpoints_.restore();
    steering_.hold(false);
    if (resumed) {
        models_.take_up(resumed->run);
        training_.recall(resumed->rounds);
        evaluator_.recall(resumed->rounds);
        setting_.events.publish(*std::move(resumed));
    }
}

net::awaitable<bool> machine::serve() {
    co_await boost::asio::this_coro::throw_if_cancelled(false);
    evaluator_.start();
    bool is_well = false;
    std::exception_ptr failure;
    try {
        is_well = co_await serve_orders();
    } catch (...) {
        failure = std::current_exception();
    }
    co_await evaluator_.end();
    admission_.end();
    if (failure) {
        std::rethrow_exception(failure);
    }
    co_return is_well;
}

/// One training after the other.
net::awaitable<bool> machine::serve_orders() {
    co_await boost::asio::this_coro::throw_if_cancelled(false);
    introduce_run();
    if (setting_.options.resume) {
        co_await restore();
    } else {
        co_await checkpoints_.warn_of_others();
    }
    state_.progress.enter(phase::waiting);
    if (setting_.options.autostart) {
        steering_.order_as_planned();
    }
    for (;;) {
        // A cancellation that came while nothing was waited for cancels no later wait: it must be looked for.
        bool is_cancelled = co_await net::is_cancelled();
        if (!is_cancelled) {
            waiting_.begin_idling();
            co_await steering_.ordered().wait();
            waiting_.end_idling();
            is_cancelled = co_await net::is_cancelled();
        }
        if (is_cancelled) {
            steering_.close();
            // There may be room again.
            const bool safe_now = co_await make_safe();
            co_return safe_now && !models_.has_failed();
        }
        const bool is_well = co_await serve_training();
        is_cancelled = co_await net::is_cancelled();
        if (setting_.options.exit_when_done || is_cancelled) {
            co_return is_well;
        }
        state_.progress.asked.rest();
    }
}

/// From its order until its end is written down. False if it is not what it should be.
net::awaitable<bool> machine::serve_training() {
    steering_.ordered().reset();
    state_.progress.asked.begin_training();
    training_over_.reset();
    training_end end;
    running_.spawn(train(end));
    co_await training_over_.wait();
    const bool is_cancelled = co_await net::is_cancelled();
    if (is_cancelled) {
        state_.progress.asked.close();
        running_.cancel();
    }
    co_await running_.join();
    co_await newcomers_.end_training();
    state_.progress.end_round();
    co_return co_await finish(std::move(end));
}

net::awaitable<void> machine::train(training_end& end) {
    co_await boost::asio::this_coro::throw_if_cancelled(false);
    try {
        end = co_await training_.run();
    } catch (const std::bad_alloc&) {
        end = {training_outcome::failed,
               fmt::format("there is not enough memory for a master of this model ({} in round {})",
                           to_string(state_.progress.now()), state_.progress.running_round())};
    } catch (const std::exception& e) {
        end = {training_outcome::failed, e.what()};
    }
    state_.progress.asked.end_training(setting_.options.exit_when_done);
    training_over_.set();
}

/// Writes models and checkpoint, and tells how the training ended.
net::awaitable<bool> machine::finish(training_end end) {
    co_await models_.keep_best();
    const bool safe = co_await make_safe();
    if (!safe) {
        end.detail += "; " + unsafe();
    }
    // Whoever ends the process ends no run: the next one has more tests.
    const bool is_cancelled = co_await net::is_cancelled();
    const auto untested = is_cancelled ? std::string() : evaluator_.untested();
    if (!untested.empty()) {
        const auto sentence = "the evaluator tested nothing: " + untested;
        setting_.notice(noticed::severity::error, sentence);
        end.detail += "; " + sentence;
    }
    co_await models_.keep_last();
    co_await models_.save_last();
    const bool failed = end.outcome == training_outcome::failed;
    state_.progress.enter(failed ? phase::failed : phase::finished);
    std::string digest;
    if (state_.model.is_there()) {
        auto job = [weights = state_.model.weights()] { return store::weights_sha256(weights.floats()); };
        digest = co_await setting_.offload(std::move(job));
    }
    training_finished finished{end.outcome, std::move(end.detail), state_.model.round(), digest,
                               sites_of(setting_, state_)};
    const auto absence = absence_text(finished.sites);
    finished.detail += absence.empty() ? "" : "; " + absence;
    // Whoever stops it knows what is lacking.
    const bool is_whole = end.outcome == training_outcome::stopped ||
                          (untested.empty() && is_success(setting_, state_.members.owners, finished.sites));
    setting_.events.publish(std::move(finished));
    // A master that is stopped may come back, so its workers are not sent home.
    if (setting_.options.exit_when_done && !is_cancelled) {
        send_home(failed ? "the training failed" : "the training is done");
    }
    co_return !failed && is_whole && safe && !models_.has_failed();
}

void machine::send_home(const std::string& why) {
    const wire::run_over message{why};
    for (const auto& [id, who] : state_.members.roster.all()) {
        who->connection->send(net::frame(wire::message_type::run_over, wire::to_meta(message)));
    }
}

/// False if what was trained is not on disk, where it should be. The last round's test is worth a checkpoint
/// too, though it can be made again.
net::awaitable<bool> machine::make_safe() {
    const bool is_sound = !training_.is_suspicious();
    if (!unsafe().empty() || (is_sound && checkpoints_.lacks_lines())) {
        co_await checkpoints_.write();
    }
    const bool is_safe = unsafe().empty();
    co_return is_safe;
}

std::string machine::untested() const {
    return evaluator_.untested();
}

/// Weights that seem to lead nowhere are not to be gone on from.
std::string machine::unsafe() const {
    return training_.is_suspicious() ? std::string() : checkpoints_.unsafe();
}

} // namespace fedasio::master
