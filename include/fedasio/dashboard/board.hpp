#pragma once

#include <fedasio/dashboard/event_log.hpp>
#include <fedasio/dashboard/event_ring.hpp>
#include <fedasio/dashboard/round_summaries.hpp>
#include <fedasio/dashboard/rows.hpp>
#include <fedasio/master/events.hpp>

#include <array>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>

namespace fedasio::dashboard {

/// How much a board remembers; what is older is forgotten.
struct board_limits {
    std::size_t events = 8000; ///< of a round of ten clients there are some thirty
    std::size_t event_bytes = std::size_t{16} << 20;
    std::size_t log = 500; ///< of what happens in every round, and of the rest
    std::size_t log_bytes = std::size_t{4} << 20;
    std::size_t rounds = 1000; ///< older ones are in the archive, if there is one
    std::size_t round_bytes = std::size_t{2} << 20;
    std::size_t gone_workers = 1000;
};

/// What the status object of `docs/api.md` tells, but for counts.
struct run_row {
    master::phase now = master::phase::waiting;
    std::uint32_t round = 0;
    bool pausing = false;
    bool stopping = false;
    std::optional<double> stalled_since; ///< as progress_stalled tells
    master::run_opened opened;           ///< with what can change (`last_round`, `models`, ...) as it is now
    std::uint64_t parameters = 0;
    std::uint32_t checkpoint_round = 0; ///< the last one that is safe on disk
};

/// Sums since the process started, for metrics: they never fall, whatever the board forgets.
struct run_totals {
    std::uint64_t rounds = 0;
    std::uint64_t updates = 0;
    std::map<std::string, std::uint64_t> dropped; ///< by reason
    std::array<double, master::phase_count> phase_seconds{};
    std::uint64_t bytes_sent = 0;
    std::uint64_t bytes_received = 0;
};

/// The state of a run as the HTTP interface shows it, folded from events and from nothing else. Knows no
/// network and no clock. All texts are JSON as in `docs/api.md`; numbers that do not exist are null. Not
/// thread-safe.
class board {
public:
    /// `instance` tells this process from its predecessors; `started` is in Unix seconds.
    board(std::string instance, double started, board_limits limits = {});

    /// Takes in one event, in order of their numbers.
    void fold(const master::event& happened);

    [[nodiscard]] std::string status_text(double now) const;
    [[nodiscard]] std::string workers_text() const;
    [[nodiscard]] std::string clients_text() const;
    /// Of the rounds that it still has, oldest first.
    [[nodiscard]] std::string rounds_text() const;

    /// How many rounds of this run it no longer has; they are older than those that it has.
    [[nodiscard]] std::uint64_t rounds_forgotten() const noexcept { return rounds_forgotten_; }

    /// The oldest round that it has; 0: none.
    [[nodiscard]] std::uint32_t oldest_round() const { return rounds_.empty() ? 0 : rounds_.begin()->first; }

    [[nodiscard]] std::string summary_text() const { return summaries_.text(); }

    /// How the tables were understood; null if none was.
    [[nodiscard]] const std::string& data_text() const noexcept { return data_; }

    /// Kept events after number `after`: at most `limit`, and at most about 1 MiB of them, but at least one.
    [[nodiscard]] std::string events_text(std::uint64_t after, std::size_t limit) const;

    /// Everything, as the first message of a stream.
    struct snapshot {
        std::uint64_t seq = 0; ///< the last event that is part of it
        shared_text text;
    };

    /// A snapshot that is at most a second and 256 KiB of events old, so that many clients that need one at
    /// the same time share it. The events that it lacks are in `events()`.
    [[nodiscard]] const snapshot& take_snapshot(double now);

    [[nodiscard]] const std::string& instance() const noexcept { return instance_; }

    [[nodiscard]] const event_ring& events() const noexcept { return events_; }

    [[nodiscard]] const run_row& run() const noexcept { return run_; }

    [[nodiscard]] const run_totals& totals() const noexcept { return totals_; }

    [[nodiscard]] const std::map<master::worker_id, worker_row>& workers() const noexcept { return workers_; }

    [[nodiscard]] const std::map<master::client_id, client_row>& clients() const noexcept { return clients_; }

    /// The last finished round.
    [[nodiscard]] const std::optional<master::round_result>& last_result() const noexcept { return last_; }

    [[nodiscard]] std::size_t workers_here() const;
    [[nodiscard]] std::size_t clients_hosted() const;

private:
    struct folding;

    // The mean of a worker's updates in one round, as they come.
    struct running_mean {
        std::uint32_t round = 0;
        double seconds = 0; ///< of the slowest
        double loss = 0;
        double loss_weight = 0;
        double accuracy = 0;
        double accuracy_weight = 0;
    };

    void forget_run();
    void forget_gone_workers();
    void keep_round(const master::round_result& result);
    [[nodiscard]] std::string evaluation_text() const;

    std::string instance_;
    double started_;
    board_limits limits_;
    run_row run_;
    run_totals totals_;
    std::map<master::worker_id, worker_row> workers_;
    std::map<master::worker_id, running_mean> means_;
    std::deque<master::worker_id> gone_;
    std::map<master::client_id, client_row> clients_;
    std::map<std::uint32_t, std::string> rounds_;
    std::size_t round_bytes_ = 0;
    std::uint64_t rounds_forgotten_ = 0;
    std::optional<master::round_result> last_;
    std::optional<master::model_evaluated> evaluation_;
    std::string data_ = "null";
    event_log log_;
    event_ring events_;
    round_summaries summaries_;
    snapshot snapshot_;
    double snapshot_time_ = 0;
};

} // namespace fedasio::dashboard
