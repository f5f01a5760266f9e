#include <fedasio/history/recorder.hpp>
#include <fedasio/master/log.hpp>
#include <fedasio/master/report.hpp>
#include <fedasio/net/offload.hpp>
#include <fedasio/text/json_text.hpp>

#include <boost/asio/this_coro.hpp>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include "history/tables.hpp"
#include <algorithm>
#include <array>
#include <cmath>
#include <memory>
#include <numeric>
#include <optional>
#include <string_view>
#include <type_traits>
#include <unordered_map>
#include <utility>
#include <vector>

namespace fedasio::history {
namespace {

using severity = master::noticed::severity;

std::string name_of(severity level) {
    constexpr std::array<const char*, 3> names{"info", "warning", "error"};
    return names[static_cast<std::size_t>(level)];
}

/// What workers do in a round is told of so many changes at most.
constexpr std::size_t most_states = 4000;

std::optional<double> finite(const std::optional<double>& number) {
    return number && std::isfinite(*number) ? number : std::nullopt;
}

} // namespace

namespace {

boost::json::object nothing_to_report() {
    return {{"data", nullptr}, {"complete", nullptr}, {"sites", boost::json::array()}};
}

} // namespace

struct recorder::state {
    state(net::runtime& runtime, boost::asio::any_io_executor threads, std::filesystem::path where,
          notice_handler handler, recorder_options limits)
        : rt(runtime), pool(std::move(threads)), file(std::move(where)), notify(std::move(handler)),
          options(limits), due(runtime.executor) {}

    net::runtime& rt;
    boost::asio::any_io_executor pool;
    std::filesystem::path file;
    notice_handler notify;
    recorder_options options;

    std::unique_ptr<tables> opened; ///< touched by one job on the pool at a time
    master::run_opened run;
    std::shared_ptr<const std::string> id = std::make_shared<const std::string>(); ///< of the run
    master::log_writer log{false};
    std::unordered_map<master::worker_id, std::string> workers;
    run_facts facts;
    boost::json::array changes;
    std::size_t changes_told = 0;
    master::data_digests digests;
    boost::json::object of_report = nothing_to_report(); ///< keys of the report that no table has
    bool is_report_new = true;                           ///< since it was written
    std::optional<double> began;                         ///< when the first training of this process did
    double seconds_before = 0;                           ///< of the rounds of earlier processes
    std::string lanes;                                   ///< what workers did since the last round, in JSON
    std::size_t states = 0;                              ///< so many of them
    std::vector<row> waiting;
    std::vector<row> early; ///< of this run before its first training: without one it leaves nothing
    net::event due;
    bool failing = false;
    bool overflows = false;

    /// What a row does not hold itself lies beside it.
    template <class What>
    void add(What what) {
        if (waiting.size() + early.size() >= options.most_rows_waiting) {
            note_loss();
            return;
        }
        auto& rows = began ? waiting : early;
        if constexpr (std::is_constructible_v<row::content, What>) {
            rows.push_back({id, std::move(what)});
        } else {
            rows.push_back({id, std::make_shared<const What>(std::move(what))});
        }
    }

    /// Rows are left out. Facts that are written only when they are new may be among them.
    void note_loss() {
        overflows = true;
        is_report_new = true;
        changes_told = 0;
    }

    void add_facts() {
        // They may be many, and are the same in most rounds.
        facts.changes = changes.size() == changes_told ? std::string() : text::canonical_text(changes);
        changes_told = changes.size();
        facts.of_report.clear();
        if (std::exchange(is_report_new, false)) {
            of_report["data_sha256"] = digests.to_json();
            facts.of_report = text::canonical_text(of_report);
        }
        add(facts);
    }

    /// As text at once: they are many.
    void add_lane(double time, const std::string& worker, master::worker_state now) {
        if (states < most_states) {
            lanes += states == 0 ? "[" : ",[";
            lanes += text::canonical_text(time);
            lanes += ',';
            lanes += text::canonical_text(boost::json::string(worker));
            lanes += ",\"";
            lanes += to_string(now);
            lanes += "\"]";
            ++states;
        }
    }

    void add_lanes(std::uint32_t round) {
        add(lanes_row{round, "[" + std::exchange(lanes, {}) + "]"});
        states = 0;
    }

    void follow_workers(const master::event& happened);
    void begin_run(const master::run_opened& opening);
    void go_on_with(const master::run_resumed& resumed);
    void begin_training(double time);
    void take_run(const master::event& happened);
    void take_clients(const master::event& happened);
    void take(const master::event& happened);
    void keep_note(const master::event& happened);
    awaitable<void> write();
};

/// Who is here, and what each does.
void recorder::state::follow_workers(const master::event& happened) {
    if (const auto* joined = std::get_if<master::worker_joined>(&happened.what)) {
        workers[joined->worker] = joined->name;
        add_lane(happened.time, joined->name, master::worker_state::joined);
    } else if (const auto* left = std::get_if<master::worker_left>(&happened.what)) {
        workers.erase(left->worker);
        add_lane(happened.time, left->name, master::worker_state::gone);
    } else if (const auto* state = std::get_if<master::worker_state_changed>(&happened.what)) {
        add_lane(happened.time, workers[state->worker], state->state);
    }
}

void recorder::state::begin_run(const master::run_opened& opening) {
    run = opening;
    id = std::make_shared<const std::string>(run.run);
    facts = {};
    changes.clear();
    changes_told = 0;
    of_report = nothing_to_report();
    is_report_new = true;
    began.reset();
    seconds_before = 0;
    early.clear();
}

/// What was said before belongs to the run that goes on.
void recorder::state::go_on_with(const master::run_resumed& resumed) {
    id = std::make_shared<const std::string>(resumed.run);
    is_report_new = true;
    for (auto& one : early) {
        one.run = id;
    }
    facts.checkpoint_round = resumed.round;
    for (const auto& change : resumed.changes) {
        changes.push_back(master::to_json(change));
    }
    for (const auto& round : resumed.rounds) {
        seconds_before += std::accumulate(round.seconds.begin(), round.seconds.end(), 0.0);
    }
    add(run_continues{resumed.round, resumed.rounds});
}

void recorder::state::begin_training(double time) {
    if (!began) {
        began = time;
        std::ranges::move(early, std::back_inserter(waiting));
        early.clear();
    }
    add(run_begins{run.plan, run.plan_digest, run.plan_text, run.seed, run.version, run.instruction_set,
                   time});
    due.set();
}

/// What becomes of the run as a whole.
void recorder::state::take_run(const master::event& happened) {
    if (const auto* opening = std::get_if<master::run_opened>(&happened.what)) {
        begin_run(*opening);
    } else if (const auto* built = std::get_if<master::model_built>(&happened.what)) {
        facts.parameters = built->parameters;
    } else if (const auto* understood = std::get_if<master::data_understood>(&happened.what)) {
        of_report["data"] = master::to_json(understood->data);
        is_report_new = true;
    } else if (const auto* written = std::get_if<master::checkpoint_written>(&happened.what)) {
        facts.checkpoint_round = written->round;
    } else if (const auto* changed = std::get_if<master::plan_changed>(&happened.what)) {
        changes.push_back(master::to_json(*changed));
    } else if (std::holds_alternative<master::training_started>(happened.what)) {
        begin_training(happened.time);
    } else if (const auto* resumed = std::get_if<master::run_resumed>(&happened.what)) {
        go_on_with(*resumed);
    } else if (const auto* finished = std::get_if<master::round_finished>(&happened.what)) {
        add(finished->result);
        add_lanes(finished->result.round);
        add_facts();
        due.set();
    } else if (const auto* end = std::get_if<master::training_finished>(&happened.what)) {
        of_report["complete"] = end->is_complete();
        of_report["sites"] = master::to_json(end->sites);
        is_report_new = true;
        add_facts();
        add(run_ends{std::string(to_string(end->outcome)), end->detail, end->weights_sha256,
                     seconds_before + happened.time - began.value_or(happened.time), happened.time});
        due.set();
    }
}

/// What clients do in a round, and what is found of their model.
void recorder::state::take_clients(const master::event& happened) {
    if (const auto* update = std::get_if<master::client_updated>(&happened.what)) {
        add(client_row{update->round, update->client, workers[update->worker], update->samples,
                       finite(update->loss), finite(update->accuracy), finite(update->seconds), "", ""});
    } else if (const auto* dropped = std::get_if<master::client_dropped>(&happened.what)) {
        add(client_row{dropped->round, dropped->client, dropped->worker ? workers[*dropped->worker] : "",
                       std::nullopt, std::nullopt, std::nullopt, std::nullopt, dropped->reason,
                       dropped->detail});
    } else if (const auto* tested = std::get_if<master::clients_evaluated>(&happened.what)) {
        add(*tested);
    } else if (const auto* found = std::get_if<master::model_evaluated>(&happened.what)) {
        add(*found);
    }
}

void recorder::state::take(const master::event& happened) {
    digests.take(happened);
    // The digests are those of what workers load.
    is_report_new = is_report_new || std::holds_alternative<master::worker_assigned>(happened.what);
    follow_workers(happened);
    take_run(happened);
    take_clients(happened);
    keep_note(happened);
}

/// What stands in the log, but for lines that only repeat a row of another table.
void recorder::state::keep_note(const master::event& happened) {
    const auto line = log.describe(happened);
    const bool is_row = std::holds_alternative<master::round_finished>(happened.what) ||
                        std::holds_alternative<master::client_dropped>(happened.what);
    if (line && !is_row) {
        add(note_row{happened.time, name_of(line->level), line->text});
    }
}

awaitable<void> recorder::state::write() {
    due.reset();
    if (waiting.empty()) {
        co_return;
    }
    const auto rows = std::exchange(waiting, {});
    std::string problem;
    try {
        auto job = [&] {
            if (!opened) {
                opened = std::make_unique<tables>(file);
            }
            try {
                opened->write(rows);
            } catch (...) {
                opened.reset(); // after an error of the disk a fresh start is the surest
                throw;
            }
            return true;
        };
        co_await net::offload(rt, pool, std::move(job));
    } catch (const std::exception& e) {
        problem = e.what();
    }
    if (problem.empty()) {
        if (std::exchange(failing, false)) {
            notify(severity::info,
                   "the history of runs is being written again" +
                       std::string(std::exchange(overflows, false) ? "; a part is missing" : ""));
        }
        co_return;
    }
    // What came meanwhile stands behind what could not be written.
    auto newer = std::exchange(waiting, rows);
    const auto room = options.most_rows_waiting - std::min(options.most_rows_waiting, waiting.size());
    if (newer.size() > room) {
        newer.resize(room);
        note_loss();
    }
    std::ranges::move(newer, std::back_inserter(waiting));
    if (!std::exchange(failing, true)) {
        notify(severity::error,
               "the history of runs cannot be written, the training goes on without it: " + problem);
    }
}

recorder::recorder(net::runtime& rt, boost::asio::any_io_executor pool, std::filesystem::path file,
                   notice_handler notify, recorder_options options)
    : state_(std::make_unique<state>(rt, std::move(pool), std::move(file), std::move(notify), options)) {}

recorder::~recorder() = default;

void recorder::take(const master::event& happened) {
    state_->take(happened);
}

awaitable<void> recorder::run() {
    co_await boost::asio::this_coro::throw_if_cancelled(false);
    bool cancelled = co_await net::is_cancelled();
    while (!cancelled) {
        co_await state_->due.wait();
        co_await state_->write();
        cancelled = co_await net::is_cancelled();
    }
    co_await state_->write();
}

} // namespace fedasio::history
