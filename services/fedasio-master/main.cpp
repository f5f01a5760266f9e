#include <fedasio/dashboard/audit_log.hpp>
#include <fedasio/dashboard/master_place.hpp>
#include <fedasio/dashboard/server.hpp>
#include <fedasio/history/recorder.hpp>
#include <fedasio/master/run.hpp>
#include <fedasio/master/stall_watch.hpp>
#include <fedasio/net/discovery.hpp>
#include <fedasio/net/listener.hpp>
#include <fedasio/net/tcp.hpp>
#include <fedasio/net/thread_pool.hpp>
#include <fedasio/plan/plan.hpp>

#include <boost/asio/io_context.hpp>
#include <boost/system/system_error.hpp>

#include "archive.hpp"
#include "dashboard_access.hpp"
#include "program/child_processes.hpp"
#include "program/command_line.hpp"
#include "program/event_output.hpp"
#include "program/logging.hpp"
#include "program/page_files.hpp"
#include "program/plan_file.hpp"
#include "program/protection.hpp"
#include "program/resources.hpp"
#include "program/service_manager.hpp"
#include "program/signals.hpp"
#include "program/state_dir.hpp"
#include "program/state_lock.hpp"
#include "webhook.hpp"
#include <algorithm>
#include <cstdio>
#include <optional>
#include <stdexcept>
#include <thread>
#include <vector>

namespace {

using namespace fedasio;
using severity = master::noticed::severity;

struct settings {
    std::string plan;
    std::string listen = "127.0.0.1:7700";
    std::string dashboard = "127.0.0.1:8080";
    std::uint32_t spawn_workers = 0;
    bool announce = false;
    std::uint16_t discovery_port = net::discovery_options{}.port;
    std::string report;
    std::string notify;
    std::string evaluator;
    program::protection_options protection;
    program::dashboard_access_options access;
    program::log_options log;
    master::run_options run;
};

/// An address that reaches `where` from this machine.
net::address from_here(net::address where) {
    if (where.host == "0.0.0.0") {
        where.host = "127.0.0.1";
    } else if (where.host == "::") {
        where.host = "::1";
    }
    return where;
}

/// Spawned workers have no certificates: beside --tls they get an acceptor of their own on the loopback
/// interface, and a key of this start.
std::unique_ptr<net::acceptor> listen_for_spawned(net::runtime& rt, settings& spawned) {
    spawned.protection = {};
    spawned.protection.key_file = spawned.run.state_dir / "spawned-workers.key";
    std::filesystem::remove(spawned.protection.key_file);
    return net::listen_tcp(rt, {"127.0.0.1", 0}, 0, program::descriptors_for_files);
}

void spawn_workers(program::child_processes& children, const settings& from, const net::address& where) {
    const auto cores = std::max(1U, std::thread::hardware_concurrency());
    const auto threads = std::max(1U, cores / from.spawn_workers);
    for (std::uint32_t i = 1; i <= from.spawn_workers; ++i) {
        const auto name = "worker-" + std::to_string(i);
        std::vector<std::string> words{"--connect",    from_here(where).to_string(),
                                       "--name",       name,
                                       "--threads",    std::to_string(threads),
                                       "--log-level",  "warning",
                                       "--log-format", from.log.format};
        if (!from.protection.key_file.empty()) {
            words.insert(words.end(), {"--key-file", from.protection.key_file.string()});
        }
        if (from.protection.insecure) {
            words.emplace_back("--insecure");
        }
        children.start(name, program::beside_this_program("fedasio-worker"), words);
    }
}

net::awaitable<void> announce(net::runtime& rt, net::address where, std::string name,
                              net::discovery_options options, master::run& run) {
    try {
        co_await net::announce(rt, std::move(where), std::move(name), options);
    } catch (const std::exception& e) {
        run.notice(severity::error, std::string("workers cannot discover this master: ") + e.what());
    }
}

net::awaitable<void> serve(master::run& run, bool& succeeded, std::function<void()> on_end) {
    try {
        succeeded = co_await run.serve();
    } catch (const std::exception& e) {
        succeeded = false;
        run.notice(severity::error, e.what());
    }
    on_end();
}

int start(settings from, bool min_workers_given) {
    program::start_log("fedasio-master", from.log);
    // Its own, those for files, and one for each worker that it waits for.
    constexpr std::size_t own = 16;
    program::require_descriptors(own + program::descriptors_for_files +
                                 std::max(from.run.min_workers, from.spawn_workers));
    auto plan = program::read_checked_plan(from.plan, !from.evaluator.empty());
    if (!from.evaluator.empty()) {
        from.run.evaluator.emplace().command = from.evaluator;
        from.run.evaluator_log = [](const std::string& line) {
            program::log(program::level::info, "evaluator", line);
        };
    }
    program::make_state_dir(from.run.state_dir);
    const program::state_lock only_master(from.run.state_dir);
    const auto plan_name = plan.name;
    if (!min_workers_given) {
        from.run.min_workers = std::max(1U, from.spawn_workers);
    }
    from.run.workers_on_this_machine = from.spawn_workers > 0;

    boost::asio::io_context context(1);
    net::thread_pool pool(std::max(1U, std::thread::hardware_concurrency()));
    net::system_runtime system(context);
    net::runtime& rt = system;
    master::event_source events(rt.time);
    program::event_output output(rt.time, from.report);
    events.subscribe([&output](const master::event& happened) { output.take(happened); });

    from.run.memory_bytes = program::memory_limit();
    master::run run(rt, pool.get_executor(), std::move(plan), from.run, events);
    const auto history_file = from.run.state_dir / "history.sqlite";
    history::recorder recorder(
        rt, pool.get_executor(), history_file,
        [&run](severity level, std::string text) { run.notice(level, std::move(text)); });
    events.subscribe([&recorder](const master::event& happened) { recorder.take(happened); });
    const auto warn = [&run](const std::string& what) { run.notice(severity::warning, what); };
    master::stall_watch stalls(rt.time, events);
    std::optional<program::webhook> hook;
    if (!from.notify.empty()) {
        hook.emplace(rt, from.notify, warn);
        events.subscribe([&hook](const master::event& happened) { hook->take(happened); });
    }
    const auto dashboard_at = net::address::parse(from.dashboard);
    auto access = program::make_dashboard_access(rt, from.access, from.protection, dashboard_at,
                                                 from.run.state_dir, warn);
    dashboard::audit_log audit(rt.executor, pool.get_executor(), from.run.state_dir / "audit.log",
                               [&run](bool works, const std::string& problem) {
                                   run.notice(works ? severity::info : severity::error,
                                              works ? "the audit log is written again"
                                                    : "the audit log cannot be written: " + problem);
                               });
    access.protection.audit = [&audit](const dashboard::audit_entry& entry) { audit.write(entry); };
    const auto files = program::page_files();
    access.protection.warn = warn;
    dashboard::server_options limits;
    // Workers come before browsers.
    limits.spare_descriptors = program::descriptors_for_files + program::descriptor_limit() / 4;
    limits.has_evaluator = from.run.evaluator.has_value();
    program::last_read_model saved;
    program::histograms counted;
    dashboard::server page(
        rt, dashboard_at, events, [&run](master::command what) { return run.execute(std::move(what)); },
        files, limits,
        [&](dashboard::archive_question what) {
            return program::answer_question(rt, pool.get_executor(), run, saved, counted, from.run.state_dir,
                                            std::move(what));
        },
        access.protection);
    std::unique_ptr<net::acceptor> acceptor;
    try {
        acceptor = net::listen_tcp(rt, net::address::parse(from.listen), 0, program::descriptors_for_files);
    } catch (const boost::system::system_error& e) {
        throw std::runtime_error("cannot listen on " + from.listen + " for workers (" + e.code().message() +
                                 "): choose another address with --listen HOST:PORT");
    }
    const auto where = net::address::parse(acceptor->local());
    program::require_protection(from.protection, where);
    net::listener_options door;
    door.prove = program::accepting_handshake(rt, from.protection, warn);
    net::listener listener(rt, std::move(acceptor), std::move(door),
                           [&run](const std::string& what) { run.turned_away(what); });
    auto spawned = from;
    auto where_spawned = where;
    std::optional<net::listener> inner_listener;
    if (from.spawn_workers > 0 && !from.protection.tls.empty()) {
        auto inner = listen_for_spawned(rt, spawned);
        where_spawned = net::address::parse(inner->local());
        net::listener_options inner_door;
        inner_door.prove = program::accepting_handshake(rt, spawned.protection, warn);
        inner_listener.emplace(rt, std::move(inner), std::move(inner_door), warn);
    }
    auto signals = program::end_signals(rt);
    std::printf("listening %s\n%s", listener.local().c_str(),
                program::dashboard_lines(access, page.local()).c_str());
    std::fflush(stdout);
    program::notify_service_manager("READY=1");

    program::child_processes children;
    net::nursery services(rt.executor);
    net::nursery training(rt.executor);
    net::nursery telling(rt.executor);
    bool succeeded = true;
    const auto everything_ends = [&] {
        listener.stop();
        if (inner_listener) {
            inner_listener->stop();
        }
        page.stop();
        services.cancel();
        if (hook) {
            hook->finish();
        }
    };
    services.spawn(program::watch_signals(signals, [&training] {
        program::notify_service_manager("STOPPING=1");
        training.cancel();
    }));
    services.spawn(recorder.run());
    services.spawn(page.run());
    if (hook) {
        telling.spawn(hook->run());
    }
    const auto admit = [&run](std::unique_ptr<net::stream> wire) { return run.admit(std::move(wire)); };
    services.spawn(listener.run(admit));
    if (inner_listener) {
        services.spawn(inner_listener->run(admit));
    }
    training.spawn(serve(run, succeeded, everything_ends));
    if (from.announce) {
        net::discovery_options options;
        options.port = from.discovery_port;
        services.spawn(announce(rt, where, plan_name, options, run));
    }
    if (from.spawn_workers > 0) {
        services.spawn(children.watch([&run](const std::string& name, const std::string& how) {
            run.notice(severity::warning, "the process of " + name + " " + how);
        }));
        spawn_workers(children, spawned, where_spawned);
    }
    boost::asio::post(context, [&] {
        if (!pool.shortage().empty()) {
            warn(pool.shortage());
        }
        const auto warn_of = [&run](const net::address& address, const std::string& what) {
            if (!program::is_loopback(address)) {
                run.notice(severity::warning, "anyone who reaches " + address.to_string() +
                                                  " can use the port for " + what +
                                                  ": keep it inside a network that you trust");
            }
        };
        if (from.protection.is_none()) {
            warn_of(where, "workers");
        }
        if (!program::is_loopback(page.local()) && !access.protection.prove) {
            run.notice(severity::warning, "the dashboard on " + page.local().to_string() +
                                              " is not encrypted: who listens in on the network can take its "
                                              "tokens");
        }
    });
    program::run_until_over(context, pool);
    children.end(std::chrono::seconds(5));
    // The last lines: what this process takes with it, and what the exit code means.
    if (const auto lost = run.unsafe(); !lost.empty()) {
        run.notice(severity::error, lost);
    }
    if (!succeeded && !output.last_end().empty()) {
        program::log(program::level::error, "ended", output.last_end());
    } else if (!output.last_absence().empty()) {
        program::log(program::level::warning, "ended", output.last_absence());
    }
    return succeeded && output.is_complete() ? program::done : program::failed;
}

} // namespace

int main(int argc, char** argv) {
    program::claim_resources();
    settings from;
    CLI::App app("Drives a federated training: waits for workers, runs the plan's rounds, and shows them in "
                 "the browser.",
                 "fedasio-master");
    program::describe(
        app,
        "  fedasio-master --plan plans/fashion-mnist-2nn.json --spawn-workers 4 --autostart\n"
        "  fedasio-master --plan my.json --listen 0.0.0.0:7700 --tls pki/kits/master.example --min-workers "
        "3\n"
        "  fedasio-master --plan my.json --listen 0.0.0.0:7700 --dashboard 0.0.0.0:8080 --tls "
        "pki/kits/master.example\n"
        "  fedasio-master --plan my.json --listen 0.0.0.0:7700 --key-file fedasio.key --announce\n"
        "  fedasio-master --plan my.json --spawn-workers 2 --autostart --exit-when-done --report r.json\n");
    app.add_option("--plan", from.plan, "the plan: a JSON file that says what is learned (docs/plan.md)")
        ->required()
        ->check(CLI::ExistingFile);
    app.add_option("--listen", from.listen, "address for workers; port 0 lets the system choose")
        ->check(program::host_and_port())
        ->capture_default_str();
    app.add_option("--dashboard", from.dashboard, "address for the browser; port 0 lets the system choose")
        ->check(program::host_and_port())
        ->capture_default_str();
    auto* min_workers = app.add_option("--min-workers", from.run.min_workers,
                                       "workers that must be connected before a training starts "
                                       "(default: those of --spawn-workers, else 1)")
                            ->check(program::whole_between(1, 1000000));
    app.add_option("--spawn-workers", from.spawn_workers,
                   "start so many workers as child processes on this machine")
        ->check(program::whole_between(0, 1024));
    app.add_flag("--announce", from.announce,
                 "let workers on the local network find this master (--discover)");
    app.add_option("--discovery-port", from.discovery_port, "UDP port of announcements")
        ->check(program::whole_between(1, 65535))
        ->capture_default_str();
    app.add_option("--state-dir", from.run.state_dir,
                   "folder for checkpoints, saved models and the history of runs")
        ->capture_default_str();
    app.add_option("--keep-checkpoints", from.run.keep_checkpoints, "checkpoints of the plan to keep")
        ->check(program::whole_between(1, 1000))
        ->capture_default_str();
    app.add_flag("--resume", from.run.resume,
                 "go on from the latest checkpoint of this plan in the state folder");
    app.add_flag("--autostart", from.run.autostart, "start the training as soon as the workers are there");
    app.add_flag("--exit-when-done", from.run.exit_when_done, "end after the first training");
    app.add_option("--save", from.run.save_to,
                   "write the last model of each training to this file (safetensors), however it ends")
        ->check(program::writable_file());
    app.add_option("--report", from.report, "write a JSON report to this file when a training ends")
        ->check(program::writable_file());
    app.add_option(
        "--evaluator", from.evaluator,
        "command line of a program of your own that tests the global model after each round, in the place "
        "of the clients; it is started with the master, and again when it has ended");
    app.add_option("--notify", from.notify,
                   "tell this http or https address how each training ends, which workers are left out, when "
                   "nothing is learned any more, and when nothing goes forward: a POST of JSON with a text")
        ->check(CLI::Validator(
            [](const std::string& text) {
                try {
                    dashboard::parse_master_url(text);
                } catch (const std::invalid_argument& problem) {
                    return std::string(problem.what());
                }
                return std::string();
            },
            "URL"));
    app.add_option(
           "--plan-data", from.run.plan_folders,
           "folder whose files a plan that is sent to this master may name as its test files (with "
           "--spawn-workers as training files too), besides those that lie beside this plan's; may be "
           "given more than once")
        ->check(CLI::ExistingDirectory)
        ->allow_extra_args(false);
    program::add_protection_options(app, from.protection);
    program::add_dashboard_access_options(app, from.access);
    program::add_log_options(app, from.log);
    return program::run_program(app, argc, argv, [&] { return start(from, min_workers->count() > 0); });
}
