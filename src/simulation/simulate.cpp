#include <fedasio/master/run.hpp>
#include <fedasio/net/listener.hpp>
#include <fedasio/net/memory_stream.hpp>
#include <fedasio/net/thread_pool.hpp>
#include <fedasio/simulation/simulate.hpp>
#include <fedasio/worker/worker.hpp>

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>

#include <algorithm>
#include <chrono>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>

namespace fedasio::simulation {
namespace {

namespace asio = boost::asio;

/// The options with every default filled in. A real master would wait for the workers that are missing; here
/// they never come, so it is said at once.
simulation_options complete(const plan::plan& plan, simulation_options options) {
    if (options.resume && options.state_dir.empty()) {
        throw std::invalid_argument("only a simulation with a state folder can be resumed");
    }
    if (plan.partition.type == data::partition_spec::scheme::local) {
        if (options.data.empty()) {
            throw std::invalid_argument(
                "with the partition \"local\" each client needs data of its own: name every owner's with "
                "--data PATH");
        }
        options.workers = static_cast<std::uint32_t>(options.data.size());
        if (plan.clients != 0 && plan.clients != options.workers) {
            throw std::invalid_argument("the plan has " + std::to_string(plan.clients) + " clients, but " +
                                        std::to_string(options.workers) + " have data (--data)");
        }
    } else if (options.data.size() > 1) {
        throw std::invalid_argument("only the partition \"local\" takes more than one --data");
    }
    const auto folder = options.save_to.parent_path();
    if (!folder.empty() && !std::filesystem::is_directory(folder)) {
        throw std::invalid_argument("there is no folder " + folder.string() + " to save the model in");
    }
    options.workers = std::max(1U, options.workers);
    if (options.threads == 0) {
        options.threads = std::max(1U, std::thread::hardware_concurrency());
    }
    if (!options.samples) {
        options.samples = std::make_shared<worker::sample_cache>();
    }
    return options;
}

worker::worker_options describe_worker(std::uint32_t number, const simulation_options& options) {
    worker::worker_options result;
    // Clients of the partition `local` are numbered in the order of their workers' names.
    const auto digits = std::to_string(options.workers).size();
    const auto text = std::to_string(number + 1);
    result.name = "worker-" + std::string(digits - text.size(), '0') + text;
    const auto more = number < options.threads % options.workers ? 1U : 0U;
    result.threads = std::max(1U, options.threads / options.workers + more);
    if (!options.trainer.empty()) {
        result.trainer.emplace().command = options.trainer;
        if (options.program_log) {
            result.trainer_log = [name = result.name, log = options.program_log](
                                     worker::severity, const std::string& line) { log(name + ": " + line); };
        }
    }
    result.samples = options.samples;
    result.make_trainer = options.make_trainer;
    result.keep_bytes = 0; // nobody goes away
    if (!options.data.empty()) {
        result.data = options.data[number % options.data.size()];
    }
    return result;
}

/// The master hears from the worker itself what goes wrong, so the worker needs no log of its own but for
/// what its trainers print.
net::awaitable<void> work(net::runtime& rt, asio::any_io_executor pool, net::dialer dial,
                          worker::worker_options options) {
    const worker::log_handler no_log = [](worker::severity, const std::string&) {};
    co_await worker::run(rt, std::move(pool), std::move(dial), std::move(options), no_log);
}

/// `succeeded` is what the events say of the training.
net::awaitable<void> serve(master::run& run, const std::filesystem::path& save_to, bool& succeeded,
                           std::function<void()> on_end) {
    co_await asio::this_coro::throw_if_cancelled(false);
    try {
        co_await run.serve();
        if (succeeded && !save_to.empty()) {
            co_await run.save_to(save_to);
        }
    } catch (const std::exception& e) {
        succeeded = false;
        run.notice(master::noticed::severity::error, e.what());
    }
    succeeded = succeeded && run.unsafe().empty() && run.untested().empty();
    on_end();
}

} // namespace

bool simulate(const plan::plan& plan, const simulation_options& options, std::stop_token stop,
              const std::function<void(const master::event&)>& on_event) {
    auto chosen = complete(plan, options);
    asio::io_context context(1);
    net::thread_pool pool(chosen.threads);
    chosen.threads = static_cast<std::uint32_t>(pool.size());
    net::system_runtime system(context);
    net::runtime& rt = system;
    master::event_source events(rt.time);
    events.subscribe(on_event);
    bool succeeded = false;
    events.subscribe([&succeeded](const master::event& happened) {
        if (const auto* end = std::get_if<master::training_finished>(&happened.what)) {
            succeeded = end->outcome != master::training_outcome::stopped &&
                        end->outcome != master::training_outcome::failed;
        }
    });

    // A simulated client is only as slow as this machine, which must not decide who counts.
    auto unhurried = plan;
    unhurried.deadline = std::chrono::hours(24 * 365);

    master::run_options run_options;
    run_options.min_workers = chosen.workers;
    run_options.autostart = true;
    run_options.exit_when_done = true;
    run_options.resume = chosen.resume;
    run_options.compare_updates = false;
    if (!chosen.evaluator.empty()) {
        run_options.evaluator.emplace().command = chosen.evaluator;
        run_options.evaluator_log = chosen.program_log;
    }
    run_options.state_dir = chosen.state_dir;
    master::run run(rt, pool.get_executor(), std::move(unhurried), run_options, events);
    auto network = net::make_memory_network(rt.executor);
    net::listener listener(rt, std::move(network.source));

    net::nursery training(rt.executor);
    net::nursery everybody(rt.executor);
    everybody.spawn(
        listener.run([&run](std::unique_ptr<net::stream> wire) { return run.admit(std::move(wire)); }));
    for (std::uint32_t number = 0; number < chosen.workers; ++number) {
        everybody.spawn(work(rt, pool.get_executor(), network.dial, describe_worker(number, chosen)));
    }
    training.spawn(serve(run, chosen.save_to, succeeded, [&everybody] { everybody.cancel(); }));
    const auto end_early = [&training] { training.cancel(); };
    const std::stop_callback on_stop(std::move(stop), [&] { asio::post(context, end_early); });
    if (!pool.shortage().empty()) {
        asio::post(context, [&] { run.notice(master::noticed::severity::warning, pool.shortage()); });
    }
    try {
        context.run();
    } catch (...) {
        pool.stop(); // its jobs work with what goes now
        throw;
    }
    pool.join();
    // The last thing that is said: what this process takes with it.
    if (const auto lost = run.unsafe(); !lost.empty()) {
        run.notice(master::noticed::severity::error, lost);
    }
    return succeeded;
}

} // namespace fedasio::simulation
