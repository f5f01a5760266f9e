#include <fedasio/net/discovery.hpp>
#include <fedasio/net/handshake.hpp>
#include <fedasio/net/nursery.hpp>
#include <fedasio/net/tcp.hpp>
#include <fedasio/net/thread_pool.hpp>
#include <fedasio/wire/hello.hpp>
#include <fedasio/worker/worker.hpp>

#include <CLI/CLI.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/system/system_error.hpp>

#include "default_name.hpp"
#include "program/command_line.hpp"
#include "program/logging.hpp"
#include "program/process_measurements.hpp"
#include "program/protection.hpp"
#include "program/proxy.hpp"
#include "program/resources.hpp"
#include "program/service_manager.hpp"
#include "program/signals.hpp"
#include "program/state_dir.hpp"
#include "program/state_lock.hpp"
#include <algorithm>
#include <filesystem>
#include <memory>
#include <optional>
#include <thread>

namespace {

using namespace fedasio;
using program::level;

struct settings {
    std::string connect;
    bool discover = false;
    std::uint16_t discovery_port = net::discovery_options{}.port;
    double give_up = 300;
    std::string proxy;
    std::string data;
    std::string state_dir;
    std::string trainer;
    int trainer_descriptor = -1;
    program::protection_options protection;
    program::log_options log;
    worker::worker_options worker;
};

/// Looks for the master anew at each attempt: one that was restarted may have moved.
net::awaitable<net::opened> find_and_connect(net::runtime& rt, const settings& from,
                                             program::connecting_handshakes prove) {
    net::discovery_options options;
    options.port = from.discovery_port;
    net::discovered found;
    try {
        found = co_await net::discover(rt, rt.time.now() + 3 * options.interval, options);
    } catch (const boost::system::system_error& e) {
        found.error = e.code();
    }
    if (found.error) {
        net::opened none;
        none.error = found.error;
        co_return std::move(none);
    }
    program::log(level::info, "discovered", "found '" + found.name + "' at " + found.master.to_string());
    try {
        program::require_protection(from.protection, found.master);
    } catch (const std::runtime_error& e) {
        program::log(level::error, "discovered", e.what());
        net::opened none;
        none.error = boost::asio::error::access_denied;
        co_return std::move(none);
    }
    auto prove_to = prove.to(found.master.host);
    co_return co_await net::connect_and_prove(rt, found.master, std::move(prove_to));
}

net::awaitable<net::opened> connect(net::runtime& rt, net::address where, std::optional<net::http_proxy> via,
                                    net::handshake prove) {
    if (!via) {
        co_return co_await net::connect_and_prove(rt, std::move(where), std::move(prove));
    }
    auto fresh = co_await net::connect_through(rt, std::move(*via), std::move(where));
    if (fresh.error || !prove) {
        co_return std::move(fresh);
    }
    co_return co_await prove(std::move(fresh.connection));
}

net::awaitable<void> work(net::runtime& rt, net::thread_pool& pool, const settings& from,
                          std::optional<net::http_proxy> via, program::connecting_handshakes prove,
                          worker::ending& end, std::function<void()> on_end) {
    net::dialer dial;
    if (from.discover) {
        dial = [&rt, &from, prove] { return find_and_connect(rt, from, prove); };
    } else {
        dial = [&rt, where = net::address::parse(from.connect), via, prove] {
            return connect(rt, where, via, prove.to(where.host));
        };
    }
    const auto log = [](worker::severity how, const std::string& text) {
        program::log(how == worker::severity::info ? level::info : level::warning, "worker", text);
    };
    end = co_await worker::run(rt, pool.get_executor(), std::move(dial), from.worker, log);
    on_end();
}

int start(settings from) {
    program::start_log("fedasio-worker", from.log);
    constexpr std::size_t needed = 16;
    program::require_descriptors(needed);
    program::chosen_proxy via;
    if (!from.discover) {
        const auto master = net::address::parse(from.connect);
        program::require_protection(from.protection, master);
        via = program::choose_proxy(from.proxy, master);
    }
    if (via.proxy) {
        program::log(level::info, "proxy",
                     "reaching the master through the proxy " + via.proxy->where.to_string() + " (" +
                         via.from + ")");
    }
    if (!from.data.empty()) {
        from.worker.data = from.data;
    }
    if (!from.trainer.empty() || from.trainer_descriptor >= 0) {
        auto& how = from.worker.trainer.emplace();
        how.command = from.trainer;
        if (from.trainer_descriptor >= 0) {
            how.descriptor = from.trainer_descriptor;
            from.worker.threads = 1;
        }
    }
    std::optional<program::state_lock> lock;
    if (!from.state_dir.empty()) {
        program::make_state_dir(from.state_dir);
        lock.emplace(from.state_dir);
        from.worker.states =
            std::make_shared<store::client_states>(std::filesystem::path(from.state_dir) / "clients");
    }
    from.worker.states_are_durable = lock.has_value();
    from.worker.retry.give_up =
        std::chrono::duration_cast<net::clock::duration>(std::chrono::duration<double>(from.give_up));
    from.worker.measure = program::process_measurements();
    from.worker.memory_bytes = program::memory_limit();

    boost::asio::io_context context(1);
    net::thread_pool pool(from.worker.threads);
    if (!pool.shortage().empty()) {
        program::log(level::warning, "threads", pool.shortage());
        from.worker.threads = static_cast<std::uint32_t>(pool.size());
    }
    net::system_runtime rt(context);
    const auto prove = program::connecting_handshake(
        rt, from.protection, [](const std::string& news) { program::log(level::warning, "kit", news); });
    std::optional<program::default_name> place;
    if (from.worker.name.empty() && prove.own_name.empty()) {
        place.emplace(from.worker.data, from.discover ? "discovered" : from.connect);
        from.worker.name = place->text();
    } else if (from.worker.name.empty()) {
        from.worker.name = prove.own_name;
    }
    net::nursery all(context.get_executor());
    net::nursery watching(context.get_executor());
    worker::ending end;
    auto signals = program::end_signals(rt);
    watching.spawn(program::watch_signals(signals, [&all] {
        program::notify_service_manager("STOPPING=1");
        all.cancel();
    }));
    all.spawn(work(rt, pool, from, via.proxy, prove, end, [&watching] { watching.cancel(); }));
    program::notify_service_manager("READY=1");
    program::run_until_over(context, pool);
    program::log(end.done ? level::info : level::error, "ended", end.reason);
    return end.done ? program::done : program::failed;
}

} // namespace

int main(int argc, char** argv) {
    program::claim_resources();
    settings from;
    from.worker.threads = std::max(1U, std::thread::hardware_concurrency());
    CLI::App app("Trains next to its data for a fedasio master: it is told by the master what to learn.",
                 "fedasio-worker");
    program::describe(app,
                      "  fedasio-worker --connect 127.0.0.1:7700\n"
                      "  fedasio-worker --connect master.example:7700 --tls ward-3 --data /srv/ward-3.csv\n"
                      "  fedasio-worker --discover --key-file fedasio.key --clients 10 --threads 2\n");
    auto* connect =
        app.add_option("--connect", from.connect, "address of the master")->check(program::host_and_port());
    auto* discover = app.add_flag("--discover", from.discover,
                                  "find a master that runs with --announce on the local network");
    connect->excludes(discover);
    program::add_proxy_option(app, from.proxy)->excludes(discover);
    app.add_option("--name", from.worker.name,
                   "name, unique among the workers (default: that of the --tls kit, else made of "
                   "host and data)")
        ->check([](const std::string& name) { return wire::problem_of_name(name); });
    app.add_option("--clients", from.worker.clients,
                   "clients to host at most (default 0: as many as the master gives)")
        ->check(program::whole_between(0, 1000000));
    app.add_option("--threads", from.worker.threads,
                   "clients that train at the same time (default: the number of cores)")
        ->check(program::whole_between(1, 1024));
    app.add_option("--data", from.data,
                   "this worker's own data: a file, a folder that holds the files that the plan names, or "
                   "one of images")
        ->check(CLI::ExistingPath);
    app.add_option("--state-dir", from.state_dir,
                   "folder for what clients keep from round to round by some strategies (default: in memory "
                   "only, and lost when the worker ends)");
    auto* trainer =
        app.add_option(
               "--trainer", from.trainer,
               "command line of a trainer of your own, which has the data and trains: --threads of it "
               "are started, and again when they end")
            ->check(program::command_line());
    app.add_option("--trainer-fd", from.trainer_descriptor,
                   "descriptor of a local socket to a trainer that runs already; the worker ends with it")
        ->check(program::whole_between(3, 1048576))
        ->excludes(trainer);
    app.add_option("--give-up-after", from.give_up, "seconds to go on trying when there is no master")
        ->check(program::number_between(0, 1e9))
        ->capture_default_str();
    app.add_flag_callback(
        "--no-label-counts", [&from] { from.worker.tell_labels = false; },
        "do not tell the master how many samples of each class there are");
    app.add_option("--discovery-port", from.discovery_port, "UDP port of announcements")
        ->check(program::whole_between(1, 65535))
        ->capture_default_str();
    program::add_protection_options(app, from.protection);
    app.add_option("--master-name", from.protection.master_name,
                   "with --tls: the name in the master's certificate (default: the host that is dialled)")
        ->needs("--tls");
    program::add_log_options(app, from.log);
    app.callback([&] {
        if (!*connect && !*discover) {
            throw CLI::RequiredError("--connect HOST:PORT or --discover");
        }
    });
    return program::run_program(app, argc, argv, [&] { return start(from); });
}
