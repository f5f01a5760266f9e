#include <fedasio/data/error.hpp>
#include <fedasio/plan/arrays_json.hpp>
#include <fedasio/plan/limits.hpp>
#include <fedasio/plan/spec_json.hpp>
#include <fedasio/random.hpp>
#include <fedasio/wire/cancel.hpp>
#include <fedasio/wire/limits.hpp>
#include <fedasio/wire/message_type.hpp>
#include <fedasio/wire/refusal_code.hpp>
#include <fedasio/wire/weights.hpp>

#include <boost/json/array.hpp>

#include "worker/trainers/process.hpp"
#include <stdexcept>
#include <utility>

namespace fedasio::worker {
namespace {

namespace message_type = wire::message_type;
namespace refusal_code = wire::refusal_code;

// Longer than any training: who holds an interpreter for an hour answers nothing meanwhile.
constexpr auto for_ever = std::chrono::hours(24 * 365);
constexpr auto patience_for_the_end = std::chrono::seconds(2);

} // namespace

boost::json::object model_for_trainer(boost::json::object request, const training_setup& setup) {
    request["arrays"] = plan::to_json(setup.arrays());
    return request;
}

/// A sentence on why an answer will not come.
net::awaitable<std::string> trainer_process::why_lost(const std::string& reason) {
    if (!why_ended_.empty()) {
        co_return "the trainer was ended: " + why_ended_;
    }
    if (child_) {
        // The end of the connection is seen before that of the process.
        const auto child = child_;
        const auto alarm = rt_.time.at(rt_.time.now() + patience_for_the_end, [this, child] {
            if (child == child_ && !child->has_ended()) {
                begin_end("it has closed its connection to the worker");
            }
        });
        co_await child->ended();
        if (child->has_ended()) {
            co_return "the trainer " + child->how_it_ended();
        }
    }
    co_return "the trainer has gone (" + reason + ")";
}

net::awaitable<net::frame> trainer_process::ask(net::frame request, net::frame_limits limits,
                                                net::clock::duration patience) {
    co_await connection_->writable();
    const auto connection = connection_;
    const auto type = request.type;
    auto got = co_await connection->request(std::move(request), limits, rt_.time.now() + patience);
    switch (got.result) {
    case net::outcome::reply:
        failures_ = 0;
        co_return std::move(got.reply);
    case net::outcome::refused:
        failures_ = 0;
        if (got.code == refusal_code::data) {
            throw data::error(got.reason);
        }
        if (got.code == refusal_code::diverged) {
            throw diverged_training(got.reason);
        }
        if (got.code == refusal_code::unexpected) {
            throw cancelled_task();
        }
        throw std::runtime_error("the trainer: " + got.reason);
    case net::outcome::timed_out:
        begin_end("it did not answer a message of type " + std::to_string(type));
        throw std::runtime_error("the trainer was ended: " + why_ended_);
    case net::outcome::cancelled:
        throw cancelled_task();
    default:
        break;
    }
    const auto why = co_await why_lost(got.reason);
    throw std::runtime_error(why);
}

net::awaitable<net::frame> trainer_process::ask_stoppable(net::frame request, net::frame_limits limits,
                                                          std::uint32_t round, stop_signal& stop) {
    if (stop.is_raised()) {
        throw cancelled_task();
    }
    const auto connection = connection_;
    std::unique_ptr<net::alarm> end;
    stop.on_raise([this, connection, round, &end] {
        connection->send(net::frame(message_type::cancel, wire::to_meta(wire::cancel{round})));
        end = rt_.time.at(rt_.time.now() + how_.grace, [this, connection] {
            if (connection == connection_ && connection->is_open()) {
                begin_end("it did not come to an end when it was told that nobody needs its answer");
            }
        });
    });
    try {
        auto reply = co_await ask(std::move(request), limits, for_ever);
        stop.on_raise({});
        co_return std::move(reply);
    } catch (...) {
        const bool unwanted = stop.is_raised();
        stop.on_raise({});
        if (unwanted) {
            throw cancelled_task();
        }
        throw;
    }
}

/// Tells it what it does not know yet.
net::awaitable<void> trainer_process::prepare(const process_basis& basis) {
    co_await be_ready();
    if (told_.load != basis.load) {
        net::frame request(message_type::load, *basis.load);
        const auto hosted = basis.load->at("clients").as_array().size();
        co_await ask(std::move(request), wire::limits::loaded(hosted, plan::limits::shown_classes),
                     how_.patience);
        told_.load = basis.load;
    }
    if (told_.setup != basis.setup) {
        net::frame request(message_type::model, *basis.setup->told);
        co_await ask(std::move(request), wire::limits::short_reply, how_.patience);
        told_.setup = basis.setup;
        told_.weights = {};
    }
    if (told_.weights.empty() || told_.version != basis.version ||
        told_.weights.bytes().data() != basis.weights.bytes().data()) {
        net::frame request(message_type::weights, wire::to_meta(wire::weights{basis.version}), basis.weights);
        co_await ask(std::move(request), wire::limits::short_reply, how_.patience);
        told_.weights = basis.weights;
        told_.version = basis.version;
    }
}

net::awaitable<wire::loaded> trainer_process::load(process_basis::meta what) {
    co_await be_ready();
    net::frame request(message_type::load, *what);
    const auto hosted = what->at("clients").as_array().size();
    const auto reply = co_await ask(std::move(request),
                                    wire::limits::loaded(hosted, plan::limits::shown_classes), how_.patience);
    auto loaded = wire::read_loaded(reply.meta);
    told_.load = std::move(what);
    co_return std::move(loaded);
}

net::awaitable<trained> trainer_process::train(process_basis basis, wire::train what, stop_signal& stop) {
    co_await prepare(basis);
    auto meta = wire::to_meta(what);
    const auto& setup = *basis.setup;
    meta["local"] = plan::to_json(setup.local.in_round(what.round));
    meta["seed"] = random_stream(setup.seed, purpose::shuffle, what.round, what.client)();
    const auto bytes = setup.parameter_count() * sizeof(float);
    auto reply = co_await ask_stoppable(net::frame(message_type::train, std::move(meta)),
                                        wire::limits::update(bytes), what.round, stop);
    trained result;
    result.update = wire::read_update(reply.meta);
    if (result.update.round != what.round || result.update.client != what.client) {
        throw std::runtime_error("the trainer answers for client " + std::to_string(result.update.client) +
                                 " in round " + std::to_string(result.update.round) + ", not for client " +
                                 std::to_string(what.client) + " in round " + std::to_string(what.round));
    }
    if (reply.body.size() != bytes) {
        throw std::runtime_error("the trainer sends " + std::to_string(reply.body.size()) +
                                 " bytes of weights, the model has " + std::to_string(bytes));
    }
    result.weights = std::move(reply.body);
    co_return std::move(result);
}

net::awaitable<wire::evaluation> trainer_process::evaluate(process_basis basis, wire::evaluate what,
                                                           stop_signal& stop) {
    co_await prepare(basis);
    net::frame request(message_type::evaluate, wire::to_meta(what));
    const auto reply =
        co_await ask_stoppable(std::move(request), wire::limits::short_reply, what.round, stop);
    auto result = wire::read_evaluation(reply.meta);
    if (result.client != what.client) {
        throw std::runtime_error("the trainer answers for client " + std::to_string(result.client) +
                                 ", not for client " + std::to_string(what.client));
    }
    co_return std::move(result);
}

} // namespace fedasio::worker
