#include "view.hpp"

#include <fedasio/dashboard/server.hpp>
#include <fedasio/master/events.hpp>
#include <fedasio/net/nursery.hpp>
#include <fedasio/net/offload.hpp>
#include <fedasio/net/thread_pool.hpp>
#include <fedasio/text/printable.hpp>

#include <CLI/CLI.hpp>
#include <boost/asio/io_context.hpp>

#include "program/command_line.hpp"
#include "program/page_files.hpp"
#include "program/past_answers.hpp"
#include "program/protection.hpp"
#include "program/resources.hpp"
#include "program/signals.hpp"
#include <cstdio>
#include <filesystem>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <system_error>
#include <vector>

namespace fedasio::steering {
namespace {

constexpr auto examples =
    R"(DIR is the state folder of a master or a simulation, the folder of a sweep, or a folder with some of those
in it. Several masters may go on writing there meanwhile.

Examples:
  fedasio view                          the runs in fedasio-state
  fedasio view runs/e-and-c             those of a sweep
  fedasio view runs --dashboard 127.0.0.1:0

Exit codes: 0 ended by Ctrl-C, 1 failed, 2 wrong usage.)";

constexpr int deepest = 3;
constexpr std::size_t most_histories = 1000;

struct settings {
    std::filesystem::path folder = "fedasio-state";
    std::string dashboard = "127.0.0.1:8080";
};

/// Looked for anew with every question, as runs come and go.
std::vector<std::filesystem::path> histories_in(const std::filesystem::path& folder) {
    namespace fs = std::filesystem;
    std::vector<fs::path> found;
    fs::recursive_directory_iterator all(folder, fs::directory_options::skip_permission_denied);
    for (auto at = fs::begin(all); at != fs::end(all) && found.size() < most_histories; ++at) {
        if (at.depth() >= deepest) {
            at.disable_recursion_pending();
        }
        std::error_code unknown;
        if (at->path().filename() == "history.sqlite" && at->is_regular_file(unknown)) {
            found.push_back(at->path());
        }
    }
    return found;
}

/// A run that is none, for a page that expects one.
master::run_opened opened(const std::filesystem::path& folder) {
    master::run_opened none;
    none.plan = text::as_utf8(std::filesystem::weakly_canonical(folder).filename().string());
    none.has_state_dir = true;
    none.version = FEDASIO_VERSION;
    return none;
}

net::awaitable<master::command_answer> refuse(master::command /*what*/) {
    co_return master::command_answer{
        false, "runs of the past are shown here, and none goes on: start fedasio-master"};
}

int start(const settings& from) {
    if (!std::filesystem::is_directory(from.folder)) {
        throw std::runtime_error("there is no folder " + from.folder.string() + "; name that of --state-dir");
    }
    if (histories_in(from.folder).empty()) {
        throw std::runtime_error(
            "there is no history.sqlite in " + from.folder.string() +
            "; name the --state-dir of a master or a simulation, or the --out of a sweep");
    }
    const auto where = net::address::parse(from.dashboard);
    if (!program::is_loopback(where)) {
        throw std::runtime_error("--dashboard " + from.dashboard +
                                 " can be reached from elsewhere, and nothing here asks who comes: use a "
                                 "loopback address, and from another machine ssh -L");
    }
    boost::asio::io_context context(1);
    net::thread_pool pool(1);
    net::system_runtime system(context);
    net::runtime& rt = system;
    master::event_source events(rt.time);
    const auto files = program::page_files();
    dashboard::server page(
        rt, where, events, refuse, files, {},
        [&](dashboard::archive_question what) -> net::awaitable<std::optional<dashboard::archive_answer>> {
            auto job = [&] { return program::answer_of_past(histories_in(from.folder), what); };
            auto text = co_await net::offload(rt, pool.get_executor(), std::move(job));
            co_return text ? std::optional(dashboard::archive_answer{std::move(*text), {}}) : std::nullopt;
        });
    events.publish(opened(from.folder));
    auto signals = program::end_signals(rt);
    std::printf("dashboard http://%s/\n", page.local().to_string().c_str());
    std::fflush(stdout);
    net::nursery services(rt.executor);
    services.spawn(page.run());
    services.spawn(program::watch_signals(signals, [&] {
        page.stop();
        services.cancel();
    }));
    program::run_until_over(context, pool);
    return program::done;
}

} // namespace

void add_view(CLI::App& app, std::function<int()>& job) {
    auto* const sub = app.add_subcommand("view", "Show the runs in a folder in the browser; needs no master");
    const auto from = std::make_shared<settings>();
    sub->footer(examples);
    sub->add_option("DIR", from->folder, "Folder with the history of runs")->capture_default_str();
    sub->add_option("--dashboard", from->dashboard,
                    "Address for the browser, of this machine; port 0 lets the system choose")
        ->check(program::host_and_port())
        ->capture_default_str();
    sub->callback([from, &job] { job = [from] { return start(*from); }; });
}

} // namespace fedasio::steering
