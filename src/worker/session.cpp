#include "worker/session.hpp"

#include <fedasio/build_info.hpp>
#include <fedasio/data/data_description.hpp>
#include <fedasio/data/error.hpp>
#include <fedasio/learning/data_fit.hpp>
#include <fedasio/method/strategy.hpp>
#include <fedasio/net/offload.hpp>
#include <fedasio/plan/limits.hpp>
#include <fedasio/text/field_error.hpp>
#include <fedasio/text/json_text.hpp>
#include <fedasio/wire/cancel.hpp>
#include <fedasio/wire/hello.hpp>
#include <fedasio/wire/initial.hpp>
#include <fedasio/wire/limits.hpp>
#include <fedasio/wire/load.hpp>
#include <fedasio/wire/message_type.hpp>
#include <fedasio/wire/model.hpp>
#include <fedasio/wire/refusal_code.hpp>
#include <fedasio/wire/run_over.hpp>
#include <fedasio/wire/standing.hpp>
#include <fedasio/wire/survey.hpp>
#include <fedasio/wire/weights.hpp>

#include <boost/asio/this_coro.hpp>
#include <boost/json/object.hpp>

#include "worker/training_setup.hpp"
#include <utility>

namespace fedasio::worker {
namespace {

namespace message_type = wire::message_type;
namespace refusal_code = wire::refusal_code;

constexpr auto patience_for_welcome = std::chrono::seconds(10);

std::vector<std::string> strategies_with_a_client_half() {
    std::vector<std::string> names;
    for (const auto name : method::strategy_names()) {
        if (method::make_strategy(name)->has_client_half()) {
            names.emplace_back(name);
        }
    }
    return names;
}

constexpr const char* no_trainer = "the plan's model is a trainer's own: start this worker with --trainer";

} // namespace

session::session(net::runtime& rt, boost::asio::any_io_executor pool, const worker_options& options,
                 const log_handler& log, lanes& work)
    : rt_(rt), pool_(std::move(pool)), options_(options), log_(log), work_(work), children_(rt.executor) {
    work_.begin_session();
}

net::awaitable<session::verdict> session::serve(std::unique_ptr<net::stream> wire) {
    co_await boost::asio::this_coro::throw_if_cancelled(false);
    auto connection_options = options_.connection;
    connection_options.limits = wire::limits::from_master(0);
    connection_ = std::make_shared<net::connection>(
        rt_, std::move(wire), connection_options, [this](net::frame request) { handle(std::move(request)); });
    children_.spawn(introduce());
    const auto why = co_await connection_->run();
    verdict_.starved = why == net::errc::no_memory;
    if (verdict_.reason.empty()) {
        verdict_.reason = connection_->end_reason();
    }
    over_ = true;
    work_.end_session();
    children_.cancel();
    co_await children_.join();
    co_return verdict_;
}

void session::end_with(end how, std::string reason) {
    verdict_.how = how;
    verdict_.reason = std::move(reason);
    connection_->close(verdict_.reason);
}

net::awaitable<void> session::introduce() {
    co_await boost::asio::this_coro::throw_if_cancelled(false);
    wire::hello me;
    me.name = options_.name;
    me.clients = options_.clients;
    me.threads = options_.threads;
    me.version = version();
    me.instruction_set = instruction_set();
    if (work_.process() == nullptr) {
        me.strategies = strategies_with_a_client_half();
    }
    net::frame hello(message_type::hello, wire::to_meta(me));
    const auto deadline = rt_.time.now() + patience_for_welcome;
    const auto answer = co_await connection_->request(std::move(hello), {}, deadline);
    switch (answer.result) {
    case net::outcome::reply:
        break;
    case net::outcome::refused:
        end_with(answer.code == refusal_code::name_taken ? end::name_taken : end::refused,
                 "the master refused this worker: " + answer.reason);
        co_return;
    case net::outcome::lost:
        co_return; // the connection knows why
    default:
        end_with(end::connection_lost, "the master did not answer the hello");
        co_return;
    }
    try {
        const auto welcome = wire::read_welcome(answer.reply.meta);
        verdict_.was_welcome = true;
        log_(severity::info, "connected to " + connection_->remote() + " as worker " +
                                 std::to_string(welcome.worker) + " for the plan '" + welcome.plan + "'");
    } catch (const text::field_error& e) {
        end_with(end::refused, std::string("the master's welcome is malformed: ") + e.what());
        co_return;
    }
    if (options_.measure) {
        co_await measure();
    }
}

net::awaitable<void> session::measure() {
    while (!over_) {
        // Updates that are larger than the queue must not make this small notice end the connection.
        co_await connection_->writable();
        connection_->send(net::frame(message_type::measurements, wire::to_meta(options_.measure())));
        co_await net::sleep_for(rt_, options_.measure_every);
        const bool cancelled = co_await net::is_cancelled();
        if (cancelled) {
            co_return;
        }
    }
}

void session::handle(net::frame request) {
    try {
        switch (request.type) {
        case message_type::survey:
            children_.spawn(survey(std::move(request)));
            return;
        case message_type::load:
            if (work_.process() != nullptr) {
                children_.spawn(load_at_trainer(std::move(request), ++loads_asked_));
            } else {
                children_.spawn(load(std::move(request), ++loads_asked_));
            }
            return;
        case message_type::initial:
            children_.spawn(ask_trainer_for_model(std::move(request)));
            return;
        case message_type::model:
            take_model(request);
            return;
        case message_type::weights:
            take_weights(request);
            return;
        case message_type::train:
        case message_type::evaluate:
            work_.take(connection_, std::move(request));
            return;
        case message_type::cancel:
            work_.cancel(wire::read_cancel(request.meta).round);
            return;
        case message_type::standing:
            hear_standing(wire::read_standing(request.meta));
            return;
        case message_type::run_over:
            end_with(end::run_over, wire::read_run_over(request.meta).reason);
            return;
        default:
            if (request.is_request()) {
                connection_->refuse(request, refusal_code::unexpected,
                                    "this worker does not know requests of type " +
                                        std::to_string(request.type));
            }
        }
    } catch (const std::exception& e) {
        if (request.is_request()) {
            connection_->refuse(request, refusal_code::malformed, e.what());
        } else {
            log_(severity::warning, std::string("the master sent a malformed notice: ") + e.what());
        }
    }
}

/// So that whoever runs this worker sees in its own log why it does nothing.
void session::hear_standing(const wire::standing& told) const {
    using kind = wire::standing::kind;
    switch (told.state) {
    case kind::takes_part:
        log_(severity::info, "takes part in the training again");
        break;
    case kind::left_out:
        log_(severity::warning, "the master leaves this worker out: " + told.reason);
        break;
    case kind::no_client:
        log_(severity::warning, "this worker has no client: " + told.reason);
        break;
    case kind::resting:
        log_(severity::warning, "the master asks this worker less often: " + told.reason);
        break;
    }
}

net::awaitable<void> session::survey(net::frame request) {
    co_await boost::asio::this_coro::throw_if_cancelled(false);
    try {
        const auto what = wire::read_survey(request.meta);
        auto job = [&] { return summarize(what, options_.data); };
        const auto summary = co_await net::offload(rt_, pool_, std::move(job));
        log_(severity::info, "this table: " + summary.description);
        for (const auto& note : summary.notes) {
            log_(severity::warning, note);
        }
        connection_->reply(request, wire::to_meta(summary.told));
    } catch (const text::field_error& e) {
        connection_->refuse(request, refusal_code::malformed, e.what());
    } catch (const std::exception& e) {
        log_(severity::warning, std::string("the data cannot be used: ") + e.what());
        connection_->refuse(request, refusal_code::data, e.what());
    }
}

/// Of two at once the one that was asked for last counts, whichever is read sooner.
net::awaitable<void> session::load(net::frame request, std::uint64_t number) {
    co_await boost::asio::this_coro::throw_if_cancelled(false);
    try {
        const auto what = wire::read_load(request.meta);
        auto job = [&] {
            return std::make_shared<const local_data>(what, options_.data, *options_.samples,
                                                      options_.threads);
        };
        const auto data = co_await net::offload(rt_, pool_, std::move(job));
        tell_schema(what);
        wire::loaded reply;
        reply.digest = data->digest();
        reply.left_out = data->samples().left_out();
        for (const auto& reason : data->samples().left_out_reasons()) {
            log_(severity::warning, "left out: " + reason);
        }
        for (const auto client : what.clients) {
            const auto* own = data->find(client);
            reply.clients.push_back({client, own->train.size(), own->held_out.size()});
            if (what.label_counts && options_.tell_labels &&
                data->samples().class_count() <= plan::limits::shown_classes) {
                reply.clients.back().labels = data->label_counts(client);
            }
        }
        log_(severity::info, "hosts " + std::to_string(what.clients.size()) + " of " +
                                 std::to_string(what.clients_total) + " clients; " +
                                 std::to_string(data->samples().size()) + " samples in memory" +
                                 (reply.left_out == 0 ? std::string()
                                                      : ", " + std::to_string(reply.left_out) +
                                                            (data->samples().left_out_reasons().empty()
                                                                 ? " rows without a known label left out"
                                                                 : " images left out")));
        request.meta.erase("clients");
        if (number == loads_asked_) {
            work_.use(data, text::canonical_text(request.meta) + data->digest());
        }
        connection_->reply(request, wire::to_meta(reply));
    } catch (const text::field_error& e) {
        connection_->refuse(request, refusal_code::malformed, e.what());
    } catch (const std::exception& e) {
        log_(severity::warning, std::string("the data cannot be used: ") + e.what());
        connection_->refuse(request, refusal_code::data, e.what());
    }
}

/// Once, unless another schema comes.
void session::tell_schema(const wire::load& what) {
    if (!what.schema) {
        return;
    }
    auto text = data::description_line(data::describe(*what.schema, {}));
    if (text != schema_text_) {
        log_(severity::info, "all tables: " + text);
        schema_text_ = std::move(text);
    }
}

/// The data is where the trainer is: it tells how many samples its clients have.
net::awaitable<void> session::load_at_trainer(net::frame request, std::uint64_t number) {
    co_await boost::asio::this_coro::throw_if_cancelled(false);
    try {
        const auto what = wire::read_load(request.meta);
        const auto told = std::make_shared<const boost::json::object>(request.meta);
        const auto reply = co_await work_.process()->load(told);
        log_(severity::info, "its trainer hosts " + std::to_string(what.clients.size()) + " of " +
                                 std::to_string(what.clients_total) + " clients");
        request.meta.erase("clients");
        if (number == loads_asked_) {
            work_.use(told, text::canonical_text(request.meta) + reply.digest);
        }
        connection_->reply(request, wire::to_meta(reply));
    } catch (const text::field_error& e) {
        connection_->refuse(request, refusal_code::malformed, e.what());
    } catch (const data::error& e) {
        log_(severity::warning, std::string("the data cannot be used: ") + e.what());
        connection_->refuse(request, refusal_code::data, e.what());
    } catch (const std::exception& e) {
        log_(severity::warning, e.what());
        connection_->refuse(request, refusal_code::failed, e.what());
    }
}

/// What the first of its trainers begins with.
net::awaitable<void> session::ask_trainer_for_model(net::frame request) {
    co_await boost::asio::this_coro::throw_if_cancelled(false);
    try {
        if (work_.process() == nullptr) {
            throw std::runtime_error(no_trainer);
        }
        auto reply = co_await work_.process()->initial(wire::read_initial(request.meta));
        co_await connection_->writable();
        connection_->reply(request, std::move(reply.meta), std::move(reply.body));
    } catch (const text::field_error& e) {
        connection_->refuse(request, refusal_code::malformed, e.what());
    } catch (const std::exception& e) {
        log_(severity::warning, e.what());
        connection_->refuse(request, refusal_code::failed, e.what());
    }
}

void session::take_model(const net::frame& request) {
    const auto what = wire::read_model(request.meta);
    if (work_.process() == nullptr && !what.network) {
        log_(severity::warning, no_trainer);
        connection_->refuse(request, refusal_code::failed, no_trainer);
        return;
    }
    const auto setup = training_setup_of(what, work_.process() == nullptr ? nullptr : &request.meta);
    if (what.keeps_states() && !what.master_keeps_state && !options_.states_are_durable) {
        log_(severity::warning, "what clients keep from round to round is in memory only, and the training "
                                "cannot go on once this worker has ended: give it --state-dir");
    }
    const auto parameters = setup->parameter_count();
    if (what.parameters != parameters) {
        connection_->refuse(request, refusal_code::malformed,
                            "this worker counts " + std::to_string(parameters) + " parameters, the master " +
                                std::to_string(what.parameters));
        return;
    }
    if (const auto problem = problem_of_memory(*setup, options_.memory_bytes); !problem.empty()) {
        log_(severity::warning, problem);
        connection_->refuse(request, refusal_code::failed, problem);
        return;
    }
    const auto* data = work_.data();
    if (const auto problem =
            data == nullptr ? std::string() : learning::problem_of_fit(data->samples(), *setup->network);
        !problem.empty()) {
        log_(severity::warning, "the data does not fit the model: " + problem);
        connection_->refuse(request, refusal_code::data, problem);
        return;
    }
    connection_->set_limits(
        wire::limits::from_master(parameters * sizeof(float), setup->channels(),
                                  setup->master_keeps_state || setup->private_count() > 0));
    work_.use(setup, text::canonical_text(request.meta));
    boost::json::object meta{{"parameters", parameters}};
    connection_->reply(request, std::move(meta));
}

void session::take_weights(const net::frame& request) {
    const auto what = wire::read_weights(request.meta);
    const auto* setup = work_.setup();
    const auto vectors = setup == nullptr ? 0 : 1 + setup->channels();
    if (vectors == 0 || request.body.size() != vectors * setup->shared_count() * sizeof(float)) {
        connection_->refuse(request, refusal_code::malformed,
                            setup != nullptr
                                ? "the body does not hold " + std::to_string(vectors) + " float32 a parameter"
                                : std::string("no model came before the weights"));
        return;
    }
    work_.use(request.body, what.version);
    connection_->reply(request, wire::to_meta(what));
}

} // namespace fedasio::worker
