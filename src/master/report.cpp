#include <fedasio/master/report.hpp>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include "master/metric.hpp"
#include <algorithm>
#include <chrono>
#include <cmath>
#include <numeric>
#include <span>

namespace fedasio::master {
namespace {

constexpr std::array phases_of_a_round{phase::loading_dataset,      phase::distributing_model,
                                       phase::distributing_weights, phase::training,
                                       phase::aggregating,          phase::evaluating};

/// Workers that come under ever new names must not make it grow for ever.
constexpr std::size_t most_digests = 10'000;

boost::json::value number_or_null(const std::optional<double>& number) {
    return number && std::isfinite(*number) ? boost::json::value(*number) : boost::json::value(nullptr);
}

std::optional<double> read_number(const boost::json::value& value) {
    return value.is_null() ? std::nullopt : std::optional(value.to_number<double>());
}

} // namespace

boost::json::array to_json(const std::vector<site>& sites) {
    boost::json::array all;
    for (const auto& one : sites) {
        boost::json::array clients(one.clients.begin(), one.clients.end());
        boost::json::object json{
            {"name", one.name.empty() ? boost::json::value(nullptr) : boost::json::value(one.name)},
            {"clients", std::move(clients)},
            {"rounds", one.rounds},
            {"late", one.late},
            {"state", one.state},
            {"reason", one.reason},
            {"missed", one.missed}};
        all.push_back(std::move(json));
    }
    return all;
}

namespace {

/// The losses and accuracies, which every round has told from the first version on, stand apart.
constexpr auto test_numbers = std::span(round_metrics).subspan<4, 10>();

/// Own metrics, if there are some.
void add_metrics(boost::json::object& json, std::string_view key, const plan::own_metrics& metrics) {
    if (metrics.empty()) {
        return;
    }
    boost::json::object told;
    for (const auto& [name, value] : metrics) {
        told[name] = number_or_null(value);
    }
    json[key] = std::move(told);
}

plan::own_metrics read_metrics(const boost::json::object& json, std::string_view key) {
    plan::own_metrics metrics;
    if (const auto* const told = json.if_contains(key)) {
        for (const auto& [name, value] : told->as_object()) {
            if (const auto number = read_number(value)) {
                metrics.emplace(name, *number);
            }
        }
    }
    return metrics;
}

boost::json::array to_json(const std::vector<round_result::absence>& absences) {
    boost::json::array result;
    for (const auto& absence : absences) {
        result.emplace_back(boost::json::object{{"client", absence.client}, {"reason", absence.reason}});
    }
    return result;
}

std::vector<round_result::absence> read_absences(const boost::json::value& json) {
    std::vector<round_result::absence> result;
    for (const auto& absence : json.as_array()) {
        result.push_back(
            {absence.at("client").to_number<client_id>(), std::string(absence.at("reason").as_string())});
    }
    return result;
}

std::vector<std::optional<double>> read_recall(const boost::json::value& json) {
    std::vector<std::optional<double>> recall;
    if (const auto* const known = json.if_array()) {
        for (const auto& one : *known) {
            recall.push_back(read_number(one));
        }
    }
    return recall;
}

void add_test(boost::json::object& json, const round_result& result) {
    for (const auto& [key, value] : test_numbers) {
        json[key] = number_or_null(result.*value);
    }
    json["test_recall"] = recall_json(result.test_recall);
    json["test_samples"] = result.test_samples;
    json["test_clients"] = result.test_clients;
    json["test_partial"] = result.test_partial;
    json["test_dropped"] = to_json(result.test_dropped);
    if (!result.test_problem.empty()) {
        json["test_problem"] = result.test_problem;
    }
    if (result.personal_clients != 0) {
        json["personal_loss"] = number_or_null(result.personal_loss);
        json["personal_accuracy"] = number_or_null(result.personal_accuracy);
        json["personal_clients"] = result.personal_clients;
    }
}

/// A round from before there were these keys has none of them.
void read_test(const boost::json::object& json, round_result& result) {
    if (!json.contains("test_partial")) {
        return;
    }
    for (const auto& [key, value] : test_numbers) {
        result.*value = read_number(json.at(key));
    }
    result.test_recall = read_recall(json.at("test_recall"));
    result.test_samples = json.at("test_samples").to_number<std::uint64_t>();
    result.test_clients = json.at("test_clients").to_number<std::uint32_t>();
    result.test_partial = json.at("test_partial").as_bool();
    result.test_dropped = read_absences(json.at("test_dropped"));
    if (const auto* const problem = json.if_contains("test_problem")) {
        result.test_problem = problem->as_string();
    }
    if (json.contains("personal_clients")) {
        result.personal_loss = read_number(json.at("personal_loss"));
        result.personal_accuracy = read_number(json.at("personal_accuracy"));
        result.personal_clients = json.at("personal_clients").to_number<std::uint32_t>();
    }
}

} // namespace

boost::json::value recall_json(const std::vector<std::optional<double>>& recall) {
    if (recall.empty()) {
        return nullptr;
    }
    boost::json::array result;
    for (const auto& one : recall) {
        result.push_back(number_or_null(one));
    }
    return result;
}

boost::json::array to_json(const clients_evaluated& tested) {
    boost::json::array clients;
    for (const auto& client :
         std::span(tested.clients).first(std::min(tested.clients.size(), most_kept_tests))) {
        clients.emplace_back(to_json(client));
        clients.back().as_object()["round"] = tested.round;
    }
    return clients;
}

boost::json::object to_json(const clients_evaluated::one& client) {
    const auto& found = client.metrics;
    boost::json::object json{{"client", client.client},
                             {"samples", client.samples},
                             {"loss", number_or_null(found.loss)},
                             {"accuracy", number_or_null(found.accuracy)},
                             {"r2", number_or_null(found.r2)},
                             {"rmse", number_or_null(found.rmse)},
                             {"mae", number_or_null(found.mae)},
                             {"auc", number_or_null(found.auc)},
                             {"recall", recall_json(found.recall)},
                             {"reason", client.reason}};
    add_metrics(json, "metrics", found.own);
    return json;
}

clients_evaluated::one read_client_test(const boost::json::object& json) {
    clients_evaluated::one client;
    client.client = json.at("client").to_number<client_id>();
    client.samples = json.at("samples").to_number<std::uint64_t>();
    client.reason = json.at("reason").as_string();
    auto& found = client.metrics;
    found.loss = read_number(json.at("loss"));
    found.accuracy = read_number(json.at("accuracy"));
    found.r2 = read_number(json.at("r2"));
    found.rmse = read_number(json.at("rmse"));
    found.mae = read_number(json.at("mae"));
    found.auc = read_number(json.at("auc"));
    found.recall = read_recall(json.at("recall"));
    found.own = read_metrics(json, "metrics");
    return client;
}

boost::json::object to_json(const round_result& result) {
    boost::json::array cohort;
    for (const auto client : result.cohort) {
        cohort.emplace_back(client);
    }
    boost::json::object seconds;
    for (const auto which : phases_of_a_round) {
        const auto name = to_string(which);
        seconds[{name.data(), name.size()}] = result.seconds[static_cast<std::size_t>(which)];
    }
    boost::json::object json{{"round", result.round},
                             {"cohort", std::move(cohort)},
                             {"dropped", to_json(result.dropped)},
                             {"train_loss", number_or_null(result.train_loss)},
                             {"train_accuracy", number_or_null(result.train_accuracy)},
                             {"test_loss", number_or_null(result.test_loss)},
                             {"test_accuracy", number_or_null(result.test_accuracy)},
                             {"seconds", std::move(seconds)},
                             {"bytes_sent", result.bytes_sent},
                             {"bytes_received", result.bytes_received},
                             {"time", result.time}};
    add_test(json, result);
    json["absent"] = to_json(result.absent);
    if (result.flat) {
        json["plateau"] = {{"metric", result.flat->metric}, {"since", result.flat->since}};
    }
    add_metrics(json, "train_metrics", result.train_metrics);
    add_metrics(json, "test_metrics", result.test_metrics);
    return json;
}

round_result read_round(const boost::json::object& json) {
    round_result result;
    result.round = json.at("round").to_number<std::uint32_t>();
    for (const auto& client : json.at("cohort").as_array()) {
        result.cohort.push_back(client.to_number<client_id>());
    }
    result.dropped = read_absences(json.at("dropped"));
    if (const auto* const absent = json.if_contains("absent")) {
        result.absent = read_absences(*absent);
    }
    result.train_loss = read_number(json.at("train_loss"));
    result.train_accuracy = read_number(json.at("train_accuracy"));
    result.test_loss = read_number(json.at("test_loss"));
    result.test_accuracy = read_number(json.at("test_accuracy"));
    for (const auto which : phases_of_a_round) {
        const auto name = to_string(which);
        result.seconds[static_cast<std::size_t>(which)] =
            json.at("seconds").at({name.data(), name.size()}).to_number<double>();
    }
    result.bytes_sent = json.at("bytes_sent").to_number<std::uint64_t>();
    result.bytes_received = json.at("bytes_received").to_number<std::uint64_t>();
    result.time = json.at("time").to_number<double>();
    read_test(json, result);
    if (const auto* const flat = json.if_contains("plateau")) {
        result.flat = {std::string(flat->at("metric").as_string()),
                       flat->at("since").to_number<std::uint32_t>()};
    }
    result.train_metrics = read_metrics(json, "train_metrics");
    result.test_metrics = read_metrics(json, "test_metrics");
    return result;
}

boost::json::object to_json(const plan_changed& change) {
    boost::json::object json{{"round", change.round},
                             {"last_round", change.last_round},
                             {"target_accuracy", number_or_null(change.target_accuracy)},
                             {"deadline", change.deadline},
                             {"fraction", change.fraction}};
    if (!change.loaded.empty()) {
        json["loaded"] = change.loaded;
    }
    return json;
}

plan_changed read_change(const boost::json::object& json) {
    plan_changed change;
    change.round = json.at("round").to_number<std::uint32_t>();
    change.last_round = json.at("last_round").to_number<std::uint32_t>();
    change.target_accuracy = read_number(json.at("target_accuracy"));
    change.deadline = json.at("deadline").to_number<double>();
    change.fraction = json.at("fraction").to_number<double>();
    if (const auto* const loaded = json.if_contains("loaded")) {
        change.loaded = loaded->as_string();
    }
    return change;
}

void data_digests::take(const event& happened) {
    if (std::holds_alternative<run_opened>(happened.what)) {
        digests_.clear();
    } else if (const auto* joined = std::get_if<worker_joined>(&happened.what)) {
        names_[joined->worker] = joined->name;
    } else if (const auto* left = std::get_if<worker_left>(&happened.what)) {
        names_.erase(left->worker);
    } else if (const auto* assigned = std::get_if<worker_assigned>(&happened.what)) {
        const auto& name = names_[assigned->worker];
        if (!assigned->digest.empty() && (digests_.size() < most_digests || digests_.contains(name))) {
            digests_[name] = assigned->digest;
        }
    }
}

boost::json::object data_digests::to_json() const {
    boost::json::object json;
    for (const auto& [name, digest] : digests_) {
        json[name] = digest;
    }
    return json;
}

void report::take(const event& happened) {
    digests_.take(happened);
    if (const auto* opened = std::get_if<run_opened>(&happened.what)) {
        run_ = {};
        run_.opened = *opened;
    } else if (const auto* built = std::get_if<model_built>(&happened.what)) {
        run_.parameters = built->parameters;
    } else if (const auto* understood = std::get_if<data_understood>(&happened.what)) {
        run_.data = understood->data;
    } else if (std::holds_alternative<training_started>(happened.what)) {
        run_.time.began = std::min(run_.time.began, time_.now());
    } else if (const auto* finished = std::get_if<round_finished>(&happened.what)) {
        run_.rounds.push_back(finished->result);
    } else if (const auto* resumed = std::get_if<run_resumed>(&happened.what)) {
        run_.opened.run = resumed->run;
        run_.rounds = resumed->rounds;
        run_.changes = resumed->changes;
        run_.tested = resumed->tested;
        run_.checkpoint_round = resumed->round;
        for (const auto& round : run_.rounds) {
            run_.time.before += std::accumulate(round.seconds.begin(), round.seconds.end(), 0.0);
        }
    } else if (const auto* tested = std::get_if<clients_evaluated>(&happened.what)) {
        run_.tested = *tested;
    } else if (const auto* changed = std::get_if<plan_changed>(&happened.what)) {
        run_.changes.push_back(*changed);
    } else if (const auto* written = std::get_if<checkpoint_written>(&happened.what)) {
        run_.checkpoint_round = written->round;
    } else if (const auto* end = std::get_if<training_finished>(&happened.what)) {
        run_.end = *end;
        run_.time.total = time_.now() - run_.time.began;
    }
}

boost::json::object report::to_json() const {
    const auto& [opened, parameters, data, results, changed, tested, checkpoint_round, ended, time] = run_;
    const auto end = ended.value_or(training_finished{});
    const auto outcome = to_string(end.outcome);
    boost::json::object content{
        {"run", opened.run},       {"plan", opened.plan},       {"plan_digest", opened.plan_digest},
        {"seed", opened.seed},     {"version", opened.version}, {"instruction_set", opened.instruction_set},
        {"parameters", parameters}};
    content["outcome"] = ended ? boost::json::value(boost::json::string_view(outcome.data(), outcome.size()))
                               : boost::json::value(nullptr);
    content["detail"] = end.detail;
    content["weights_sha256"] = end.weights_sha256;
    content["complete"] = ended ? boost::json::value(end.is_complete()) : boost::json::value(nullptr);
    content["sites"] = master::to_json(end.sites);
    content["checkpoint_round"] = checkpoint_round;
    content["data_sha256"] = digests_.to_json();
    content["data"] = master::to_json(data);
    boost::json::array changes;
    for (const auto& change : changed) {
        changes.emplace_back(master::to_json(change));
    }
    content["changes"] = std::move(changes);
    content["clients"] = master::to_json(tested);
    boost::json::array rounds;
    for (const auto& result : results) {
        rounds.emplace_back(master::to_json(result));
    }
    content["rounds"] = std::move(rounds);
    content["seconds_total"] = time.before + std::chrono::duration<double>(time.total).count();
    return content;
}

} // namespace fedasio::master
