// What so many workers cost the master's one thread: N that say hello, load what they are asked to and take
// the model, and then are silent, over memory. Each brings data of its own, so that each is dealt a client.
// The dashboard's board follows. Prints when the cohort is asked to train, how many have left by then, and
// the longest time in which no timer of the thread came to its turn: heartbeats stand in that queue too.
#include <fedasio/dashboard/board.hpp>
#include <fedasio/data/csv.hpp>
#include <fedasio/master/run.hpp>
#include <fedasio/net/listener.hpp>
#include <fedasio/net/memory_stream.hpp>
#include <fedasio/wire/hello.hpp>
#include <fedasio/wire/load.hpp>
#include <fedasio/wire/message_type.hpp>
#include <fedasio/wire/survey.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/json/object.hpp>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>

namespace {

using namespace fedasio;
namespace message_type = wire::message_type;

constexpr auto tick = std::chrono::milliseconds(10);

boost::json::object summary_of_a_table(const std::filesystem::path& file, const data::csv_source& source) {
    std::ofstream(file) << "x,y,label\n1,2,over\n3,1,under\n2,2,over\n5,4,under\n";
    return wire::to_meta(data::survey_csv(file, source, false).summary);
}

boost::json::object loaded(const net::frame& request) {
    wire::loaded answer;
    for (const auto client : wire::read_load(request.meta).clients) {
        answer.clients.push_back({client, 4, 0});
    }
    return wire::to_meta(answer);
}

net::awaitable<void> be_silent(net::runtime& rt, net::dialer dial, std::string name,
                               const boost::json::object& summary) {
    auto wire = co_await dial();
    const auto peer = std::make_shared<net::connection>(rt, std::move(wire.connection));
    net::frame_limits limits{std::size_t{1} << 20, std::size_t{1} << 20};
    peer->set_limits(limits);
    peer->on_frame([&summary, self = peer.get()](const net::frame& request) {
        if (request.type == message_type::survey) {
            self->reply(request, summary);
        } else if (request.type == message_type::load) {
            self->reply(request, loaded(request));
        } else if (request.type == message_type::model) {
            self->reply(request);
        }
    });
    wire::hello me;
    me.name = std::move(name);
    net::frame hello(message_type::hello, wire::to_meta(me));
    peer->ask(std::move(hello), limits, [](const net::answer&) {});
    co_await peer->run();
}

/// The longest time between two of its turns, beyond the pause that it makes.
net::awaitable<void> watch(net::runtime& rt, net::clock::duration& longest) {
    for (;;) {
        const auto before = rt.time.now();
        co_await net::sleep_for(rt, tick);
        longest = std::max(longest, rt.time.now() - before - tick);
    }
}

net::awaitable<void> serve(master::run& run) {
    co_await run.serve();
}

} // namespace

int main(int argc, char** argv) {
    const auto workers = static_cast<std::uint32_t>(argc > 1 ? std::stoul(argv[1]) : 10'000);
    boost::asio::io_context context;
    net::system_runtime system(context);
    net::runtime& rt = system;
    boost::asio::thread_pool pool(1);
    const auto plan = plan::parse_checked_plan(
        R"({"model": {"layers": [{"type": "dense", "units": 2, "activation": "softmax"}]},
            "data": {"source": {"type": "csv", "label": "label"}, "partition": {"scheme": "local"}}, "rounds": 1,
            "clients": )" +
            std::to_string(workers) + "}",
        "plan");
    const auto file =
        std::filesystem::temp_directory_path() / ("many_workers-" + std::to_string(rt.entropy()));
    const auto summary = summary_of_a_table(file, std::get<data::csv_source>(plan.source));
    std::filesystem::remove(file);
    master::event_source events(rt.time);
    dashboard::board board("bench", 0);
    std::uint32_t joined = 0;
    std::uint32_t left = 0;
    net::clock::duration longest{};
    const auto began = rt.time.now();
    auto dealing_since = began;
    events.subscribe([&](const master::event& happened) {
        board.fold(happened);
        if (std::holds_alternative<master::worker_joined>(happened.what) && ++joined == workers) {
            dealing_since = rt.time.now();
        }
        left += std::holds_alternative<master::worker_left>(happened.what) ? 1 : 0;
        if (std::holds_alternative<master::round_started>(happened.what)) {
            context.stop();
        }
    });
    master::run_options options;
    options.autostart = true;
    options.state_dir.clear();
    options.min_workers = workers;
    master::run run(rt, pool.get_executor(), plan, options, events);
    auto network = net::make_memory_network(rt.executor);
    net::listener listener(rt, std::move(network.source));
    boost::asio::co_spawn(
        context, listener.run([&](std::unique_ptr<net::stream> wire) { return run.admit(std::move(wire)); }),
        boost::asio::detached);
    boost::asio::co_spawn(context, serve(run), boost::asio::detached);
    boost::asio::co_spawn(context, watch(rt, longest), boost::asio::detached);
    for (std::uint32_t i = 0; i < workers; ++i) {
        boost::asio::co_spawn(context, be_silent(rt, network.dial, "worker-" + std::to_string(i), summary),
                              boost::asio::detached);
    }
    context.run();
    const auto seconds = [](net::clock::duration time) {
        return std::chrono::duration<double>(time).count();
    };
    std::printf(
        "%u workers: joined in %.2f s, asked to train %.2f s later; %u left; the thread was busy for %.2f s "
        "at most\n",
        joined, seconds(dealing_since - began), seconds(rt.time.now() - dealing_since), left,
        seconds(longest));
    std::fflush(stdout);
    std::_Exit(left == 0 ? 0 : 1); // what still waits ends with the process
}
