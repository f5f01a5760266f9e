#include <fedasio/dashboard/audit_log.hpp>
#include <fedasio/dashboard/master_place.hpp>
#include <fedasio/dashboard/server.hpp>
#include <fedasio/history/recorder.hpp>
#include <fedasio/master/run.hpp>
#include <fedasio/master/stall_watch.hpp>
#include <fedasio/net/discovery.hpp>
#include <fedasio/net/nursery.hpp>
#include <fedasio/net/thread_pool.hpp>
#include <fedasio/plan/plan.hpp>

#include <CLI/CLI.hpp>
#include <boost/asio/io_context.hpp>

#include "archive.hpp"
#include "dashboard_access.hpp"
#include "program/child_processes.hpp"
#include "program/command_line.hpp"
#include "program/event_output.hpp"
#include "program/logging.hpp"
#include "program/page_files.hpp"
#include "program/plan_file.hpp"
#include "program/resources.hpp"
#include "program/service_manager.hpp"
#include "program/signals.hpp"
#include "program/state_dir.hpp"
#include "program/state_lock.hpp"
#include "settings.hpp"
#include "webhook.hpp"
#include "worker_doors.hpp"
#include <algorithm>
#include <cstdio>
#include <exception>
#include <functional>
#include <optional>
#include <string>
#include <thread>

namespace {

using namespace fedasio;
using program::settings;
using severity = master::noticed::severity;

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

/// What others on the network can do.
void warn_of_open_ports(const settings& from, const net::address& workers, const net::address& page,
                        bool page_is_encrypted, const program::news_handler& warn) {
    if (from.protection.is_none() && !program::is_loopback(workers)) {
        warn("anyone who reaches " + workers.to_string() +
             " can use the port for workers: keep it inside a network that you trust");
    }
    if (!program::is_loopback(page) && !page_is_encrypted) {
        warn("the dashboard on " + page.to_string() +
             " is not encrypted: who listens in on the network can take its tokens");
    }
}

/// The last lines: what this process takes with it, and what the exit code means.
void say_how_it_ended(master::run& run, const program::event_output& output, bool succeeded) {
    if (const auto lost = run.unsafe(); !lost.empty()) {
        run.notice(severity::error, lost);
    }
    if (!succeeded && !output.last_end().empty()) {
        program::log(program::level::error, "ended", output.last_end());
    } else if (!output.last_absence().empty()) {
        program::log(program::level::warning, "ended", output.last_absence());
    }
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
    program::worker_doors doors(rt, from, run);
    auto signals = program::end_signals(rt);
    std::printf("listening %s\n%s", doors.local().to_string().c_str(),
                program::dashboard_lines(access, page.local()).c_str());
    std::fflush(stdout);
    program::notify_service_manager("READY=1");

    program::child_processes children;
    net::nursery services(rt.executor);
    net::nursery training(rt.executor);
    net::nursery telling(rt.executor);
    bool succeeded = true;
    const auto everything_ends = [&] {
        doors.stop();
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
    doors.open(services);
    training.spawn(serve(run, succeeded, everything_ends));
    if (from.announce) {
        net::discovery_options options;
        options.port = from.discovery_port;
        services.spawn(announce(rt, doors.local(), plan_name, options, run));
    }
    if (from.spawn_workers > 0) {
        services.spawn(children.watch([&run](const std::string& name, const std::string& how) {
            run.notice(severity::warning, "the process of " + name + " " + how);
        }));
        doors.spawn_workers(children);
    }
    boost::asio::post(context, [&] {
        if (!pool.shortage().empty()) {
            warn(pool.shortage());
        }
        warn_of_open_ports(from, doors.local(), page.local(), access.protection.prove != nullptr, warn);
    });
    program::run_until_over(context, pool);
    children.end(std::chrono::seconds(5));
    say_how_it_ended(run, output, succeeded);
    return succeeded && output.is_complete() ? program::done : program::failed;
}

/// Gives --min-workers.
CLI::Option* add_options(CLI::App& app, settings& from) {
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
           "of the clients; it is started with the master, and again when it has ended")
        ->check(program::command_line());
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
    return min_workers;
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
    const auto* min_workers = add_options(app, from);
    return program::run_program(app, argc, argv, [&] { return start(from, min_workers->count() > 0); });
}
