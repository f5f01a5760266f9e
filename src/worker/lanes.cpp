#include "worker/lanes.hpp"

#include <fedasio/data/error.hpp>
#include <fedasio/net/offload.hpp>
#include <fedasio/plan/private_arrays.hpp>
#include <fedasio/plan/spec_json.hpp>
#include <fedasio/random.hpp>
#include <fedasio/text/rare_branch.hpp>
#include <fedasio/wire/evaluate.hpp>
#include <fedasio/wire/message_type.hpp>
#include <fedasio/wire/refusal_code.hpp>
#include <fedasio/wire/train.hpp>

#include <boost/asio/this_coro.hpp>
#include <boost/json/object.hpp>

#include <algorithm>
#include <memory>
#include <new>
#include <stdexcept>
#include <utility>

namespace fedasio::worker {
namespace {

namespace refusal_code = wire::refusal_code;

/// Sixteen masters that ask as there is room could not fill it.
constexpr std::size_t most_waiting = 16 * net::connection::most_unanswered;

/// The state that a client goes on from is not here; what() says which, and why.
class missing_state : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

/// What a trainer of one's own is told of a client's round beside the request of the master.
boost::json::object terms_for_process(const training_setup& setup, const wire::train& what) {
    boost::json::object terms;
    terms["local"] = plan::to_json(setup.local.in_round(what.round));
    terms["seed"] = random_stream(setup.seed, purpose::shuffle, what.round, what.client)();
    return terms;
}

} // namespace

bool lanes::task::is_wanted() const {
    return std::ranges::any_of(askers, [](const asker& one) { return one.connection->is_open(); });
}

void lanes::task::refuse(const char* code, const std::string& reason) const {
    for (const auto& one : askers) {
        one.connection->refuse(one.request, code, reason);
    }
}

lanes::lanes(net::runtime& rt, boost::asio::any_io_executor pool, const worker_options& options,
             const log_handler& log)
    : rt_(rt), pool_(std::move(pool)), options_(options), log_(log), finished_(options.keep_bytes),
      work_(rt.executor), children_(rt.executor) {
    const auto& trainer_log = options_.trainer_log ? options_.trainer_log : log_;
    for (std::uint32_t i = 0; i < options_.threads; ++i) {
        if (options_.trainer) {
            processes_.push_back(std::make_unique<trainers::trainer_process>(
                trainers::trainer_place{rt_, *options_.trainer, trainer_log, i}, pool_));
        }
        children_.spawn(lane(i));
    }
}

void lanes::begin_session() {
    setup_.reset();
    weights_ = {};
}

void lanes::use(std::shared_ptr<const local_data> data, const std::string& told) {
    data_ = std::move(data);
    data_text_ = std::make_shared<const std::string>(told);
    set_basis();
}

void lanes::use(trainers::process_basis::meta data, const std::string& told) {
    process_data_ = std::move(data);
    data_text_ = std::make_shared<const std::string>(told);
    set_basis();
}

void lanes::use(std::shared_ptr<const training_setup> setup, const std::string& told) {
    setup_ = std::move(setup);
    model_text_ = std::make_shared<const std::string>(told);
    weights_ = {};
}

void lanes::use(net::payload weights, std::uint32_t version) {
    weights_ = std::move(weights);
    weights_version_ = version;
    set_basis();
}

training_basis lanes::basis() const {
    return {model_text_, data_text_, weights_};
}

void lanes::set_basis() {
    if (weights_.empty()) {
        return;
    }
    finished_.begin(basis());
    for (const auto* one : running_) {
        if (!one->is_wanted() && !(one->basis == basis())) {
            one->stop->raise();
        }
    }
}

void lanes::take(const net::connection_ptr& asked_by, net::frame request) {
    task next;
    next.trains = request.type == wire::message_type::train;
    if (next.trains) {
        next.what = wire::read_train(request.meta);
    } else {
        auto what = wire::read_evaluate(request.meta);
        next.what = {what.round, what.client, what.version};
        next.what.state_round = what.state_round;
        next.what.state = std::move(what.state);
        next.personal = what.personal;
        next.wanted = {what.confusion, what.scores, true, what.histogram};
    }
    if (wire::floats_of(next.what.state) * sizeof(float) != request.body.size()) {
        throw std::invalid_argument("the body does not hold the arrays that `state` lists");
    }
    const bool has_weights = !weights_.empty() && weights_version_ == next.what.version;
    const auto twin = std::ranges::find_if(running_, [&](const task* one) {
        return next.trains && has_weights && one->trains && one->what.round == next.what.round &&
               one->what.client == next.what.client && one->what.state_round == next.what.state_round &&
               !one->stop->is_raised() && one->basis == basis();
    });
    if (twin != running_.end()) {
        log_(severity::info, "client " + std::to_string(next.what.client) +
                                 " is asked for again; its training that began before goes on");
        (*twin)->askers.push_back({asked_by, std::move(request)});
        return;
    }
    if (waiting_.size() >= most_waiting) {
        asked_by->refuse(request, refusal_code::failed,
                         std::to_string(most_waiting) + " requests are waiting here already");
        return;
    }
    next.body = request.body;
    next.askers.push_back({asked_by, std::move(request)});
    next.stop = std::make_shared<trainers::stop_signal>();
    waiting_.push_back(std::move(next));
    work_.set();
}

void lanes::cancel(std::uint32_t round) {
    for (const auto* one : running_) {
        if (one->what.round <= round) {
            one->stop->raise();
        }
    }
    std::erase_if(waiting_, [&](const task& queued) {
        const bool stale = queued.what.round <= round;
        if (stale) {
            queued.refuse(refusal_code::unexpected, "the round was given up");
        }
        return stale;
    });
}

void lanes::end_session() {
    std::erase_if(waiting_, [](const task& queued) { return !queued.is_wanted(); });
    for (const auto* one : running_) {
        const bool is_kept = one->trains && options_.keep_bytes > 0;
        if (!is_kept && !one->is_wanted()) {
            one->stop->raise();
        }
    }
}

net::awaitable<void> lanes::end(const ending& how) {
    over_ = true;
    for (const auto* one : running_) {
        one->stop->raise();
    }
    work_.set();
    children_.cancel();
    net::nursery ends(rt_.executor);
    for (const auto& one : processes_) {
        ends.spawn(one->program().end(how.done, how.reason));
    }
    co_await children_.join();
    co_await ends.join();
}

net::awaitable<void> lanes::lane(std::uint32_t number) {
    co_await boost::asio::this_coro::throw_if_cancelled(false);
    place own;
    own.process = processes_.empty() ? nullptr : processes_[number].get();
    while (!over_) {
        if (waiting_.empty()) {
            work_.reset();
            const auto cancelled = co_await work_.wait();
            if (cancelled) {
                co_return;
            }
            continue;
        }
        auto next = std::move(waiting_.front());
        waiting_.pop_front();
        if (!setup_ || !(data_ || process_data_) || weights_.empty() ||
            weights_version_ != next.what.version) {
            next.refuse(refusal_code::unexpected, "this worker lacks the data, the model or these weights");
            continue;
        }
        next.basis = basis();
        const auto place = running_.insert(running_.end(), &next);
        co_await perform(own, next);
        running_.erase(place);
    }
}

net::awaitable<void> lanes::perform(place& own, task& next) {
    try {
        if (next.trains) {
            co_await train(own, next);
        } else {
            co_await evaluate(own, next);
        }
    } catch (const cancelled_task& e) {
        next.refuse(refusal_code::unexpected, e.what());
    } catch (const data::error& e) {
        next.refuse(refusal_code::data, e.what());
    } catch (const std::bad_alloc&) {
        const std::string reason =
            "this worker has no memory to " + std::string(next.trains ? "train" : "evaluate") + " client " +
            std::to_string(next.what.client) + ": start it with fewer --threads, or on a larger machine";
        log_(severity::warning, reason);
        next.refuse(refusal_code::failed, reason);
    } catch (const diverged_training& e) {
        log_(severity::warning, e.what());
        next.refuse(refusal_code::diverged, e.what());
    } catch (const missing_state& e) {
        log_(severity::warning, e.what());
        next.refuse(refusal_code::no_state, e.what());
    } catch (const std::exception& e) {
        log_(severity::warning, e.what());
        next.refuse(refusal_code::failed, e.what());
    }
}

/// The trainer of a lane, for this setup. Called on the pool: a large one takes seconds to make.
trainer& lanes::prepare(std::unique_ptr<trainer>& own, const std::shared_ptr<const training_setup>& setup,
                        const std::shared_ptr<const local_data>& data) const {
    if (!own || &own->setup() != setup.get()) {
        own.reset();
        own = options_.make_trainer(setup);
    }
    own->load(data);
    return *own;
}

/// What the client goes on from. Called on the pool: it may lie on a disk.
method::client_state lanes::state_for(const training_setup& setup, const task& next) const {
    const auto& [round, client, version, state_round, safe_round, listed] = next.what;
    if (!setup.keeps_states()) {
        return {};
    }
    // What a client begins with comes from the master, whoever keeps what becomes of it.
    if (setup.master_keeps_state || state_round == 0) {
        return wire::state_of(listed, next.body.floats());
    }
    auto found = options_.states->get(setup.run, client, state_round);
    if (!found.state) {
        throw missing_state(found.problem);
    }
    options_.states->forget(setup.run, client, safe_round);
    return std::move(*found.state);
}

net::awaitable<void> lanes::train(place& own, task& next) {
    auto result = finished_.find(next.what.round, next.what.client, next.what.state_round);
    if (result) {
        text::passes(text::rare_branch::update_sent_again);
        log_(severity::info, "client " + std::to_string(next.what.client) +
                                 " is asked for again; its update from before is handed in");
    } else {
        result = co_await train_anew(own, next);
    }
    // Another master may ask for the same while one is being answered, so there may be more of them
    // meanwhile.
    for (std::size_t i = 0; i < next.askers.size(); ++i) { // NOLINT(modernize-loop-convert)
        const auto [connection, request] = next.askers[i];
        co_await connection->writable();
        connection->reply(request, wire::to_meta(result->update), result->weights);
    }
}

trainers::process_basis lanes::basis_for_process(const task& next) const {
    return {.load = process_data_,
            .model = setup_->told,
            .shared = setup_->shared_count(),
            .own = setup_->private_count(),
            .own_goes_along = setup_->master_keeps_state,
            .weights = next.basis.weights,
            .version = next.what.version};
}

net::awaitable<trained> lanes::train_here(place& own, task& next) {
    auto job = [&, data = data_, setup = setup_] {
        training_request request{next.what.round, next.what.client, next.basis.weights.floats(),
                                 state_for(*setup, next)};
        return prepare(own.here, setup, data).train(std::move(request), next.stop->flag());
    };
    co_return co_await net::offload(rt_, pool_, std::move(job));
}

net::awaitable<method::client_state> lanes::state_for_process(const task& next) {
    method::client_state state;
    if (setup_->keeps_states()) {
        auto job = [&, setup = setup_] { return state_for(*setup, next); };
        state = co_await net::offload(rt_, pool_, std::move(job));
    }
    co_return std::move(state);
}

net::awaitable<trained> lanes::train_there(place& own, task& next) {
    auto basis = basis_for_process(next);
    const auto setup = setup_;
    auto state = co_await state_for_process(next);
    auto made = co_await own.process->train(std::move(basis), next.what, terms_for_process(*setup, next.what),
                                            std::move(state), *next.stop);
    trained result;
    result.update = std::move(made.update);
    result.weights = std::move(made.weights);
    const std::string name(plan::private_state);
    if (!made.own.empty()) {
        result.state[name] = std::move(made.own);
    } else if (setup->private_count() > 0) {
        result.update.state = {{name, setup->private_count()}};
    }
    co_return std::move(result);
}

net::awaitable<trained> lanes::train_anew(place& own, task& next) {
    const auto began = rt_.time.now();
    const auto setup = setup_;
    trained result;
    if (own.process != nullptr) {
        result = co_await train_there(own, next);
    } else {
        result = co_await train_here(own, next);
    }
    result.state_round = next.what.state_round;
    if (setup->keeps_states() && !setup->master_keeps_state) {
        // What is not needed any more must not replace what another training of this round left.
        if (next.stop->is_raised()) {
            throw cancelled_task();
        }
        auto keep = [&] {
            options_.states->put(setup->run, next.what.client, next.what.round, std::move(result.state));
            return true;
        };
        co_await net::offload(rt_, pool_, std::move(keep));
    }
    result.update.seconds = std::chrono::duration<double>(rt_.time.now() - began).count();
    finished_.keep(next.basis, result);
    co_return result;
}

net::awaitable<void> lanes::evaluate(place& own, task& next) {
    wire::evaluation result;
    if (own.process != nullptr) {
        const wire::evaluate what{next.what.round, next.what.client, next.what.version};
        auto basis = basis_for_process(next);
        auto state = co_await state_for_process(next);
        result = co_await own.process->evaluate(std::move(basis), what, std::move(state), *next.stop);
    } else {
        result = co_await evaluate_here(own, next);
    }
    const auto& [connection, request] = next.askers.front();
    co_await connection->writable();
    connection->reply(request, wire::to_meta(result));
}

net::awaitable<wire::evaluation> lanes::evaluate_here(place& own, task& next) {
    const auto extent = options_.tell_labels ? next.wanted : evaluation_extent();
    auto job = [&, data = data_, setup = setup_] {
        evaluation_request request{next.what.client, next.basis.weights.floats(), next.personal};
        request.extent = extent;
        if (next.personal) {
            request.state = state_for(*setup, next);
        }
        return prepare(own.here, setup, data).evaluate(request, next.stop->flag());
    };
    co_return co_await net::offload(rt_, pool_, std::move(job));
}

} // namespace fedasio::worker
