#include <fedasio/dashboard/board.hpp>
#include <fedasio/dashboard/event_json.hpp>
#include <fedasio/master/report.hpp>
#include <fedasio/text/json_text.hpp>

#include <boost/json/array.hpp>
#include <boost/json/value.hpp>

#include "json_scalar.hpp"
#include <algorithm>
#include <set>
#include <utility>

namespace fedasio::dashboard {
namespace {

namespace json = boost::json;
using master::worker_state;
using text::canonical_text;

constexpr std::size_t page_bytes = std::size_t{1} << 20;
constexpr std::size_t snapshot_lag_bytes = std::size_t{256} << 10;
constexpr double snapshot_lag_seconds = 1;

/// What the last round says of the model: its keys that begin with `test_`, and which round it is.
json::object test_json(const master::round_result& result) {
    json::object test{{"round", result.round}};
    for (const auto& member : master::to_json(result)) {
        const std::string_view key = member.key();
        if (key.starts_with("test_")) {
            test[key.substr(5)] = member.value();
        }
    }
    return test;
}

json::array texts_json(const std::vector<std::string>& names) {
    json::array result;
    for (const auto& name : names) {
        result.emplace_back(json_text(name));
    }
    return result;
}

/// A JSON array of texts that are JSON already.
class array_text {
public:
    void add(std::string_view item) {
        text_ += text_.size() == 1 ? "" : ",";
        text_ += item;
    }

    std::string finish() && {
        text_ += ']';
        return std::move(text_);
    }

private:
    std::string text_ = "[";
};

} // namespace

board::board(std::string instance, double started, board_limits limits)
    : instance_(std::move(instance)), started_(started), limits_(limits), log_(limits.log, limits.log_bytes),
      events_(limits.events, limits.event_bytes) {}

/// Workers stay from one run to the next, but with nothing of the run before.
void board::forget_run() {
    run_ = {};
    clients_.clear();
    means_.clear();
    rounds_.clear();
    round_bytes_ = rounds_forgotten_ = 0;
    last_.reset();
    evaluation_.reset();
    data_ = "null";
    for (auto& [id, worker] : workers_) {
        worker.clients.clear();
        worker.samples = 0;
        worker.round.reset();
        worker.seconds.reset();
        worker.loss.reset();
        worker.accuracy.reset();
        worker.state = worker.state == worker_state::gone ? worker_state::gone : worker_state::joined;
    }
}

void board::forget_gone_workers() {
    while (gone_.size() > limits_.gone_workers) {
        workers_.erase(gone_.front());
        means_.erase(gone_.front());
        gone_.pop_front();
    }
}

void board::keep_round(const master::round_result& result) {
    auto& kept = rounds_[result.round];
    round_bytes_ -= kept.size();
    kept = canonical_text(master::to_json(result));
    round_bytes_ += kept.size();
    while (rounds_.size() > 1 && (rounds_.size() > limits_.rounds || round_bytes_ > limits_.round_bytes)) {
        round_bytes_ -= rounds_.begin()->second.size();
        rounds_.erase(rounds_.begin());
        ++rounds_forgotten_;
    }
}

std::size_t board::workers_here() const {
    return static_cast<std::size_t>(std::ranges::count_if(
        workers_, [](const auto& worker) { return worker.second.state != worker_state::gone; }));
}

std::size_t board::clients_hosted() const {
    return static_cast<std::size_t>(
        std::ranges::count_if(clients_, [](const auto& client) { return client.second.worker.has_value(); }));
}

std::string board::status_text(double now) const {
    const auto& opened = run_.opened;
    json::object status;
    status["phase"] = to_string(run_.now);
    status["run"] = json_text(opened.run);
    status["round"] = run_.round;
    status["rounds_forgotten"] = rounds_forgotten_;
    status["checkpoint_round"] = run_.checkpoint_round;
    status["last_round"] = opened.last_round;
    status["target_accuracy"] = json_number(opened.target_accuracy);
    status["deadline"] = json_number(opened.deadline);
    status["fraction"] = json_number(opened.fraction);
    status["clients_per_round"] = opened.clients_per_round;
    status["state_dir"] = opened.has_state_dir;
    status["pausing"] = run_.pausing;
    status["stopping"] = run_.stopping;
    status["stalled_since"] = json_number(run_.stalled_since);
    status["plan"] = json_text(opened.plan);
    status["plan_digest"] = json_text(opened.plan_digest);
    status["seed"] = opened.seed;
    status["parameters"] = run_.parameters;
    status["task"] = opened.regression ? "regression" : "classification";
    status["min_workers"] = opened.min_workers;
    status["workers"] = workers_here();
    status["clients"] = clients_hosted();
    status["clients_planned"] = opened.clients_planned;
    status["version"] = json_text(opened.version);
    status["instruction_set"] = json_text(opened.instruction_set);
    status["started"] = json_number(started_);
    status["now"] = json_number(now);
    status["models"] = texts_json(opened.models);
    status["test"] = nullptr;
    if (last_) {
        auto test = test_json(*last_);
        const bool has_names =
            !last_->test_recall.empty() && evaluation_ && evaluation_->round == last_->round;
        test["classes"] = has_names ? json::value(texts_json(evaluation_->classes)) : json::value(nullptr);
        status["test"] = std::move(test);
    }
    return canonical_text(status);
}

std::string board::workers_text() const {
    array_text result;
    for (const auto& [id, worker] : workers_) {
        result.add(canonical_text(worker_json(worker)));
    }
    return std::move(result).finish();
}

std::string board::clients_text() const {
    array_text result;
    for (const auto& [id, client] : clients_) {
        result.add(canonical_text(client_json(client)));
    }
    return std::move(result).finish();
}

std::string board::rounds_text() const {
    array_text result;
    for (const auto& [number, round] : rounds_) {
        result.add(round);
    }
    return std::move(result).finish();
}

std::string board::events_text(std::uint64_t after, std::size_t limit) const {
    array_text result;
    std::size_t bytes = 0;
    std::size_t count = 0;
    for (auto seq = std::max(after, events_.oldest() - 1); seq < events_.newest() && count < limit; ++count) {
        const auto& text = *events_.at(++seq);
        bytes += text.size();
        if (bytes > page_bytes && count > 0) {
            break;
        }
        result.add(text);
    }
    return R"({"instance":")" + instance_ + R"(","events":)" + std::move(result).finish() + R"(,"oldest":)" +
           std::to_string(events_.oldest()) + R"(,"newest":)" + std::to_string(events_.newest()) + "}";
}

std::string board::evaluation_text() const {
    if (!evaluation_) {
        return "null";
    }
    json::object content;
    add_evaluation(content, *evaluation_);
    return canonical_text(content);
}

const board::snapshot& board::take_snapshot(double now) {
    const bool recent =
        snapshot_.text && now >= snapshot_time_ && now - snapshot_time_ < snapshot_lag_seconds &&
        events_.reaches_back_to(snapshot_.seq) && events_.bytes_after(snapshot_.seq) < snapshot_lag_bytes;
    if (recent) {
        return snapshot_;
    }
    array_text log;
    for (const auto& text : log_.texts()) {
        log.add(*text);
    }
    auto text = R"({"type":"snapshot","instance":")" + instance_ + R"(","seq":)" +
                std::to_string(events_.newest()) + R"(,"status":)" + status_text(now) + R"(,"workers":)" +
                workers_text() + R"(,"clients":)" + clients_text() + R"(,"rounds":)" + rounds_text() +
                R"(,"evaluation":)" + evaluation_text() + R"(,"data":)" + data_ + R"(,"log":)" +
                std::move(log).finish() + "}";
    snapshot_ = {events_.newest(), std::make_shared<const std::string>(std::move(text))};
    snapshot_time_ = now;
    return snapshot_;
}

} // namespace fedasio::dashboard
