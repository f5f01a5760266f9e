#pragma once

#include <fedasio/data/data_description.hpp>
#include <fedasio/master/phase.hpp>
#include <fedasio/nn/value_histogram.hpp>
#include <fedasio/plan/own_metrics.hpp>
#include <fedasio/wire/standing.hpp>

#include <algorithm>
#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace fedasio::net {
class clock;
}

/// What happens in a run. Dashboard, log, report and metrics are subscribers to these and to nothing else;
/// `docs/api.md` gives the JSON form of each. A value that does not exist (no test data, a regression's
/// accuracy) is empty.
namespace fedasio::master {

using worker_id = std::uint32_t;
using client_id = std::uint32_t;

/// A run begins: the first event of a process, and again when it is given another plan. The workers stay;
/// all else that was said before belongs to the run before.
struct run_opened {
    std::string run; ///< 16 hexadecimal digits that no other run has
    std::string plan;
    std::string plan_digest;
    std::string plan_text; ///< canonical JSON
    std::uint64_t seed = 0;
    bool regression = false;
    std::uint32_t clients_planned = 0; ///< 0: as many as join
    std::uint32_t min_workers = 0;
    std::uint32_t last_round = 0; ///< the plan's rounds
    std::optional<double> target_accuracy;
    double deadline = 0; ///< seconds
    double fraction = 1;
    bool has_state_dir = false; ///< models can be saved and runs looked up
    std::string version;
    std::string instruction_set;
    std::vector<std::string> models;     ///< names that can be loaded
    std::uint32_t clients_per_round = 0; ///< wanted, as far as the plan says; 0: not known yet
};

struct model_built {
    std::uint64_t parameters = 0;
};

/// How the tables were understood; again if that changes.
struct data_understood {
    data::data_description data;
};

struct phase_entered {
    phase now = phase::waiting;
    std::uint32_t round = 0;
};

struct worker_joined {
    worker_id worker = 0;
    std::string name;
    std::string address;
    std::uint32_t threads = 0;
    std::uint32_t capacity = 0; ///< clients it hosts at most; 0: as many as the master gives
    std::string version;
    std::string instruction_set;
};

struct worker_left {
    worker_id worker = 0;
    std::string name;
    std::string reason;
    bool lost = false; ///< it did not say goodbye
};

/// `sending`: an update of this worker is arriving.
enum class worker_state { joined, loading, receiving, training, sending, ready, gone };

constexpr std::string_view to_string(worker_state state) noexcept {
    constexpr std::array<std::string_view, 7> names{"joined",  "loading", "receiving", "training",
                                                    "sending", "ready",   "gone"};
    return names[static_cast<std::size_t>(state)];
}

struct worker_state_changed {
    worker_id worker = 0;
    worker_state state = worker_state::joined;
};

/// The clients that a worker hosts from now on.
struct worker_assigned {
    struct hosted {
        client_id client = 0;
        std::uint64_t samples = 0;
        std::vector<std::uint64_t> labels = {}; ///< of these samples, by class; empty: not told
    };

    worker_id worker = 0;
    std::vector<hosted> clients;
    std::string digest = {}; ///< of the samples that it has in memory; empty: not told
};

/// Where a worker stands in the training, as it is told too: told when it changes.
struct worker_standing {
    worker_id worker = 0;
    std::string name;
    wire::standing::kind state = wire::standing::kind::takes_part;
    std::string reason; ///< empty if it takes part
};

struct worker_measured {
    worker_id worker = 0;
    double cpu_percent = 0;
    std::uint64_t memory_bytes = 0;
    double round_trip_ms = 0;
    std::uint64_t bytes_sent = 0;     ///< to this worker
    std::uint64_t bytes_received = 0; ///< from this worker
    std::uint64_t queued_bytes = 0;   ///< waiting to be sent to this worker
};

struct training_started {
    std::uint32_t round = 0;
    std::uint32_t last_round = 0;
    std::optional<double> target_accuracy;
};

struct round_started {
    std::uint32_t round = 0;
    std::vector<client_id> cohort;
    std::uint32_t clients_per_round = 0; ///< that were wanted: `cohort` may have fewer, or more in reserve
};

struct client_updated {
    std::uint32_t round = 0;
    client_id client = 0;
    worker_id worker = 0;
    std::uint64_t samples = 0;
    double loss = 0;
    std::optional<double> accuracy;
    double seconds = 0;
};

struct client_dropped {
    std::uint32_t round = 0;
    client_id client = 0;
    std::optional<worker_id> worker;
    std::string reason; ///< refused, timed_out, lost, not_needed or invalid
    std::string detail;
    std::string name = {}; ///< of the worker
};

/// How good a model is on some samples; docs/operations.md says how each is computed. Errors of a regression
/// are in the label's own unit. What cannot be computed is empty.
struct test_metrics {
    std::optional<double> loss;
    std::optional<double> accuracy;
    std::optional<double> r2;   ///< coefficient of determination; empty where all labels are alike
    std::optional<double> rmse; ///< root mean squared error
    std::optional<double> mae;  ///< mean absolute error
    std::optional<double> auc;  ///< area under the ROC curve; of more than two classes the mean one-vs-rest
    std::vector<std::optional<double>> recall; ///< by class; empty: not known
    plan::own_metrics own = {};                ///< what a trainer of one's own tells besides
};

/// One finished round, as in the report.
struct round_result {
    struct absence {
        client_id client = 0;
        std::string reason;
    };

    /// Nothing is learned any more, see plateau_watch.
    struct plateau {
        std::string metric; ///< by its name here
        std::uint32_t since =
            0; ///< the round with the best value, which is the last that brought a better one
    };

    std::uint32_t round = 0;
    std::vector<client_id> cohort;
    std::vector<absence> dropped;
    /// Clients that could not be chosen, since no worker has them; at most `most_told_absences`.
    std::vector<absence> absent;
    std::optional<double> train_loss;
    std::optional<double> train_accuracy;
    std::optional<double> test_loss;
    std::optional<double> test_accuracy;
    std::optional<double> test_r2;
    std::optional<double> test_rmse;
    std::optional<double> test_mae;
    std::optional<double> test_auc;
    std::vector<std::optional<double>> test_recall;
    // Of the clients' own results the median one; empty where the master tests.
    std::optional<double> test_loss_median;
    std::optional<double> test_accuracy_median;
    std::optional<double> test_r2_median;
    std::optional<double> test_rmse_median;
    std::optional<double> test_mae_median;
    std::optional<double> test_auc_median;
    // What trainers of one's own tell with updates and with tests, averaged by samples over the clients that
    // tell it; at most plan::limits::round_metrics of each.
    plan::own_metrics train_metrics = {};
    plan::own_metrics test_metrics = {};
    // Of the clients' own models, on what each holds out; empty unless the strategy gives them some.
    std::optional<double> personal_loss;
    std::optional<double> personal_accuracy;
    std::uint32_t personal_clients = 0; ///< whose models these are
    std::uint64_t test_samples = 0;     ///< that were tested
    std::uint32_t test_clients = 0;     ///< whose results these are; 0 where the master tests
    bool test_partial = false;          ///< clients are missing in the test: nothing is judged by it
    std::vector<absence> test_dropped;  ///< clients that are not in the test, at most `most_told_absences`
    std::string test_problem;           ///< why a test that was wanted gave no numbers; empty: it did
    std::optional<plateau> flat = {};   ///< empty: it learns, or it is too early to say
    std::array<double, phase_count> seconds{}; ///< by phase; only the phases of a round are reported
    std::uint64_t bytes_sent = 0;
    std::uint64_t bytes_received = 0;
    double time = 0;
};

/// So many are told of those that are not in the test of a round.
inline constexpr std::size_t most_told_absences = 100;

/// The accuracy by which a target or the best round is judged: a test of some of the clients decides nothing.
[[nodiscard]] inline std::optional<double> decisive_accuracy(const round_result& round) {
    return round.test_partial ? std::nullopt : round.test_accuracy;
}

/// How the updates of a round differ from each other, when they have been added up.
struct updates_compared {
    struct one {
        client_id client = 0;
        double distance = 0; ///< L2 norm of the update minus the global weights that it began with
        std::optional<double>
            cosine; ///< of that difference to the round's mean one, estimated; none of a zero
    };

    std::uint32_t round = 0;
    double step = 0; ///< L2 norm of the mean update minus those weights
    std::vector<one> clients;
};

/// What a round made of each array of the model's weights, as far as a plain sum over them tells.
struct layers_measured {
    struct one {
        std::string name;        ///< "1.dense.kernel", as in a saved model
        double weights = 0;      ///< L2 norm of the new weights
        double update = 0;       ///< L2 norm of the round's step
        std::uint32_t units = 0; ///< units or filters of a kernel; 0 of a bias, and where it is not known
        std::uint32_t still = 0; ///< of these: no weight into them was moved by any client, so they are dead
    };

    std::uint32_t round = 0;
    std::vector<one> arrays; ///< in the model's order
};

/// What the new global weights make of the test samples.
struct model_evaluated {
    struct mistake {
        std::uint64_t index = 0; ///< of the sample in the master's test set
        std::uint32_t label = 0;
        std::uint32_t predicted = 0;
        double confidence = 0; ///< the probability of `predicted`
    };

    /// Of a regression. Bin i of either axis begins at `low` + i * `width`, in the label's own unit.
    struct value_counts {
        std::string label; ///< its column
        double low = 0;
        double width = 0;
        std::vector<nn::value_histogram::cell> cells;
    };

    std::uint32_t round = 0;
    std::uint64_t samples = 0;
    std::vector<std::string> classes; ///< none in a regression
    std::vector<std::uint64_t>
        confusion;              ///< row (the true class) by row; empty: too many classes, or not told
    std::vector<mistake> wrong; ///< the most confident ones first
    std::optional<value_counts> histogram = std::nullopt; ///< in a regression
};

/// What each client finds when it tests the new global weights on what it holds out.
struct clients_evaluated {
    struct one {
        client_id client = 0;
        std::uint64_t samples = 0;
        test_metrics metrics;
        std::string reason; ///< why this result does not count, or there is none; empty: it counts
    };

    std::uint32_t round = 0;
    std::vector<one> clients; ///< in the order of their numbers
};

/// What counts from now on in place of what the plan says; of deadline and fraction from `round` on.
struct plan_changed {
    std::uint32_t round = 0;
    std::uint32_t last_round = 0;
    std::optional<double> target_accuracy;
    double deadline = 0; ///< seconds
    double fraction = 1;
    std::string loaded; ///< the saved model whose weights the round begins with; empty: nothing was loaded
    std::uint32_t clients_per_round = 0; ///< wanted with this fraction; 0: not known, as of what was kept
};

struct round_finished {
    round_result result;
};

/// The process goes on with an earlier one's run, from its checkpoint of this round.
struct run_resumed {
    std::string run; ///< replaces that of run_opened
    /// The last one that is finished. One more may be safe and not yet tested; its end is told when it is.
    std::uint32_t round = 0;
    std::vector<round_result> rounds; ///< up to `round`, oldest first, as far as the checkpoint knows them
    std::vector<plan_changed> changes = {}; ///< that were made of its plan; the last one counts now
    clients_evaluated tested = {};          ///< the latest, as far as the checkpoint knows it; round 0: none
    std::uint32_t clients_per_round = 0;    ///< wanted as things stand now
};

/// The rounds up to this one survive the master's death from now on.
struct checkpoint_written {
    std::uint32_t round = 0;
};

enum class training_outcome { rounds_done, target_reached, stopped_early, stopped, failed };

constexpr std::string_view to_string(training_outcome outcome) noexcept {
    constexpr std::array<std::string_view, 5> names{"rounds_done", "target_reached", "stopped_early",
                                                    "stopped", "failed"};
    return names[static_cast<std::size_t>(outcome)];
}

/// Whoever was there or expected in a training, and what became of it: a worker by its name, with the
/// partition `local` an owner; or clients that nobody hosted.
struct site {
    std::string name; ///< empty: clients without a worker
    std::vector<client_id> clients;
    std::uint32_t rounds = 0; ///< of the run, in which an update of it counted
    unsigned late = 0;        ///< rounds in a row, lately, in which it was too late
    std::string state;        ///< takes_part, left_out, no_client, resting, away or missing
    std::string reason;
    bool missed = false; ///< the result lacks it, or was made without it in the end
};

struct training_finished {
    training_outcome outcome = training_outcome::rounds_done;
    std::string detail;
    std::uint32_t round = 0;
    std::string weights_sha256;
    std::vector<site> sites = {};

    /// Nobody who was asked for is lacking.
    [[nodiscard]] bool is_complete() const {
        return std::ranges::none_of(sites, [](const site& one) { return one.missed; });
    }
};

struct model_saved {
    std::string name;
    std::string path;
    std::uint32_t round = 0;
    std::vector<std::string> models;
};

struct model_loaded {
    std::string name;
    std::uint32_t round = 0;
};

struct pause_requested {
    bool pausing = false; ///< false: a pause that had not begun was taken back
};

/// No update has come and no round has ended for as long as a step of a round may take; told again, without a
/// time, when something goes forward or nothing is trained any more. See stall_watch.
struct progress_stalled {
    std::optional<double> since; ///< Unix seconds of the last that went forward; empty: it is over
    double deadline = 0;         ///< seconds
};

struct command_answered {
    std::string command;
    bool accepted = false;
    std::string reason;
};

struct noticed {
    enum class severity { info, warning, error };

    severity level = severity::info;
    std::string text;
};

struct event {
    using content =
        std::variant<run_opened, model_built, data_understood, phase_entered, worker_joined, worker_left,
                     worker_state_changed, worker_assigned, worker_standing, worker_measured,
                     training_started, round_started, client_updated, client_dropped, updates_compared,
                     layers_measured, model_evaluated, clients_evaluated, round_finished, run_resumed,
                     plan_changed, checkpoint_written, training_finished, model_saved, model_loaded,
                     pause_requested, progress_stalled, command_answered, noticed>;

    event(std::uint64_t number, double when, content happened);
    // In one place: to copy a variant of so many takes seconds to compile in every file that does.
    event(const event&);
    event(event&&) noexcept;
    event& operator=(const event&);
    event& operator=(event&&) noexcept;
    ~event();

    std::uint64_t seq = 0; ///< 1, 2, 3, ... without a gap
    double time = 0;       ///< Unix seconds
    content what;
};

/// Numbers events and hands each to every subscriber at once, in order of subscription, on the master's
/// thread. A subscriber must not throw, must not wait, and must not publish.
class event_source {
public:
    using subscriber = std::function<void(const event&)>;

    explicit event_source(const net::clock& time) : time_(time) {}

    event_source(const event_source&) = delete;
    event_source& operator=(const event_source&) = delete;

    void publish(event::content what);

    /// Subscribe before the first event; a subscription lasts as long as the source.
    void subscribe(subscriber who) { subscribers_.push_back(std::move(who)); }

private:
    const net::clock& time_;
    std::vector<subscriber> subscribers_;
    std::uint64_t last_ = 0;
};

} // namespace fedasio::master
