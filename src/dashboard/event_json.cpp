#include <fedasio/dashboard/event_json.hpp>
#include <fedasio/dashboard/rows.hpp>
#include <fedasio/master/report.hpp>
#include <fedasio/text/json_text.hpp>

#include <boost/json/array.hpp>

#include "json_scalar.hpp"
#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace fedasio::dashboard {
namespace {

namespace json = boost::json;

/// Of a round's tests; a browser asks for the others.
constexpr std::size_t most_clients_told = 2000;
/// Of a run that is resumed, the latest; likewise.
constexpr std::size_t most_told_rounds = 1000;

json::array texts(const std::vector<std::string>& names) {
    json::array result;
    for (const auto& name : names) {
        result.emplace_back(json_text(name));
    }
    return result;
}

constexpr std::string_view to_string(master::noticed::severity level) noexcept {
    constexpr std::array<std::string_view, 3> names{"info", "warning", "error"};
    return names[static_cast<std::size_t>(level)];
}

/// Adds the type and its fields.
class writer {
public:
    writer(json::object& into, double time) : into_(into), time_(time) {}

    void operator()(const master::run_opened& it) const {
        into_["type"] = "run_opened";
        into_["run"] = json_text(it.run);
        into_["plan"] = json_text(it.plan);
        into_["plan_digest"] = json_text(it.plan_digest);
        into_["seed"] = it.seed;
        into_["task"] = it.regression ? "regression" : "classification";
        into_["clients_planned"] = it.clients_planned;
        into_["min_workers"] = it.min_workers;
        into_["last_round"] = it.last_round;
        into_["target_accuracy"] = json_number(it.target_accuracy);
        into_["deadline"] = json_number(it.deadline);
        into_["fraction"] = json_number(it.fraction);
        into_["clients_per_round"] = it.clients_per_round;
        into_["state_dir"] = it.has_state_dir;
        into_["version"] = json_text(it.version);
        into_["instruction_set"] = json_text(it.instruction_set);
        into_["models"] = texts(it.models);
    }

    void operator()(const master::model_built& it) const {
        into_["type"] = "model_built";
        into_["parameters"] = it.parameters;
    }

    void operator()(const master::data_understood& it) const {
        into_["type"] = "data_understood";
        into_["data"] = master::to_json(it.data);
    }

    void operator()(const master::phase_entered& it) const {
        into_["type"] = "phase";
        into_["phase"] = to_string(it.now);
        into_["round"] = it.round;
    }

    void operator()(const master::worker_joined& it) const {
        into_["type"] = "worker_joined";
        into_["worker"] = worker_json(joined_worker(it, time_));
    }

    void operator()(const master::worker_left& it) const {
        into_["type"] = "worker_left";
        into_["worker"] = it.worker;
        into_["name"] = json_text(it.name);
        into_["reason"] = json_text(it.reason);
    }

    void operator()(const master::worker_state_changed& it) const {
        into_["type"] = "worker_state";
        into_["worker"] = it.worker;
        into_["state"] = to_string(it.state);
    }

    void operator()(const master::worker_assigned& it) const {
        json::array clients;
        std::uint64_t samples = 0;
        for (const auto& hosted : it.clients) {
            clients.push_back(json::object{{"client", hosted.client},
                                           {"samples", hosted.samples},
                                           {"labels", labels_json(hosted.labels)}});
            samples += hosted.samples;
        }
        into_["type"] = "worker_assigned";
        into_["worker"] = it.worker;
        into_["clients"] = std::move(clients);
        into_["samples"] = samples;
        into_["digest"] = it.digest.empty() ? json::value(nullptr) : json::value(it.digest);
    }

    void operator()(const master::worker_standing& it) const {
        into_["type"] = "worker_standing";
        into_["worker"] = it.worker;
        into_["name"] = json_text(it.name);
        into_["standing"] = to_string(it.state);
        into_["reason"] = json_text(it.reason);
    }

    void operator()(const master::worker_measured& it) const {
        into_["type"] = "worker_stats";
        into_["worker"] = it.worker;
        into_["cpu_percent"] = json_number(it.cpu_percent);
        into_["memory_bytes"] = it.memory_bytes;
        into_["round_trip_ms"] = json_number(it.round_trip_ms);
        into_["bytes_sent"] = it.bytes_sent;
        into_["bytes_received"] = it.bytes_received;
        into_["queued_bytes"] = it.queued_bytes;
    }

    void operator()(const master::training_started& it) const {
        into_["type"] = "training_started";
        into_["round"] = it.round;
        into_["last_round"] = it.last_round;
        into_["target_accuracy"] = json_number(it.target_accuracy);
    }

    void operator()(const master::round_started& it) const {
        into_["type"] = "round_started";
        into_["round"] = it.round;
        into_["cohort"] = json::array(it.cohort.begin(), it.cohort.end());
        into_["clients_per_round"] = it.clients_per_round;
    }

    void operator()(const master::client_updated& it) const {
        into_["type"] = "client_updated";
        into_["round"] = it.round;
        into_["client"] = it.client;
        into_["worker"] = it.worker;
        into_["samples"] = it.samples;
        into_["loss"] = json_number(it.loss);
        into_["accuracy"] = json_number(it.accuracy);
        into_["seconds"] = json_number(it.seconds);
    }

    void operator()(const master::client_dropped& it) const {
        into_["type"] = "client_dropped";
        into_["round"] = it.round;
        into_["client"] = it.client;
        into_["worker"] = json_number(it.worker);
        into_["reason"] = json_text(it.reason);
        into_["detail"] = json_text(it.detail);
        into_["name"] = json_text(it.name);
    }

    void operator()(const master::updates_compared& it) const {
        json::array clients;
        for (const auto& one : it.clients) {
            clients.push_back(json::object{{"client", one.client},
                                           {"distance", json_number(one.distance)},
                                           {"cosine", json_number(one.cosine)}});
        }
        into_["type"] = "updates_compared";
        into_["round"] = it.round;
        into_["step"] = json_number(it.step);
        into_["clients"] = std::move(clients);
    }

    void operator()(const master::layers_measured& it) const {
        json::array arrays;
        for (const auto& one : it.arrays) {
            arrays.push_back(json::object{{"name", one.name},
                                          {"weights", json_number(one.weights)},
                                          {"update", json_number(one.update)},
                                          {"units", one.units},
                                          {"still", one.still}});
        }
        into_["type"] = "layers_measured";
        into_["round"] = it.round;
        into_["arrays"] = std::move(arrays);
    }

    void operator()(const master::model_evaluated& it) const {
        into_["type"] = "model_evaluated";
        add_evaluation(into_, it);
    }

    void operator()(const master::clients_evaluated& it) const {
        json::array clients;
        for (const auto& one : std::span(it.clients).first(std::min(it.clients.size(), most_clients_told))) {
            clients.push_back(master::to_json(one));
        }
        into_["type"] = "clients_evaluated";
        into_["round"] = it.round;
        into_["clients"] = std::move(clients);
    }

    void operator()(const master::plan_changed& it) const {
        into_["type"] = "plan_changed";
        into_["round"] = it.round;
        into_["last_round"] = it.last_round;
        into_["target_accuracy"] = json_number(it.target_accuracy);
        into_["deadline"] = json_number(it.deadline);
        into_["fraction"] = json_number(it.fraction);
        into_["clients_per_round"] = it.clients_per_round;
        if (!it.loaded.empty()) {
            into_["loaded"] = it.loaded;
        }
    }

    void operator()(const master::round_finished& it) const {
        into_["type"] = "round_finished";
        into_["result"] = master::to_json(it.result);
    }

    void operator()(const master::training_finished& it) const {
        into_["type"] = "training_finished";
        into_["outcome"] = to_string(it.outcome);
        into_["detail"] = json_text(it.detail);
        into_["round"] = it.round;
        into_["weights_sha256"] = json_text(it.weights_sha256);
        into_["complete"] = it.is_complete();
    }

    void operator()(const master::model_saved& it) const {
        into_["type"] = "model_saved";
        into_["name"] = json_text(it.name);
        into_["path"] = json_text(it.path);
        into_["round"] = it.round;
        into_["models"] = texts(it.models);
    }

    void operator()(const master::model_loaded& it) const {
        into_["type"] = "model_loaded";
        into_["name"] = json_text(it.name);
        into_["round"] = it.round;
    }

    void operator()(const master::run_resumed& it) const {
        json::array rounds;
        // Of a run of a year they would not fit into a stream's queue, nor be of use there.
        const auto latest = it.rounds.size() - std::min(it.rounds.size(), most_told_rounds);
        for (const auto& round : std::span(it.rounds).subspan(latest)) {
            rounds.push_back(master::to_json(round));
        }
        into_["type"] = "run_resumed";
        into_["run"] = json_text(it.run);
        into_["round"] = it.round;
        into_["rounds"] = std::move(rounds);
        json::array changes;
        for (const auto& change : it.changes) {
            changes.push_back(master::to_json(change));
        }
        into_["changes"] = std::move(changes);
        into_["clients_per_round"] = it.clients_per_round;
    }

    void operator()(const master::checkpoint_written& it) const {
        into_["type"] = "checkpoint";
        into_["round"] = it.round;
    }

    void operator()(const master::pause_requested& it) const {
        into_["type"] = "pause_requested";
        into_["pausing"] = it.pausing;
    }

    void operator()(const master::progress_stalled& it) const {
        into_["type"] = "progress_stalled";
        into_["since"] = json_number(it.since);
        into_["deadline"] = json_number(it.deadline);
    }

    void operator()(const master::command_answered& it) const {
        into_["type"] = "command";
        into_["command"] = json_text(it.command);
        into_["accepted"] = it.accepted;
        into_["reason"] = json_text(it.reason);
    }

    void operator()(const master::noticed& it) const {
        into_["type"] = "notice";
        into_["level"] = to_string(it.level);
        into_["text"] = json_text(it.text);
    }

private:
    json::object& into_;
    double time_;
};

/// The types without a * in docs/api.md.
struct log_filter {
    template <class Content>
    bool operator()(const Content& /*what*/) const noexcept {
        return true;
    }

    bool operator()(const master::run_opened& /*what*/) const noexcept { return false; }

    bool operator()(const master::model_built& /*what*/) const noexcept { return false; }

    bool operator()(const master::data_understood& /*what*/) const noexcept { return false; }

    bool operator()(const master::worker_state_changed& /*what*/) const noexcept { return false; }

    bool operator()(const master::worker_assigned& /*what*/) const noexcept { return false; }

    // A notice says it.
    bool operator()(const master::worker_standing& /*what*/) const noexcept { return false; }

    bool operator()(const master::worker_measured& /*what*/) const noexcept { return false; }

    bool operator()(const master::round_started& /*what*/) const noexcept { return false; }

    bool operator()(const master::client_updated& /*what*/) const noexcept { return false; }

    bool operator()(const master::updates_compared& /*what*/) const noexcept { return false; }

    bool operator()(const master::layers_measured& /*what*/) const noexcept { return false; }

    bool operator()(const master::model_evaluated& /*what*/) const noexcept { return false; }

    bool operator()(const master::clients_evaluated& /*what*/) const noexcept { return false; }

    bool operator()(const master::checkpoint_written& /*what*/) const noexcept { return false; }

    // With all its rounds it is too large for a log, which keeps hundreds of events.
    bool operator()(const master::run_resumed& /*what*/) const noexcept { return false; }
};

} // namespace

void add_evaluation(json::object& into, const master::model_evaluated& it) {
    for (auto& member : master::to_json(it)) {
        into[member.key()] = member.value();
    }
    into["classes"] = texts(it.classes); // whatever bytes a name has
}

json::object event_json(const master::event& happened) {
    json::object result;
    result.reserve(16);
    result["seq"] = happened.seq;
    result["time"] = json_number(happened.time);
    std::visit(writer(result, happened.time), happened.what);
    return result;
}

bool is_logged(const master::event& happened) noexcept {
    return std::visit(log_filter(), happened.what);
}

} // namespace fedasio::dashboard
