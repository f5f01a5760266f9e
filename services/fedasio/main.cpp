#include <fedasio/dashboard/client.hpp>
#include <fedasio/dashboard/command_json.hpp>
#include <fedasio/net/runtime.hpp>
#include <fedasio/net/tls.hpp>
#include <fedasio/plan/limits.hpp>
#include <fedasio/store/model_store.hpp>
#include <fedasio/text/input_file.hpp>
#include <fedasio/text/json_text.hpp>
#include <fedasio/text/printable.hpp>
#include <fedasio/wire/hello.hpp>

#include <CLI/CLI.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <boost/system/system_error.hpp>

#include "export.hpp"
#include "export_run.hpp"
#include "inspect.hpp"
#include "pki.hpp"
#include "predict.hpp"
#include "program/command_line.hpp"
#include "program/command_pages.hpp"
#include "program/logging.hpp"
#include "program/resources.hpp"
#include "simulate.hpp"
#include "status_text.hpp"
#include "sweep.hpp"
#include "view.hpp"
#include "watch.hpp"
#include "workers_text.hpp"
#include <csignal>
#include <cstdint>
#include <exception>
#include <functional>
#include <iostream>
#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace {

namespace asio = boost::asio;
namespace json = boost::json;
using namespace fedasio;

constexpr int done = 0;
constexpr int failed = 1;
constexpr int wrong_usage = 2;
constexpr std::size_t most_in_status = 20;
// Some million workers.
constexpr std::size_t most_workers_text = std::size_t{1} << 30;

constexpr auto examples = R"(Examples:
  fedasio status                               what the master on this machine does
  fedasio train --rounds 5                     train for five more rounds
  fedasio train --target-accuracy 0.9          ... until the test accuracy is 90 %, at most the plan's rounds
  fedasio pause; fedasio resume                before the next round
  fedasio stop; fedasio stop --now             after this round, or at once
  fedasio change --rounds 50 --fraction 0.2    of the plan that is running, from the next round on
  fedasio workers                              who is there, what they do and how well
  fedasio evict ward-3                         send a worker away, by its name or its number
  fedasio start plans/other.json               a new run, of another plan
  fedasio save best; fedasio load best         keep the global model, and take it up again
  fedasio watch --master 10.0.0.5:8080         follow a training elsewhere to its end
  fedasio watch --master https://master.example:8080 --ca ca.pem
                                               ... with the token in the environment, FEDASIO_TOKEN
  fedasio simulate plans/fashion-mnist-2nn.json
                                               train a plan in this one process, without a master
  fedasio inspect ward.csv --plan plan.json    what a worker with this table would tell, without any network
  fedasio sweep --help                         ... with every combination of some values
  fedasio view fedasio-state                   the runs in this folder, in the browser
  fedasio predict fedasio-state/models/best.safetensors --data rows.csv
                                               what a saved model says of rows, as CSV

Exit codes: 0 done; 1 refused, failed or the master cannot be reached; 2 wrong usage.)";

/// What the command line asks for.
struct request {
    std::string url = "http://127.0.0.1:8080";
    std::string token;
    std::string authority;
    bool wants_json = false;
    int code_when_interrupted = failed;
    master::command command;
    std::string worker; ///< evict: name or number
    std::string plan_file;
    std::function<asio::awaitable<int>(net::runtime&, dashboard::master_place)> run;
    std::function<int()> job; ///< set for a command that needs no master
};

std::string without_token(const std::string& url) {
    return url.substr(0, url.find('?'));
}

/// With what to do about it.
std::string why_out_of_reach(boost::system::error_code why, const request& wanted,
                             const dashboard::master_place& master) {
    const auto place = master.address.to_string() + master.prefix;
    if (why == net::errc::peer_uses_tls) {
        return "it speaks HTTPS: --master https://" + place;
    }
    if (why == net::errc::peer_uses_http) {
        return "it speaks plain HTTP: --master http://" + place;
    }
    if (wanted.authority.empty() && why == net::tls_errc::other_authority) {
        return why.message() + "; or name the authority's certificate with --ca FILE";
    }
    return why.message() + "; start fedasio-master, or name another with --master HOST:PORT";
}

/// The `error` or `reason` of an answer that is not a success.
std::string problem_of(const dashboard::http_answer& answer) {
    try {
        const auto body = text::parse_json(answer.body);
        for (const auto* key : {"reason", "error"}) {
            const auto* const text = body.is_object() ? body.get_object().if_contains(key) : nullptr;
            if (text != nullptr && text->is_string()) {
                return text::printable(std::string_view(text->get_string()));
            }
        }
    } catch (const text::json_error&) {
        return "the answer is not from a fedasio master (HTTP status " + std::to_string(answer.status) + ")";
    }
    return "HTTP status " + std::to_string(answer.status);
}

json::array parse_workers(const std::string& body) {
    text::json_limits limits;
    limits.bytes = most_workers_text;
    return text::parse_json(body, limits).as_array();
}

asio::awaitable<int> show_status(net::runtime& rt, dashboard::master_place master, bool wants_json) {
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
    const auto status = text::parse_json(answer.body);
    std::cout << steering::status_text(status.as_object()) << '\n';
    const auto workers = co_await client.get("/api/v1/workers");
    if (workers.status == 200 && status.at("workers").to_number<int>() > 0) {
        std::cout << '\n' << steering::workers_text(parse_workers(workers.body), most_in_status) << '\n';
    }
    co_return done;
}

asio::awaitable<int> show_workers(net::runtime& rt, dashboard::master_place master, bool wants_json) {
    dashboard::http_client client(rt, std::move(master));
    const auto answer = co_await client.get("/api/v1/workers");
    if (answer.status != 200) {
        std::cerr << "fedasio: " << problem_of(answer) << '\n';
        co_return failed;
    }
    std::cout << (wants_json ? answer.body : steering::workers_text(parse_workers(answer.body), SIZE_MAX))
              << '\n';
    co_return done;
}

asio::awaitable<int> send_command(net::runtime& rt, dashboard::master_place master,
                                  const master::command& what) {
    dashboard::http_client client(rt, std::move(master), std::chrono::minutes(2));
    const auto answer = co_await client.post("/api/v1/commands", dashboard::command_text(what));
    if (answer.status != 200) {
        std::cerr << "fedasio: " << to_string(what.what) << " was refused: " << problem_of(answer) << '\n';
        co_return failed;
    }
    const auto body = text::parse_json(answer.body);
    std::cout << text::printable(std::string_view(body.at("message").as_string())) << '\n';
    co_return done;
}

asio::awaitable<int> watch_training(net::runtime& rt, dashboard::master_place master) {
    const auto how = co_await steering::watch(rt, std::move(master));
    if (how == steering::verdict::lost) {
        std::cerr << "fedasio: gave up; start the master, or name it with --master HOST:PORT\n";
    }
    if (how == steering::verdict::refused) {
        std::cerr
            << "fedasio: the master does not let this program watch; give it --token, or FEDASIO_TOKEN\n";
    }
    co_return how == steering::verdict::finished ? done : failed;
}

void add_changes(CLI::App& to, master::command& wanted) {
    to.add_option("--rounds", wanted.rounds, "The last round, in all")
        ->check(program::whole_between(1, plan::limits::rounds));
    auto* const target =
        to.add_option("--target-accuracy", wanted.target_accuracy, "Test accuracy at which to end")
            ->check(program::share());
    to.add_flag("--no-target", wanted.no_target, "Train to the last round, whatever the accuracy")
        ->excludes(target);
    to.add_option("--deadline", wanted.deadline, "Seconds for each step of a round")
        ->check(program::number_between(0.001, 1e6));
    to.add_option("--fraction", wanted.fraction, "Share of the clients that trains in a round")
        ->check(program::share());
    to.require_option();
}

/// What is a number is one: a worker whose name is only digits is sent away by its number.
void name_worker(master::command& wanted, const std::string& worker) {
    if (!CLI::detail::lexical_cast(worker, wanted.worker) || wanted.worker == 0) {
        wanted.worker = 0;
        wanted.name = worker;
    }
}

void add_command(CLI::App& app, request& wanted, master::command::kind what, const std::string& help) {
    auto* const sub = app.add_subcommand(std::string(to_string(what)), help);
    if (what == master::command::kind::train) {
        sub->add_option("--rounds", wanted.command.rounds, "Rounds to train for (default: the plan's)")
            ->check(program::whole_between(1, plan::limits::rounds));
        sub->add_option("--target-accuracy", wanted.command.target_accuracy,
                        "Test accuracy at which to end, over 0 and at most 1")
            ->check(program::share());
    }
    if (what == master::command::kind::stop) {
        sub->add_flag("--now", wanted.command.now, "Give the open round up");
    }
    if (what == master::command::kind::evict) {
        sub->add_option("WORKER", wanted.worker,
                        "Name of the worker, or its number as `fedasio workers` shows it")
            ->required()
            ->check([](const std::string& name) { return wire::problem_of_name(name); });
    }
    if (what == master::command::kind::change) {
        add_changes(*sub, wanted.command);
    }
    if (what == master::command::kind::start) {
        sub->add_option("PLAN", wanted.plan_file, "The plan: a JSON file (docs/plan.md)")
            ->required()
            ->check(CLI::ExistingFile);
    }
    if (what == master::command::kind::save || what == master::command::kind::load) {
        sub->add_option("NAME", wanted.command.name, "Name of the model")
            ->required()
            ->check([](const std::string& name) {
                return store::is_model_name(name)
                           ? std::string()
                           : "'" + name +
                                 "' is not 1 to 64 letters, digits, '.', '_' or '-', or begins with '.'";
            });
    }
    sub->callback([&wanted, what] {
        wanted.command.what = what;
        if (what == master::command::kind::evict) {
            name_worker(wanted.command, wanted.worker);
        }
        wanted.run = [&wanted](net::runtime& rt, dashboard::master_place master) {
            if (wanted.command.what == master::command::kind::start) {
                wanted.command.plan = text::read_input(wanted.plan_file, plan::limits::plan_bytes);
            }
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
    app.add_option("--master", wanted.url, "Where the master's dashboard is: HOST:PORT, or a URL")
        ->envname("FEDASIO_MASTER_URL")
        ->capture_default_str();
    app.add_option("--token", wanted.token,
                   "What opens a dashboard that asks for it; rather give it in the environment, where other "
                   "users do not see it")
        ->envname("FEDASIO_TOKEN");
    app.add_option("--ca", wanted.authority,
                   "File with the certificate of the authority that signed an https master's (ca.pem of its "
                   "kit; default: the system's authorities)")
        ->envname("FEDASIO_CA")
        ->check(CLI::ExistingFile);
    auto* const status = app.add_subcommand("status", "Show what the master does");
    status->add_flag("--json", wanted.wants_json, "As JSON");
    status->callback([&wanted] {
        wanted.run = [&wanted](net::runtime& rt, dashboard::master_place master) {
            return show_status(rt, std::move(master), wanted.wants_json);
        };
    });
    auto* const workers = app.add_subcommand("workers", "Show who is there, what they do and how well");
    workers->add_flag("--json", wanted.wants_json, "As JSON");
    workers->callback([&wanted] {
        wanted.run = [&wanted](net::runtime& rt, dashboard::master_place master) {
            return show_workers(rt, std::move(master), wanted.wants_json);
        };
    });
    add_command(app, wanted, kind::train, "Start training");
    add_command(app, wanted, kind::pause, "Pause before the next round");
    add_command(app, wanted, kind::resume, "Go on after a pause");
    add_command(app, wanted, kind::stop, "End training after this round");
    add_command(app, wanted, kind::save, "Save the global model under a name");
    add_command(app, wanted, kind::load, "Make a saved model the global model");
    add_command(app, wanted, kind::evict, "Send a worker away; it may come back");
    add_command(app, wanted, kind::change, "Change the plan that is running, or its next training");
    add_command(app, wanted, kind::start, "Start a new run from a plan, when nothing is being trained");
    app.add_subcommand("watch", "Follow training until it finishes or Ctrl-C")->callback([&wanted] {
        wanted.run = watch_training;
        wanted.code_when_interrupted = done;
    });
    for (auto* const add :
         {steering::add_inspect, steering::add_simulate, steering::add_sweep, steering::add_predict,
          steering::add_export, steering::add_export_run, steering::add_view, steering::add_pki}) {
        add(app, wanted.job);
    }
}

int perform(const request& wanted, dashboard::master_place master) {
    asio::io_context context(1);
    net::system_runtime system(context);
    std::optional<net::tls> tls;
    if (master.is_https) {
        tls.emplace(system.get(), wanted.authority, net::tls::kit_handler(), net::tls_use::asking);
        master.prove = [&tls, host = master.address.host](std::unique_ptr<net::stream> fresh) {
            return tls->connect(std::move(fresh), host);
        };
    }
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
    program::claim_resources();
    program::prepare_process();
    CLI::App app("Steers and watches a fedasio master from the command line, and simulates plans.",
                 "fedasio");
    request wanted;
    dashboard::master_place master;
    try {
        declare(app, wanted);
        if (const auto text = program::generated(app, argc, argv)) {
            std::cout << *text;
            return program::after_output(app, done);
        }
        app.parse(argc, argv);
        if (!wanted.job) {
            master = dashboard::parse_master_url(wanted.url);
            master.token = wanted.token.empty() ? master.token : wanted.token;
        }
    } catch (const CLI::ParseError& problem) {
        if (problem.get_exit_code() == 0) {
            return program::after_output(app, app.exit(problem));
        }
        const auto unknown = program::unknown_words(app);
        std::cerr << "fedasio: " << (unknown.empty() ? problem.what() : unknown)
                  << "\nTry 'fedasio --help'.\n";
        return wrong_usage;
    } catch (const std::invalid_argument& problem) {
        std::cerr << "fedasio: --master: " << problem.what() << '\n';
        return wrong_usage;
    }
    try {
        const int code = wanted.job ? wanted.job() : perform(wanted, master);
        program::flush_output();
        return code;
    } catch (const boost::system::system_error& problem) {
        program::finish_log();
        std::cerr << "fedasio: cannot reach the master at " << without_token(wanted.url) << ": "
                  << why_out_of_reach(problem.code(), wanted, master) << '\n';
    } catch (const std::exception& problem) {
        program::finish_log();
        std::cerr << "fedasio: " << program::reason_of(problem) << '\n';
    }
    return failed;
}
