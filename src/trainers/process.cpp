#include "trainers/process.hpp"

#include <fedasio/data/error.hpp>
#include <fedasio/net/offload.hpp>
#include <fedasio/plan/arrays_json.hpp>
#include <fedasio/plan/limits.hpp>
#include <fedasio/plan/private_arrays.hpp>
#include <fedasio/trainers/errors.hpp>
#include <fedasio/wire/cancel.hpp>
#include <fedasio/wire/limits.hpp>
#include <fedasio/wire/message_type.hpp>
#include <fedasio/wire/refusal_code.hpp>
#include <fedasio/wire/state.hpp>
#include <fedasio/wire/weights.hpp>

#include <boost/json/array.hpp>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <span>
#include <stdexcept>
#include <string>
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
std::unique_ptr<net::shared_memory> memory_for(std::size_t shared) {
    const auto bytes = shared * sizeof(float);
    if (bytes < worth_sharing) {
        return nullptr;
    }
    try {
        return std::make_unique<net::shared_memory>(2 * bytes);
    } catch (const std::system_error&) {
        return nullptr;
    }
}

/// The arrays that stay at the client, as the body of a request.
net::payload own_of(const method::client_state& state) {
    std::size_t floats = 0;
    for (const auto& [name, values] : state) {
        floats += values.size();
    }
    if (floats == 0) {
        return {};
    }
    net::buffer body(floats * sizeof(float));
    auto to = body.floats().begin();
    for (const auto& [name, values] : state) {
        to = std::ranges::copy(values, to).out;
    }
    return net::payload(std::move(body));
}

/// The model has arrays that stay at the client, and these are what the client has of them.
void check_own(const process_basis& basis, const method::client_state& state, std::uint32_t client) {
    const auto found = state.find(std::string(plan::private_state));
    const auto here = found == state.end() ? 0 : found->second.size();
    if (basis.own > 0 && (here != basis.own || state.size() != 1)) {
        throw std::runtime_error("of the arrays that stay at client " + std::to_string(client) + " " +
                                 std::to_string(here) + " values are here, the model has " +
                                 std::to_string(basis.own));
    }
}

/// A state would be asked for in each round to come, so it must be finite.
void check_finite(std::span<const float> own, std::uint32_t client) {
    if (!std::ranges::all_of(own, [](float value) { return std::isfinite(value); })) {
        throw diverged_training("client " + std::to_string(client) +
                                " diverges: of the arrays that stay there not all values are finite; lower "
                                "its learning rate: local.optimizer.learning_rate in the plan, or that of an "
                                "optimizer of its own");
    }
}

} // namespace

trainer_process::trainer_process(trainer_place where, boost::asio::any_io_executor pool)
    : where_(where), pool_(std::move(pool)), program_(where, pool_) {}

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
    memory_ = memory_for(basis.shared);
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

/// What an update holds, wherever the trainer has put it: the weights, and the arrays that stay at the
/// client.
net::awaitable<void> trainer_process::take_update(net::frame reply, const process_basis& basis,
                                                  trained_arrays& into) {
    const auto bytes = basis.shared * sizeof(float);
    const auto own_bytes = basis.own * sizeof(float);
    const bool is_shared = memory_ != nullptr && reply.body.size() == own_bytes;
    if (!is_shared && reply.body.size() != bytes + own_bytes) {
        throw std::runtime_error("the trainer sends " + std::to_string(reply.body.size()) +
                                 " bytes of weights, the model has " + std::to_string(bytes + own_bytes));
    }
    if (!is_shared && own_bytes == 0) {
        into.weights = std::move(reply.body);
        co_return;
    }
    auto job = [&, shared = is_shared ? memory_->bytes().subspan(bytes) : reply.body.bytes().first(bytes)] {
        const auto own = reply.body.floats().last(basis.own);
        check_finite(own, into.update.client);
        net::buffer values(bytes + (basis.own_goes_along ? own_bytes : 0));
        std::memcpy(values.bytes().data(), shared.data(), bytes);
        if (basis.own_goes_along) {
            std::ranges::copy(own, values.floats().last(own.size()).begin());
        } else {
            into.own.assign(own.begin(), own.end());
        }
        into.weights = net::payload(std::move(values));
        return true;
    };
    co_await net::offload(where_.rt, pool_, std::move(job));
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
                                                      boost::json::object more, method::client_state state,
                                                      stop_signal& stop) {
    co_await prepare(basis);
    check_own(basis, state, what.client);
    what.state = wire::list_of(state);
    auto meta = wire::to_meta(what);
    for (auto& [key, value] : more) {
        meta[key] = std::move(value);
    }
    const auto bytes = (basis.shared + basis.own) * sizeof(float);
    net::frame request(message_type::train, std::move(meta), own_of(state));
    auto reply = co_await ask_stoppable(std::move(request), wire::limits::update(bytes), what.round, stop);
    trained_arrays result;
    result.update = wire::read_update(reply.meta);
    if (result.update.round != what.round || result.update.client != what.client) {
        throw std::runtime_error("the trainer answers for client " + std::to_string(result.update.client) +
                                 " in round " + std::to_string(result.update.round) + ", not for client " +
                                 std::to_string(what.client) + " in round " + std::to_string(what.round));
    }
    result.update.state.clear();
    co_await take_update(std::move(reply), basis, result);
    co_return std::move(result);
}

net::awaitable<wire::evaluation> trainer_process::evaluate(process_basis basis, wire::evaluate what,
                                                           method::client_state state, stop_signal& stop) {
    co_await prepare(basis);
    check_own(basis, state, what.client);
    what.state = wire::list_of(state);
    net::frame request(message_type::evaluate, wire::to_meta(what), own_of(state));
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
