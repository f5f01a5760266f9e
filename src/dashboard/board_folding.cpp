#include <fedasio/dashboard/board.hpp>
#include <fedasio/dashboard/event_json.hpp>
#include <fedasio/master/report.hpp>
#include <fedasio/text/json_text.hpp>

#include <boost/json/array.hpp>
#include <boost/json/value.hpp>

#include <algorithm>
#include <utility>

// What each event changes on the board.
namespace fedasio::dashboard {
namespace {

using master::phase;
using master::worker_state;
using text::canonical_text;

bool is_at_rest(phase which) noexcept {
    return which == phase::waiting || which == phase::finished || which == phase::failed;
}

/// What every round brings.
bool is_routine(const master::event& happened) {
    return std::holds_alternative<master::phase_entered>(happened.what) ||
           std::holds_alternative<master::round_finished>(happened.what) ||
           std::holds_alternative<master::checkpoint_written>(happened.what);
}

} // namespace

struct board::folding {
    board& self;
    double time;

    void operator()(const master::run_opened& it) const {
        self.forget_run();
        self.run_.opened = it;
    }

    void operator()(const master::model_built& it) const { self.run_.parameters = it.parameters; }

    void operator()(const master::data_understood& it) const {
        self.data_ = canonical_text(master::to_json(it.data));
    }

    void operator()(const master::phase_entered& it) const {
        auto& run = self.run_;
        run.now = it.now;
        run.round = it.round;
        // In `waiting` a training may be under way, whose pause is yet to come.
        const bool is_over = it.now == phase::finished || it.now == phase::failed;
        run.pausing = run.pausing && !is_over && it.now != phase::paused;
        run.stopping = run.stopping && !is_over;
    }

    void operator()(const master::worker_joined& it) const {
        std::erase(self.gone_, it.worker);
        self.means_.erase(it.worker);
        self.workers_.insert_or_assign(it.worker, joined_worker(it, time));
    }

    void operator()(const master::worker_left& it) const {
        const auto found = self.workers_.find(it.worker);
        if (found == self.workers_.end()) {
            return;
        }
        found->second.state = worker_state::gone;
        found->second.reason = it.reason;
        take_clients(found->second);
        std::erase(self.gone_, it.worker);
        self.gone_.push_back(it.worker);
        self.forget_gone_workers();
    }

    void operator()(const master::worker_state_changed& it) const {
        const auto found = self.workers_.find(it.worker);
        if (found != self.workers_.end()) {
            found->second.state = it.state;
        }
    }

    void operator()(const master::worker_assigned& it) const {
        const auto found = self.workers_.find(it.worker);
        if (found != self.workers_.end()) {
            take_clients(found->second);
            found->second.samples = 0;
        }
        for (const auto& hosted : it.clients) {
            auto& client = self.clients_[hosted.client];
            client.client = hosted.client;
            give_client(client, it.worker);
            client.samples = hosted.samples;
            client.labels = hosted.labels;
            if (found != self.workers_.end()) {
                found->second.samples += hosted.samples;
            }
        }
    }

    /// The row of a client and those of its two workers tell the same, so that nobody walks all rows.
    void give_client(client_row& client, master::worker_id to) const {
        if (client.worker == to) {
            return;
        }
        if (const auto before = self.workers_.find(client.worker.value_or(0));
            before != self.workers_.end()) {
            auto& clients = before->second.clients;
            const auto [first, last] = std::ranges::equal_range(clients, client.client);
            clients.erase(first, last);
        }
        client.worker = to;
        if (const auto now = self.workers_.find(to); now != self.workers_.end()) {
            auto& clients = now->second.clients;
            clients.insert(std::ranges::lower_bound(clients, client.client), client.client);
        }
    }

    void take_clients(worker_row& from) const {
        for (const auto id : from.clients) {
            self.clients_[id].worker.reset();
        }
        from.clients.clear();
    }

    void operator()(const master::worker_standing& it) const {
        const auto found = self.workers_.find(it.worker);
        if (found != self.workers_.end()) {
            found->second.standing = it.state;
            found->second.reason = it.reason;
        }
    }

    void operator()(const master::worker_measured& it) const {
        const auto found = self.workers_.find(it.worker);
        if (found == self.workers_.end()) {
            return;
        }
        found->second.cpu_percent = it.cpu_percent;
        found->second.memory_bytes = it.memory_bytes;
        found->second.round_trip_ms = it.round_trip_ms;
        found->second.bytes_sent = it.bytes_sent;
        found->second.bytes_received = it.bytes_received;
        found->second.queued_bytes = it.queued_bytes;
    }

    void operator()(const master::training_started& it) const {
        self.run_.opened.last_round = it.last_round;
        self.run_.opened.target_accuracy = it.target_accuracy;
        self.run_.pausing = false;
        self.run_.stopping = false;
    }

    void operator()(const master::round_started& it) const {
        self.run_.round = it.round;
        self.run_.opened.clients_per_round = it.clients_per_round;
    }

    void operator()(const master::client_updated& it) const {
        ++self.totals_.updates;
        if (const auto found = self.clients_.find(it.client); found != self.clients_.end()) {
            auto& client = found->second;
            give_client(client, it.worker);
            client.samples = it.samples;
            client.round = it.round;
            client.loss = it.loss;
            client.accuracy = it.accuracy;
            client.seconds = it.seconds;
            client.reason.clear();
        }
        const auto found = self.workers_.find(it.worker);
        if (found == self.workers_.end()) {
            return;
        }
        auto& mean = self.means_[it.worker];
        if (mean.round != it.round) {
            mean = {};
            mean.round = it.round;
        }
        mean.seconds = std::max(mean.seconds, it.seconds);
        const auto weight = static_cast<double>(it.samples);
        mean.loss += it.loss * weight;
        mean.loss_weight += weight;
        mean.accuracy += it.accuracy.value_or(0) * weight;
        mean.accuracy_weight += it.accuracy ? weight : 0;
        auto& worker = found->second;
        worker.round = it.round;
        worker.seconds = mean.seconds;
        worker.loss.reset();
        worker.accuracy.reset();
        if (mean.loss_weight > 0) {
            worker.loss = mean.loss / mean.loss_weight;
        }
        if (mean.accuracy_weight > 0) {
            worker.accuracy = mean.accuracy / mean.accuracy_weight;
        }
    }

    void operator()(const master::client_dropped& it) const {
        ++self.totals_.dropped[it.reason];
        if (const auto found = self.clients_.find(it.client); found != self.clients_.end()) {
            found->second.round = it.round;
            found->second.reason = it.reason;
        }
    }

    void operator()(const master::layers_measured& /*it*/) const {}

    void operator()(const master::updates_compared& it) const {
        for (const auto& one : it.clients) {
            if (const auto found = self.clients_.find(one.client); found != self.clients_.end()) {
                found->second.distance = one.distance;
                found->second.cosine = one.cosine;
            }
        }
    }

    void operator()(const master::model_evaluated& it) const { self.evaluation_ = it; }

    void operator()(const master::clients_evaluated& it) const {
        for (const auto& one : it.clients) {
            if (const auto found = self.clients_.find(one.client); found != self.clients_.end()) {
                found->second.test_round = it.round;
                found->second.test = one;
            }
        }
    }

    void operator()(const master::plan_changed& it) const {
        auto& opened = self.run_.opened;
        opened.last_round = it.last_round;
        opened.target_accuracy = it.target_accuracy;
        opened.deadline = it.deadline;
        opened.fraction = it.fraction;
        opened.clients_per_round = it.clients_per_round;
    }

    void operator()(const master::round_finished& it) const {
        const auto& result = it.result;
        self.run_.round = result.round;
        auto& totals = self.totals_;
        ++totals.rounds;
        totals.bytes_sent += result.bytes_sent;
        totals.bytes_received += result.bytes_received;
        for (std::size_t i = 0; i < master::phase_count; ++i) {
            totals.phase_seconds[i] += result.seconds[i];
        }
        self.last_ = result;
        self.keep_round(result);
    }

    void operator()(const master::run_resumed& it) const {
        self.run_.opened.run = it.run;
        self.run_.round = it.round;
        self.run_.checkpoint_round = it.round;
        for (const auto& result : it.rounds) {
            self.last_ = result;
            self.keep_round(result);
        }
        (*this)(it.tested);
        if (!it.changes.empty()) {
            (*this)(it.changes.back());
        }
        self.run_.opened.clients_per_round = it.clients_per_round;
    }

    void operator()(const master::checkpoint_written& it) const { self.run_.checkpoint_round = it.round; }

    void operator()(const master::training_finished& it) const {
        self.run_.round = it.round;
        self.run_.pausing = false;
        self.run_.stopping = false;
    }

    void operator()(const master::model_saved& it) const { self.run_.opened.models = it.models; }

    void operator()(const master::model_loaded& /*it*/) const {}

    void operator()(const master::pause_requested& it) const { self.run_.pausing = it.pausing; }

    void operator()(const master::progress_stalled& it) const { self.run_.stalled_since = it.since; }

    void operator()(const master::command_answered& it) const {
        if (it.accepted && it.command == "stop" && !is_at_rest(self.run_.now)) {
            self.run_.stopping = true;
        }
    }

    void operator()(const master::noticed& /*it*/) const {}
};

void board::fold(const master::event& happened) {
    std::visit(folding{*this, happened.time}, happened.what);
    summaries_.fold(happened);
    events_.push(happened.seq, told_event(happened));
    if (is_logged(happened)) {
        log_.push(happened.seq, events_.at(happened.seq), is_routine(happened));
    }
}

} // namespace fedasio::dashboard
