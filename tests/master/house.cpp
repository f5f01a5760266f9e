#include "house.hpp"

#include <fedasio/wire/hello.hpp>
#include <fedasio/wire/message_type.hpp>

#include <boost/asio/this_coro.hpp>
#include <boost/json/object.hpp>

#include <exception>

namespace house {
namespace {

net::awaitable<void> work(net::runtime& rt, boost::asio::any_io_executor pool, net::dialer dial,
                          std::string name, bool tell_labels) {
    worker::worker_options options;
    options.tell_labels = tell_labels;
    options.name = std::move(name);
    options.retry.first = options.retry.longest = std::chrono::milliseconds(5);
    const worker::log_handler no_log = [](worker::severity, const std::string&) {};
    co_await worker::run(rt, std::move(pool), std::move(dial), std::move(options), no_log);
}

net::awaitable<void> come_and_go(net::runtime& rt, net::dialer dial, std::string name) {
    co_await boost::asio::this_coro::throw_if_cancelled(false);
    for (bool cancelled = false; !cancelled;) {
        auto wire = co_await dial();
        if (!wire.error) {
            const auto connection = std::make_shared<net::connection>(rt, std::move(wire.connection));
            connection->on_frame([](const net::frame&) {}); // answers nothing
            connection->start();
            wire::hello me;
            me.name = name;
            net::frame hello(wire::message_type::hello, wire::to_meta(me));
            co_await connection->request(std::move(hello), {}, rt.time.now() + std::chrono::seconds(10));
            connection->close("gone again");
            co_await connection->ended();
        }
        cancelled = co_await net::is_cancelled();
    }
}

net::awaitable<void> serve(master::run& run) {
    co_await run.serve();
}

} // namespace

std::string table(int rows) {
    std::string text = "x,y,label\n";
    for (int i = 0; i < rows; ++i) {
        const int x = i % 17;
        const int y = i % 13;
        text += std::to_string(x) + "," + std::to_string(y) + (x > y ? ",over\n" : ",under\n");
    }
    return text;
}

std::string plan_text(const std::filesystem::path& table, const std::string& more) {
    return R"({"model": {"layers": [{"type": "dense", "units": 8, "activation": "relu"},
                                   {"type": "dense", "units": 2, "activation": "softmax"}]},
      "data": {"source": {"type": "csv", "train": ")" +
           table.string() + R"(", "label": "label"}, "partition": {"scheme": "iid"}},
      "clients": 6, "checkpoint_every": 1)" +
           more + "}";
}

federation_of::federation_of(const plan::plan& plan, master::run_options options)
    : run_(rt_, pool_.get_executor(), plan, std::move(options), source_),
      network_(net::make_memory_network(rt_.executor)), listener_(rt_, std::move(network_.source)) {
    source_.subscribe([this](const master::event& happened) {
        events.push_back(happened);
        if (const auto* entered = std::get_if<master::phase_entered>(&happened.what)) {
            now = entered->now;
        }
        news_.set();
    });
    everybody_.spawn(
        listener_.run([this](std::unique_ptr<net::stream> wire) { return run_.admit(std::move(wire)); }));
}

federation_of::~federation_of() {
    pool_.join();
}

void federation_of::add_worker(const std::string& name, bool tell_labels) {
    everybody_.spawn(work(rt_, pool_.get_executor(), network_.dial, name, tell_labels));
}

void federation_of::add_flapping_worker(const std::string& name) {
    everybody_.spawn(come_and_go(rt_, network_.dial, name));
}

void federation_of::play(net::awaitable<void> script) {
    auto whole = [](federation_of& self, net::awaitable<void> scripted) -> net::awaitable<void> {
        co_await boost::asio::this_coro::throw_if_cancelled(false);
        self.serving_.spawn(serve(self.run_));
        std::exception_ptr failure;
        try {
            co_await std::move(scripted);
        } catch (...) {
            failure = std::current_exception();
        }
        self.serving_.cancel();
        co_await self.serving_.join();
        self.everybody_.cancel();
        co_await self.everybody_.join();
        if (failure) {
            std::rethrow_exception(failure);
        }
    };
    live_.run(whole(*this, std::move(script)));
}

net::awaitable<void> federation_of::until(std::function<bool()> condition) {
    while (!condition()) {
        news_.reset();
        co_await news_.wait();
    }
}

} // namespace house
