// What a trainer of one's own adds to a client's round: the same worker, asked for the same round, whose
// built-in trainer gives back at once what it got, and whose trainer is a process in Python that does so. All
// are asked in turn, round after round, in one process over loopback.
// Usage: trainer PYTHON [ROUNDS]
#include <fedasio/data/csv.hpp>
#include <fedasio/net/listener.hpp>
#include <fedasio/net/nursery.hpp>
#include <fedasio/net/tcp.hpp>
#include <fedasio/net/thread_pool.hpp>
#include <fedasio/plan/limits.hpp>
#include <fedasio/wire/hello.hpp>
#include <fedasio/wire/load.hpp>
#include <fedasio/wire/message_type.hpp>
#include <fedasio/wire/model.hpp>
#include <fedasio/wire/run_over.hpp>
#include <fedasio/wire/train.hpp>
#include <fedasio/wire/weights.hpp>
#include <fedasio/worker/worker.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <map>
#include <stdexcept>
#include <string>
#include <thread>
#include <unistd.h>
#include <vector>

namespace {

namespace asio = boost::asio;
namespace data = fedasio::data;
namespace net = fedasio::net;
namespace nn = fedasio::nn;
namespace wire = fedasio::wire;
namespace worker = fedasio::worker;
namespace message_type = fedasio::wire::message_type;
using steady = std::chrono::steady_clock;

constexpr auto patience = std::chrono::seconds(60);
constexpr int warming_up = 5;

/// Gives back the weights that it got.
class idle_trainer final : public worker::trainer {
public:
    explicit idle_trainer(std::shared_ptr<const worker::training_setup> setup) : setup_(std::move(setup)) {}

    [[nodiscard]] const worker::training_setup& setup() const noexcept override { return *setup_; }

    void load(std::shared_ptr<const worker::local_data> data) override { data_ = std::move(data); }

    worker::trained train(worker::training_request what, const std::atomic<bool>& /*stop*/) override {
        net::buffer values(what.weights.size_bytes());
        std::memcpy(values.bytes().data(), what.weights.data(), what.weights.size_bytes());
        worker::trained result;
        result.update.round = what.round;
        result.update.client = what.client;
        result.update.samples = data_->find(what.client)->train.size();
        result.weights = net::payload(std::move(values));
        return result;
    }

    wire::evaluation evaluate(const worker::evaluation_request& /*what*/,
                              const std::atomic<bool>& /*stop*/) override {
        throw std::logic_error("nothing is evaluated here");
    }

private:
    std::shared_ptr<const worker::training_setup> setup_;
    std::shared_ptr<const worker::local_data> data_;
};

/// A table of two columns, which the built-in worker wants to see.
wire::load table_in(const std::filesystem::path& file) {
    std::ofstream(file) << "x,y,label\n1,2,a\n2,1,b\n3,5,a\n4,4,b\n";
    data::csv_source source;
    source.train = file.string();
    source.label = "label";
    wire::load what;
    what.seed = 1;
    what.source = source;
    what.clients_total = 1;
    what.clients = {0};
    const std::vector summaries{data::summarize_csv(source.train, source, false)};
    what.schema = data::merge(summaries, source, false);
    return what;
}

/// 1.66 million parameters, as the CNN of McMahan et al. (2017) has.
wire::model wide_network() {
    wire::model what;
    what.network.emplace();
    what.network->input = {1, 1, 2};
    what.network->layers = {nn::dense{1285, nn::activation::relu, nn::initializer::he},
                            nn::dense{1285, nn::activation::relu, nn::initializer::he},
                            nn::dense{2, nn::activation::softmax, nn::initializer::glorot}};
    what.parameters = nn::network(*what.network).parameter_count();
    return what;
}

net::awaitable<net::frame> ask(net::runtime& rt, net::connection& peer, net::frame request,
                               std::size_t body) {
    const net::frame_limits limits{std::size_t{1} << 20, body};
    auto got = co_await peer.request(std::move(request), limits, rt.time.now() + patience);
    if (got.result != net::outcome::reply) {
        throw std::runtime_error(std::string(to_string(got.result)) + ": " + got.reason);
    }
    co_return std::move(got.reply);
}

struct measured {
    net::connection_ptr peer;
    std::vector<double> milliseconds;
};

net::awaitable<void> drive(net::runtime& rt, net::listener& listener, std::size_t workers,
                           const wire::load& load, int rounds, std::map<std::string, measured>& out) {
    const auto model = wide_network();
    const auto bytes = model.parameters * sizeof(float);
    while (out.size() < workers) {
        auto peer = co_await listener.accept();
        peer->on_frame([&out, peer](const net::frame& request) {
            if (request.type == message_type::hello) {
                out[wire::read_hello(request.meta).name].peer = peer;
                peer->reply(request, wire::to_meta(wire::welcome{1, "bench"}));
            }
        });
        const auto before = out.size();
        while (out.size() == before) {
            co_await net::sleep_for(rt, std::chrono::milliseconds(10));
        }
    }
    for (const auto& [name, one] : out) {
        co_await ask(rt, *one.peer, net::frame(message_type::load, wire::to_meta(load)), 0);
        co_await ask(rt, *one.peer, net::frame(message_type::model, wire::to_meta(model)), 0);
    }
    for (int round = 1; round <= rounds + warming_up; ++round) {
        const auto number = static_cast<std::uint32_t>(round);
        for (auto& [name, one] : out) {
            net::buffer values(bytes);
            std::ranges::fill(values.floats(), static_cast<float>(round));
            net::frame weights(message_type::weights, wire::to_meta(wire::weights{number}),
                               net::payload(std::move(values)));
            wire::train what;
            what.round = what.version = number;
            const auto begin = steady::now();
            co_await ask(rt, *one.peer, std::move(weights), 0);
            const auto update =
                co_await ask(rt, *one.peer, net::frame(message_type::train, wire::to_meta(what)), bytes);
            const std::chrono::duration<double, std::milli> took = steady::now() - begin;
            if (update.body.size() != bytes || update.body.floats()[bytes / 8] != static_cast<float>(round)) {
                throw std::runtime_error(name + " gives other weights back");
            }
            if (round > warming_up) {
                one.milliseconds.push_back(took.count());
            }
        }
    }
    for (const auto& [name, one] : out) {
        one.peer->send(net::frame(message_type::run_over, wire::to_meta(wire::run_over{"done"})));
        co_await one.peer->ended();
    }
}

worker::worker_options worker_for(const std::string& name, const std::string& command) {
    worker::worker_options options;
    options.name = name;
    options.keep_bytes = 0;
    if (command.empty()) {
        options.make_trainer = [](std::shared_ptr<const worker::training_setup> setup) {
            return std::make_unique<idle_trainer>(std::move(setup));
        };
    } else {
        options.trainer.emplace();
        options.trainer->command = command;
    }
    return options;
}

void run_workers(net::address where, const std::map<std::string, std::string>& commands) {
    asio::io_context context;
    net::system_runtime rt(context);
    net::thread_pool pool(2);
    const auto log = [](worker::severity how, const std::string& line) {
        if (how == worker::severity::warning) {
            std::fprintf(stderr, "%s\n", line.c_str());
        }
    };
    for (const auto& [name, command] : commands) {
        auto dial = [&rt, where]() { return net::connect_tcp(rt, where); };
        asio::co_spawn(context,
                       worker::run(rt, pool.get_executor(), std::move(dial), worker_for(name, command), log),
                       [](const std::exception_ptr& error, const worker::ending&) {
                           if (error) {
                               std::rethrow_exception(error);
                           }
                       });
    }
    context.run();
}

double quantile(std::vector<double> values, double share) {
    std::ranges::sort(values);
    return values[static_cast<std::size_t>(share * static_cast<double>(values.size() - 1))];
}

} // namespace

int main(int count, char** arguments) {
    const std::string python = count > 1 ? arguments[1] : "/usr/bin/python3";
    const int rounds = count > 2 ? std::atoi(arguments[2]) : 100;
    const std::string script = "PYTHONPATH=" FEDASIO_SOURCE_DIR "/python exec " + python +
                               " -B " FEDASIO_SOURCE_DIR "/bench/trainer_idle.py ";
    const std::map<std::string, std::string> commands{{"built-in", ""},
                                                      {"memory", script + "memory"},
                                                      {"memory, new arrays", script + "memory new"},
                                                      {"socket", script + "socket"}};
    const auto folder = std::filesystem::temp_directory_path() / ("trainer-" + std::to_string(getpid()));
    std::filesystem::create_directories(folder);
    const auto load = table_in(folder / "table.csv");
    asio::io_context context;
    net::system_runtime rt(context);
    net::listener listener(rt, net::listen_tcp(rt, {"127.0.0.1", 0}));
    std::map<std::string, measured> out;
    std::thread workers(
        [where = net::address::parse(listener.local()), &commands] { run_workers(where, commands); });
    asio::co_spawn(context, drive(rt, listener, commands.size(), load, rounds, out),
                   [&](const std::exception_ptr& error) {
                       if (error) {
                           std::rethrow_exception(error);
                       }
                       context.stop();
                   });
    context.run();
    workers.join();
    std::filesystem::remove_all(folder);
    const auto& base = out["built-in"].milliseconds;
    std::printf("ms a round, %d rounds; what each adds to the built-in one\n", rounds);
    std::printf("%-20s %8s %8s %8s %8s\n", "trainer", "10 %", "median", "adds", "adds");
    for (const auto& [name, one] : out) {
        const auto fast = quantile(one.milliseconds, 0.1);
        const auto median = quantile(one.milliseconds, 0.5);
        std::printf("%-20s %8.2f %8.2f %8.2f %8.2f\n", name.c_str(), fast, median, fast - quantile(base, 0.1),
                    median - quantile(base, 0.5));
    }
}
