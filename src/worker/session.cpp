#include "worker/session.hpp"

#include <fedasio/build_info.hpp>
#include <fedasio/data/error.hpp>
#include <fedasio/federation/json_text.hpp>
#include <fedasio/federation/messages.hpp>
#include <fedasio/federation/plan_error.hpp>
#include <fedasio/net/offload.hpp>

#include <boost/asio/this_coro.hpp>
#include <boost/json/object.hpp>

#include <algorithm>
#include <utility>

namespace fedasio::worker {
namespace {

namespace message_type = federation::message_type;
namespace refusal_code = federation::refusal_code;

// A worker trusts the master that it was sent to, but not without bound: a million clients or a schema of
// 10,000 categories fit into this.
constexpr net::frame_limits before_model{std::size_t{16} << 20, 0};
constexpr auto patience_for_welcome = std::chrono::seconds(10);

} // namespace

session::session(net::runtime& rt, boost::asio::any_io_executor pool, const worker_options& options,
                 const log_handler& log, std::shared_ptr<const local_data>& data, finished_updates& finished)
    : rt_(rt), pool_(std::move(pool)), options_(options), log_(log), data_(data), finished_(finished),
      work_(rt.executor), children_(rt.executor) {}

net::awaitable<session::verdict> session::serve(std::unique_ptr<net::stream> wire) {
    co_await boost::asio::this_coro::throw_if_cancelled(false);
    auto connection_options = options_.connection;
    connection_options.limits = before_model;
    connection_ = std::make_shared<net::connection>(
        rt_, std::move(wire), connection_options, [this](net::frame request) { handle(std::move(request)); });
    children_.spawn(introduce());
    for (std::uint32_t i = 0; i < options_.threads; ++i) {
        children_.spawn(lane());
    }
    co_await connection_->run();
    if (verdict_.reason.empty()) {
        verdict_.reason = connection_->end_reason();
    }
    over_ = true;
    for (auto* task : running_) {
        task->stop->store(true);
    }
    work_.set();
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
    federation::hello me;
    me.name = options_.name;
    me.clients = options_.clients;
    me.threads = options_.threads;
    me.version = version();
    me.instruction_set = instruction_set();
    net::frame hello(message_type::hello, federation::to_meta(me));
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
        const auto welcome = federation::read_welcome(answer.reply.meta);
        verdict_.was_welcome = true;
        log_(severity::info, "connected to " + connection_->remote() + " as worker " +
                                 std::to_string(welcome.worker) + " for the plan '" + welcome.plan + "'");
    } catch (const federation::plan_error& e) {
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
        connection_->send(net::frame(message_type::measurements, federation::to_meta(options_.measure())));
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
            children_.spawn(load(std::move(request)));
            return;
        case message_type::model:
            take_model(request);
            return;
        case message_type::weights:
            take_weights(request);
            return;
        case message_type::train:
        case message_type::evaluate:
            enqueue(std::move(request));
            return;
        case message_type::cancel:
            cancel(federation::read_cancel(request.meta).round);
            return;
        case message_type::run_over:
            end_with(end::run_over, federation::read_run_over(request.meta).reason);
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

net::awaitable<void> session::survey(net::frame request) {
    co_await boost::asio::this_coro::throw_if_cancelled(false);
    try {
        const auto what = federation::read_survey(request.meta);
        auto job = [&] { return summarize(what, options_.data); };
        const auto summary = co_await net::offload(rt_, pool_, std::move(job));
        connection_->reply(request, federation::to_meta(summary));
    } catch (const federation::plan_error& e) {
        connection_->refuse(request, refusal_code::malformed, e.what());
    } catch (const std::exception& e) {
        log_(severity::warning, std::string("the data cannot be used: ") + e.what());
        connection_->refuse(request, refusal_code::data, e.what());
    }
}

net::awaitable<void> session::load(net::frame request) {
    co_await boost::asio::this_coro::throw_if_cancelled(false);
    try {
        const auto what = federation::read_load(request.meta);
        auto job = [&] { return std::make_shared<const local_data>(what, options_.data, *options_.samples); };
        data_ = co_await net::offload(rt_, pool_, std::move(job));
        federation::loaded reply;
        for (const auto client : what.clients) {
            const auto* own = data_->find(client);
            reply.clients.push_back({client, own->train.size(), own->held_out.size()});
            if (what.label_counts && options_.tell_labels &&
                data_->samples().class_count() <= federation::most_shown_classes) {
                reply.clients.back().labels = data_->label_counts(client);
            }
        }
        log_(severity::info, "hosts " + std::to_string(what.clients.size()) + " of " +
                                 std::to_string(what.clients_total) + " clients; " +
                                 std::to_string(data_->samples().size()) + " samples in memory");
        request.meta.erase("clients");
        data_text_ = federation::canonical_text(request.meta);
        set_basis();
        connection_->reply(request, federation::to_meta(reply));
    } catch (const federation::plan_error& e) {
        connection_->refuse(request, refusal_code::malformed, e.what());
    } catch (const std::exception& e) {
        log_(severity::warning, std::string("the data cannot be used: ") + e.what());
        connection_->refuse(request, refusal_code::data, e.what());
    }
}

void session::take_model(const net::frame& request) {
    const auto what = federation::read_model(request.meta);
    auto setup = std::make_shared<const training_setup>(nn::network(what.network), what.local, what.seed);
    const auto parameters = setup->network.parameter_count();
    if (what.parameters != parameters) {
        connection_->refuse(request, refusal_code::malformed,
                            "this worker counts " + std::to_string(parameters) + " parameters, the master " +
                                std::to_string(what.parameters));
        return;
    }
    setup_ = std::move(setup);
    model_text_ = federation::canonical_text(request.meta);
    weights_ = {};
    connection_->set_limits({before_model.meta, parameters * sizeof(float)});
    boost::json::object meta{{"parameters", parameters}};
    connection_->reply(request, std::move(meta));
}

void session::take_weights(const net::frame& request) {
    const auto what = federation::read_weights(request.meta);
    if (!setup_ || request.body.size() != setup_->network.parameter_count() * sizeof(float)) {
        connection_->refuse(request, refusal_code::malformed,
                            setup_ ? "the body does not hold one float32 a parameter"
                                   : "no model came before the weights");
        return;
    }
    weights_ = request.body;
    weights_version_ = what.version;
    set_basis();
    connection_->reply(request, federation::to_meta(what));
}

void session::set_basis() {
    if (!weights_.empty()) {
        finished_.begin({model_text_, data_text_, weights_});
    }
}

void session::enqueue(net::frame request) {
    task next;
    if (request.type == message_type::train) {
        const auto what = federation::read_train(request.meta);
        next = {{}, what.round, what.client, what.version, {}};
    } else {
        const auto what = federation::read_evaluate(request.meta);
        next = {{}, what.round, what.client, what.version, {}};
    }
    next.request = std::move(request);
    next.stop = std::make_shared<std::atomic<bool>>(false);
    waiting_.push_back(std::move(next));
    work_.set();
}

void session::cancel(std::uint32_t round) {
    for (auto* task : running_) {
        if (task->round <= round) {
            task->stop->store(true);
        }
    }
    std::erase_if(waiting_, [&](const task& queued) {
        const bool stale = queued.round <= round;
        if (stale) {
            connection_->refuse(queued.request, refusal_code::unexpected, "the round was given up");
        }
        return stale;
    });
}

net::awaitable<void> session::lane() {
    co_await boost::asio::this_coro::throw_if_cancelled(false);
    std::optional<workspace> own;
    while (!over_) {
        if (waiting_.empty()) {
            work_.reset();
            co_await work_.wait();
            continue;
        }
        auto next = std::move(waiting_.front());
        waiting_.pop_front();
        if (!setup_ || !data_ || weights_.empty() || weights_version_ != next.version) {
            connection_->refuse(next.request, refusal_code::unexpected,
                                "this worker lacks the data, the model or these weights");
            continue;
        }
        const auto place = running_.insert(running_.end(), &next);
        co_await perform(own, next);
        running_.erase(place);
    }
}

net::awaitable<void> session::perform(std::optional<workspace>& own, const task& what) {
    const auto began = rt_.time.now();
    try {
        // Even its allocation may fail: the master decides how large the model is.
        if (!own || &own->setup() != setup_.get()) {
            own.reset();
            own.emplace(setup_);
        }
        const auto data = data_;
        const auto weights = weights_;
        if (what.request.type == message_type::train) {
            auto result = finished_.find(what.round, what.client);
            if (!result) {
                auto job = [&] {
                    return own->train(*data, weights.floats(), what.round, what.client, *what.stop);
                };
                result = co_await net::offload(rt_, pool_, std::move(job));
                result->update.seconds = std::chrono::duration<double>(rt_.time.now() - began).count();
                // Other weights may have come meanwhile; then nobody wants this again.
                if (weights.bytes().data() == weights_.bytes().data()) {
                    finished_.keep(*result);
                }
            }
            co_await connection_->writable();
            connection_->reply(what.request, federation::to_meta(result->update), result->weights);
        } else {
            const bool confusion =
                options_.tell_labels && federation::read_evaluate(what.request.meta).confusion;
            auto job = [&] {
                return own->evaluate(*data, weights.floats(), what.client, *what.stop, confusion);
            };
            const auto result = co_await net::offload(rt_, pool_, std::move(job));
            co_await connection_->writable();
            connection_->reply(what.request, federation::to_meta(result));
        }
    } catch (const cancelled_task& e) {
        connection_->refuse(what.request, refusal_code::unexpected, e.what());
    } catch (const data::error& e) {
        connection_->refuse(what.request, refusal_code::data, e.what());
    } catch (const std::exception& e) {
        log_(severity::warning, e.what());
        connection_->refuse(what.request, refusal_code::failed, e.what());
    }
}

} // namespace fedasio::worker
