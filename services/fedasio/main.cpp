#include <fedasio/dashboard/client.hpp>
#include <fedasio/dashboard/command_json.hpp>
#include <fedasio/federation/json_text.hpp>
#include <fedasio/federation/model_store.hpp>
#include <fedasio/net/runtime.hpp>

#include <CLI/CLI.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <boost/system/system_error.hpp>

#include "pki.hpp"
#include "simulate.hpp"
#include "status_text.hpp"
#include "sweep.hpp"
#include "watch.hpp"
#include <csignal>
#include <exception>
#include <functional>
#include <iostream>
#include <string>
#include <utility>

namespace {

namespace asio = boost::asio;
namespace json = boost::json;
using namespace fedasio;

constexpr int done = 0;
constexpr int failed = 1;
constexpr int wrong_usage = 2;

constexpr auto examples = R"(Examples:
  fedasio status                               what the master on this machine does
  fedasio train --rounds 5                     train for five more rounds
  fedasio train --target-accuracy 0.9          ... until the test accuracy is 90 %, at most the plan's rounds
  fedasio pause; fedasio resume                before the next round
  fedasio save best; fedasio load best         keep the global model, and take it up again
  fedasio watch --master http://10.0.0.5:8080  follow a training elsewhere to its end
  fedasio simulate plans/fashion-mnist-2nn.json
                                               train a plan in this one process, without a master
  fedasio sweep --help                         ... with every combination of some values

Exit codes: 0 done; 1 refused, failed or the master cannot be reached; 2 wrong usage.)";

/// What the command line asks for.
struct request {
    std::string url = "http://127.0.0.1:8080";
    bool wants_json = false;
    int code_when_interrupted = failed;
    master::command command;
    std::function<asio::awaitable<int>(net::runtime&, net::address)> run;
    std::function<int()> job; ///< set for a command that needs no master
};

/// The `error` or `reason` of an answer that is not a success.
std::string problem_of(const dashboard::http_answer& answer) {
    try {
        const auto body = federation::parse_json(answer.body);
        for (const auto* key : {"reason", "error"}) {
            const auto* const text = body.is_object() ? body.get_object().if_contains(key) : nullptr;
            if (text != nullptr && text->is_string()) {
                return steering::printable(std::string_view(text->get_string()));
            }
        }
    } catch (const federation::json_error&) {
        return "the answer is not from a fedasio master (HTTP status " + std::to_string(answer.status) + ")";
    }
    return "HTTP status " + std::to_string(answer.status);
}

asio::awaitable<int> show_status(net::runtime& rt, net::address master, bool wants_json) {
    dashboard::http_client client(rt, std::move(master));
    const auto answer = co_await client.get("/api/v1/status");
    if (answer.status != 200) {
        std::cerr << "fedasio: " << problem_of(answer) << '\n';
        co_return failed;
    }
    if (wants_json) {
        std::cout << answer.body << '\n';
        co_return done;
    }
    const auto status = federation::parse_json(answer.body);
    std::cout << steering::status_text(status.as_object()) << '\n';
    co_return done;
}

asio::awaitable<int> send_command(net::runtime& rt, net::address master, const master::command& what) {
    dashboard::http_client client(rt, std::move(master), std::chrono::minutes(2));
    const auto answer = co_await client.post("/api/v1/commands", dashboard::command_text(what));
    if (answer.status != 200) {
        std::cerr << "fedasio: " << to_string(what.what) << " was refused: " << problem_of(answer) << '\n';
        co_return failed;
    }
    const auto body = federation::parse_json(answer.body);
    std::cout << steering::printable(std::string_view(body.at("message").as_string())) << '\n';
    co_return done;
}

asio::awaitable<int> watch_training(net::runtime& rt, net::address master) {
    const auto how = co_await steering::watch(rt, std::move(master));
    if (how == steering::verdict::lost) {
        std::cerr << "fedasio: gave up; start the master, or name it with --master http://HOST:PORT\n";
    }
    co_return how == steering::verdict::finished ? done : failed;
}

void add_command(CLI::App& app, request& wanted, master::command::kind what, const std::string& help) {
    auto* const sub = app.add_subcommand(std::string(to_string(what)), help);
    if (what == master::command::kind::train) {
        sub->add_option("--rounds", wanted.command.rounds, "Rounds to train for (default: the plan's)")
            ->check(CLI::Range(1U, dashboard::most_rounds));
        sub->add_option("--target-accuracy", wanted.command.target_accuracy,
                        "Test accuracy at which to end, over 0 and at most 1")
            ->check([](const std::string& text) {
                double target = 0;
                const bool valid = CLI::detail::lexical_cast(text, target) && target > 0 && target <= 1;
                return valid ? std::string() : text + " is not a number over 0 and at most 1";
            });
    }
    if (what == master::command::kind::save || what == master::command::kind::load) {
        sub->add_option("NAME", wanted.command.name, "Name of the model")
            ->required()
            ->check([](const std::string& name) {
                return federation::is_model_name(name)
                           ? std::string()
                           : "'" + name +
                                 "' is not 1 to 64 letters, digits, '.', '_' or '-', or begins with '.'";
            });
    }
    sub->callback([&wanted, what] {
        wanted.command.what = what;
        wanted.run = [&wanted](net::runtime& rt, net::address master) {
            return send_command(rt, std::move(master), wanted.command);
        };
    });
}

void declare(CLI::App& app, request& wanted) {
    using kind = master::command::kind;
    app.set_version_flag("--version", "fedasio " FEDASIO_VERSION);
    app.footer(examples);
    app.require_subcommand(1);
    app.fallthrough();
    app.add_option("--master", wanted.url, "Where the master's dashboard is")
        ->envname("FEDASIO_MASTER_URL")
        ->capture_default_str();
    auto* const status = app.add_subcommand("status", "Show what the master does");
    status->add_flag("--json", wanted.wants_json, "As JSON");
    status->callback([&wanted] {
        wanted.run = [&wanted](net::runtime& rt, net::address master) {
            return show_status(rt, std::move(master), wanted.wants_json);
        };
    });
    add_command(app, wanted, kind::train, "Start training");
    add_command(app, wanted, kind::pause, "Pause before the next round");
    add_command(app, wanted, kind::resume, "Go on after a pause");
    add_command(app, wanted, kind::stop, "End training now");
    add_command(app, wanted, kind::save, "Save the global model under a name");
    add_command(app, wanted, kind::load, "Make a saved model the global model");
    app.add_subcommand("watch", "Follow training until it finishes or Ctrl-C")->callback([&wanted] {
        wanted.run = watch_training;
        wanted.code_when_interrupted = done;
    });
    steering::add_simulate(app, wanted.job);
    steering::add_sweep(app, wanted.job);
    steering::add_pki(app, wanted.job);
}

int perform(const request& wanted, const net::address& master) {
    asio::io_context context(1);
    net::system_runtime system(context);
    asio::signal_set signals(context, SIGINT, SIGTERM);
    int code = failed;
    std::exception_ptr failure;
    signals.async_wait([&](boost::system::error_code ec, int /*signal*/) {
        if (!ec) {
            code = wanted.code_when_interrupted;
            context.stop();
        }
    });
    asio::co_spawn(context, wanted.run(system.get(), master), [&](std::exception_ptr thrown, int result) {
        failure = std::move(thrown);
        code = result;
        signals.cancel();
    });
    context.run();
    if (failure) {
        std::rethrow_exception(failure);
    }
    return code;
}

} // namespace

int main(int argc, char** argv) {
    CLI::App app("Steers and watches a fedasio master from the command line, and simulates plans.",
                 "fedasio");
    request wanted;
    net::address master;
    try {
        declare(app, wanted);
        app.parse(argc, argv);
        if (!wanted.job) {
            master = dashboard::parse_master_url(wanted.url);
        }
    } catch (const CLI::ParseError& problem) {
        return app.exit(problem) == 0 ? done : wrong_usage;
    } catch (const std::invalid_argument& problem) {
        std::cerr << "fedasio: --master: " << problem.what() << '\n';
        return wrong_usage;
    }
    try {
        return wanted.job ? wanted.job() : perform(wanted, master);
    } catch (const boost::system::system_error& problem) {
        std::cerr << "fedasio: cannot reach the master at " << wanted.url << ": " << problem.code().message()
                  << "; start fedasio-master, or name another with --master http://HOST:PORT\n";
    } catch (const std::exception& problem) {
        std::cerr << "fedasio: " << problem.what() << '\n';
    }
    return failed;
}
