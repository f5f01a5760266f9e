#include "trainers/process.hpp"

#include <fedasio/data/error.hpp>
#include <fedasio/net/offload.hpp>
#include <fedasio/plan/arrays_json.hpp>
#include <fedasio/plan/limits.hpp>
#include <fedasio/trainers/errors.hpp>
#include <fedasio/wire/cancel.hpp>
#include <fedasio/wire/limits.hpp>
#include <fedasio/wire/message_type.hpp>
#include <fedasio/wire/refusal_code.hpp>
#include <fedasio/wire/weights.hpp>

#include <boost/json/array.hpp>

#include <cstring>
#include <stdexcept>
#include <system_error>
#include <utility>

namespace fedasio::trainers {
namespace {

namespace message_type = wire::message_type;
namespace refusal_code = wire::refusal_code;

// Longer than any training: who holds an interpreter for an hour answers nothing meanwhile.
constexpr auto for_ever = std::chrono::hours(24 * 365);
// Smaller arrays are as fast through the socket.
constexpr std::size_t worth_sharing = std::size_t{64} << 10;

/// For the global weights and as many trained ones; null: they go through the socket, as they do where the
/// system gives none.
std::unique_ptr<net::shared_memory> memory_for(std::size_t parameters) {
    const auto bytes = parameters * sizeof(float);
    if (bytes < worth_sharing) {
        return nullptr;
    }
    try {
        return std::make_unique<net::shared_memory>(2 * bytes);
    } catch (const std::system_error&) {
        return nullptr;
    }
}

} // namespace

trainer_process::trainer_process(trainer_place where, boost::asio::any_io_executor pool)
    : where_(where), pool_(std::move(pool)), program_(where) {}

process_basis::meta model_for_trainer(boost::json::object request, const nn::model_arrays& arrays) {
    request["arrays"] = plan::to_json(arrays);
    return std::make_shared<const boost::json::object>(std::move(request));
}

net::awaitable<net::frame> trainer_process::ask(net::frame request, net::frame_limits limits,
                                                net::clock::duration patience) {
    const auto connection = program_.connection();
    co_await connection->writable();
    const auto type = request.type;
    auto got = co_await connection->request(std::move(request), limits, where_.rt.time.now() + patience);
    switch (got.result) {
    case net::outcome::reply:
        program_.has_answered();
        co_return std::move(got.reply);
    case net::outcome::refused:
        program_.has_answered();
        if (got.code == refusal_code::data) {
            throw data::error(got.reason);
        }
        if (got.code == refusal_code::diverged) {
            throw diverged_training(got.reason);
        }
        if (got.code == refusal_code::unexpected) {
            throw cancelled_task();
        }
        throw std::runtime_error("the " + where_.role() + ": " + got.reason);
    case net::outcome::timed_out:
        program_.begin_end("it did not answer a message of type " + std::to_string(type));
        throw std::runtime_error("the " + where_.role() + " was ended: " + program_.why_ended());
    case net::outcome::cancelled:
        throw cancelled_task();
    default:
        break;
    }
    const auto why = co_await program_.why_lost(got.reason);
    throw lost_process(why);
}

net::awaitable<net::frame> trainer_process::ask_stoppable(net::frame request, net::frame_limits limits,
                                                          std::uint32_t round, stop_signal& stop) {
    if (stop.is_raised()) {
        throw cancelled_task();
    }
    const auto connection = program_.connection();
    std::unique_ptr<net::alarm> end;
    stop.on_raise([this, connection, round, &end] {
        connection->send(net::frame(message_type::cancel, wire::to_meta(wire::cancel{round})));
        end = where_.rt.time.at(where_.rt.time.now() + where_.how.grace, [this, connection] {
            if (connection == program_.connection() && connection->is_open()) {
                program_.begin_end("it did not come to an end when it was told that nobody needs its answer");
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

/// A process that was started meanwhile knows nothing.
net::awaitable<void> trainer_process::be_ready() {
    co_await program_.be_ready();
    if (told_to_ != program_.connection()) {
        told_to_ = program_.connection();
        told_ = {};
    }
}

/// Tells it what it does not know yet.
net::awaitable<void> trainer_process::prepare(const process_basis& basis) {
    co_await be_ready();
    if (basis.load && told_.load != basis.load) {
        net::frame request(message_type::load, *basis.load);
        const auto hosted = basis.load->at("clients").as_array().size();
        co_await ask(std::move(request), wire::limits::loaded(hosted, plan::limits::shown_classes),
                     where_.how.patience);
        told_.load = basis.load;
    }
    if (told_.model != basis.model) {
        co_await tell_model(basis);
    }
    if (told_.weights.empty() || told_.version != basis.version ||
        told_.weights.bytes().data() != basis.weights.bytes().data()) {
        co_await tell_weights(basis);
    }
}

net::awaitable<void> trainer_process::tell_model(const process_basis& basis) {
    auto meta = *basis.model;
    memory_ = memory_for(basis.parameters);
    if (memory_) {
        meta["memory"] = memory_->path();
    }
    auto reply = co_await ask(net::frame(message_type::model, std::move(meta)), wire::limits::short_reply,
                              where_.how.patience);
    const auto* const taken = reply.meta.if_contains("memory");
    if (taken == nullptr || *taken != true) {
        memory_.reset();
    }
    told_.model = basis.model;
    told_.weights = {};
}

net::awaitable<void> trainer_process::tell_weights(const process_basis& basis) {
    net::frame request(message_type::weights, wire::to_meta(wire::weights{basis.version}));
    if (memory_) {
        auto copy = [to = memory_->bytes(), from = basis.weights] {
            std::memcpy(to.data(), from.bytes().data(), from.size());
            return true;
        };
        co_await net::offload(where_.rt, pool_, std::move(copy));
    } else {
        request.body = basis.weights;
    }
    co_await ask(std::move(request), wire::limits::short_reply, where_.how.patience);
    told_.weights = basis.weights;
    told_.version = basis.version;
}

/// Those of an update, wherever the trainer has put them.
net::awaitable<net::payload> trainer_process::take_weights(net::frame update, std::size_t bytes) {
    if (memory_ && update.body.empty()) {
        auto copy = [from = memory_->bytes().subspan(bytes)] {
            net::buffer values(from.size());
            std::memcpy(values.bytes().data(), from.data(), from.size());
            return net::payload(std::move(values));
        };
        co_return co_await net::offload(where_.rt, pool_, std::move(copy));
    }
    if (update.body.size() != bytes) {
        throw std::runtime_error("the trainer sends " + std::to_string(update.body.size()) +
                                 " bytes of weights, the model has " + std::to_string(bytes));
    }
    co_return std::move(update.body);
}

net::awaitable<wire::loaded> trainer_process::load(process_basis::meta what) {
    co_await be_ready();
    net::frame request(message_type::load, *what);
    const auto hosted = what->at("clients").as_array().size();
    const auto reply = co_await ask(
        std::move(request), wire::limits::loaded(hosted, plan::limits::shown_classes), where_.how.patience);
    auto loaded = wire::read_loaded(reply.meta);
    told_.load = std::move(what);
    co_return std::move(loaded);
}

net::awaitable<net::frame> trainer_process::initial(wire::initial what) {
    co_await be_ready();
    net::frame request(message_type::initial, wire::to_meta(what));
    co_return co_await ask(std::move(request), wire::limits::initial_arrays, where_.how.patience);
}

net::awaitable<trained_arrays> trainer_process::train(process_basis basis, wire::train what,
                                                      boost::json::object more, stop_signal& stop) {
    co_await prepare(basis);
    auto meta = wire::to_meta(what);
    for (auto& [key, value] : more) {
        meta[key] = std::move(value);
    }
    const auto bytes = basis.parameters * sizeof(float);
    auto reply = co_await ask_stoppable(net::frame(message_type::train, std::move(meta)),
                                        wire::limits::update(bytes), what.round, stop);
    trained_arrays result;
    result.update = wire::read_update(reply.meta);
    if (result.update.round != what.round || result.update.client != what.client) {
        throw std::runtime_error("the trainer answers for client " + std::to_string(result.update.client) +
                                 " in round " + std::to_string(result.update.round) + ", not for client " +
                                 std::to_string(what.client) + " in round " + std::to_string(what.round));
    }
    result.weights = co_await take_weights(std::move(reply), bytes);
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
        throw std::runtime_error("the " + where_.role() + " answers for client " +
                                 std::to_string(result.client) + ", not for client " +
                                 std::to_string(what.client));
    }
    co_return std::move(result);
}

} // namespace fedasio::trainers
