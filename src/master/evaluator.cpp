#include "master/evaluator.hpp"

#include <fedasio/plan/limits.hpp>
#include <fedasio/trainers/errors.hpp>
#include <fedasio/trainers/stop_signal.hpp>
#include <fedasio/wire/model.hpp>

#include <boost/asio/this_coro.hpp>
#include <boost/json/object.hpp>

#include "master/cancelled.hpp"
#include "master/requests.hpp"
#include <algorithm>
#include <chrono>
#include <exception>
#include <fmt/format.h>
#include <stdexcept>
#include <utility>

namespace fedasio::master {
namespace {

/// What a test that nobody waits for any more gets to come to its end by itself.
constexpr auto time_to_end = std::chrono::seconds(1);
/// Who dies over the second question, too, does so over each.
constexpr int most_attempts = 2;

} // namespace

/// One test.
struct evaluator::question {
    trainers::process_basis basis;
    wire::evaluate request;
    trainers::stop_signal stop;
    net::nursery asking;
    std::unique_ptr<net::alarm> cut = {}; ///< what does not come to an end is ended
    bool is_late = false;
    bool is_cut = false;
    std::optional<wire::evaluation> found = {};
    std::exception_ptr failure = {};
};

evaluator::evaluator(const setting& given) : setting_(given), starting_(given.rt.executor) {
    if (!setting_.options.evaluator) {
        return;
    }
    how_ = *setting_.options.evaluator;
    log_ = [this](trainers::severity how, const std::string& line) {
        if (how == trainers::severity::warning) {
            setting_.notice(noticed::severity::warning, line);
        } else if (setting_.options.evaluator_log) {
            setting_.options.evaluator_log(line); // what a program prints is no event of the run
        }
    };
    trainers::trainer_place where{setting_.rt, how_, log_};
    where.evaluates_only = true;
    process_ = std::make_unique<trainers::trainer_process>(where, setting_.pool);
}

evaluator::~evaluator() = default;

bool evaluator::is_asked() const {
    return process_ && !plan::has_test_files(setting_.plan.source);
}

void evaluator::start() {
    if (!process_) {
        return;
    }
    auto begin = [](trainers::trainer_program& program) -> net::awaitable<void> {
        co_await boost::asio::this_coro::throw_if_cancelled(false);
        try {
            co_await program.be_ready();
        } catch (const std::exception&) { // NOLINT(bugprone-empty-catch): its log has told how it ended
        }
    };
    starting_.spawn(begin(process_->program()));
}

net::awaitable<wire::evaluation> evaluator::test(const run_state& state, std::uint32_t round,
                                                 net::clock::time_point until) {
    const auto& model = state.model;
    if (!model_) {
        model_ = trainers::model_for_trainer(wire::to_meta(model_request(setting_, state)), model.arrays());
    }
    how_.patience = until - setting_.rt.time.now();
    question now{{.model = model_,
                  .shared = model.arrays().size(),
                  .weights = model.weights(),
                  .version = model.version()},
                 {round, 0, model.version()},
                 {},
                 net::nursery(setting_.rt.executor)};
    now.asking.spawn(ask(now));
    const auto deadline = setting_.rt.time.at(until, [&] {
        now.is_late = true;
        give_up(now, how_.grace + time_to_end);
    });
    auto on_cancel = [&] { give_up(now, time_to_end); };
    co_await now.asking.join(std::move(on_cancel));
    if (now.found) {
        co_return *std::move(now.found);
    }
    if (now.is_late) {
        throw std::runtime_error(
            fmt::format("the evaluator did not answer within the plan's deadline of {:g} s",
                        std::chrono::duration<double>(state.progress.patience()).count()));
    }
    if (now.stop.is_raised()) {
        throw cancelled();
    }
    std::rethrow_exception(now.failure);
}

net::awaitable<void> evaluator::ask(question& what) {
    co_await boost::asio::this_coro::throw_if_cancelled(false);
    for (int attempt = 1; !what.found && !what.failure; ++attempt) {
        try {
            what.found = co_await process_->evaluate(what.basis, what.request, {}, what.stop);
        } catch (const trainers::lost_process&) {
            if (attempt == most_attempts || what.stop.is_raised()) {
                what.failure = std::current_exception();
            }
        } catch (...) {
            what.failure = std::current_exception();
        }
    }
    if (what.is_cut) {
        process_->program().begin_end("it did not come to an end when nobody needed its answer any more");
    }
}

void evaluator::give_up(question& what, net::clock::duration patience) {
    what.stop.raise();
    what.cut = setting_.rt.time.at(setting_.rt.time.now() + patience, [&what] {
        what.is_cut = true;
        what.asking.cancel();
    });
}

net::awaitable<void> evaluator::end() {
    if (process_) {
        starting_.cancel();
        net::nursery ending(setting_.rt.executor);
        ending.spawn(process_->program().end(true, "the master has ended"));
        co_await starting_.join();
        co_await ending.join();
    }
}

} // namespace fedasio::master
