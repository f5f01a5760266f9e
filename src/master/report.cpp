#include <fedasio/master/report.hpp>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <numeric>

namespace fedasio::master {
namespace {

constexpr std::array phases_of_a_round{phase::loading_dataset,      phase::distributing_model,
                                       phase::distributing_weights, phase::training,
                                       phase::aggregating,          phase::evaluating};

boost::json::value number_or_null(const std::optional<double>& number) {
    return number && std::isfinite(*number) ? boost::json::value(*number) : boost::json::value(nullptr);
}

std::optional<double> read_number(const boost::json::value& value) {
    return value.is_null() ? std::nullopt : std::optional(value.to_number<double>());
}

} // namespace

boost::json::object to_json(const round_result& result) {
    boost::json::array cohort;
    for (const auto client : result.cohort) {
        cohort.emplace_back(client);
    }
    boost::json::array dropped;
    for (const auto& absence : result.dropped) {
        dropped.emplace_back(boost::json::object{{"client", absence.client}, {"reason", absence.reason}});
    }
    boost::json::object seconds;
    for (const auto which : phases_of_a_round) {
        const auto name = to_string(which);
        seconds[{name.data(), name.size()}] = result.seconds[static_cast<std::size_t>(which)];
    }
    return {{"round", result.round},
            {"cohort", std::move(cohort)},
            {"dropped", std::move(dropped)},
            {"train_loss", number_or_null(result.train_loss)},
            {"train_accuracy", number_or_null(result.train_accuracy)},
            {"test_loss", number_or_null(result.test_loss)},
            {"test_accuracy", number_or_null(result.test_accuracy)},
            {"seconds", std::move(seconds)},
            {"bytes_sent", result.bytes_sent},
            {"bytes_received", result.bytes_received},
            {"time", result.time}};
}

round_result read_round(const boost::json::object& json) {
    round_result result;
    result.round = json.at("round").to_number<std::uint32_t>();
    for (const auto& client : json.at("cohort").as_array()) {
        result.cohort.push_back(client.to_number<client_id>());
    }
    for (const auto& absence : json.at("dropped").as_array()) {
        result.dropped.push_back(
            {absence.at("client").to_number<client_id>(), std::string(absence.at("reason").as_string())});
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

void report::take(const event& happened) {
    if (const auto* opened = std::get_if<run_opened>(&happened.what)) {
        parameters_ = 0;
        data_ = {};
        rounds_.clear();
        changes_.clear();
        checkpoint_round_ = 0;
        end_ = {};
        ended_ = false;
        began_ = net::clock::time_point::max();
        seconds_before_ = 0;
        seconds_total_ = {};
        run_ = *opened;
    } else if (const auto* built = std::get_if<model_built>(&happened.what)) {
        parameters_ = built->parameters;
    } else if (const auto* understood = std::get_if<data_understood>(&happened.what)) {
        data_ = understood->data;
    } else if (std::holds_alternative<training_started>(happened.what)) {
        began_ = std::min(began_, time_.now());
    } else if (const auto* finished = std::get_if<round_finished>(&happened.what)) {
        rounds_.push_back(finished->result);
    } else if (const auto* resumed = std::get_if<run_resumed>(&happened.what)) {
        run_.run = resumed->run;
        rounds_ = resumed->rounds;
        changes_ = resumed->changes;
        checkpoint_round_ = resumed->round;
        for (const auto& round : rounds_) {
            seconds_before_ += std::accumulate(round.seconds.begin(), round.seconds.end(), 0.0);
        }
    } else if (const auto* changed = std::get_if<plan_changed>(&happened.what)) {
        changes_.push_back(*changed);
    } else if (const auto* written = std::get_if<checkpoint_written>(&happened.what)) {
        checkpoint_round_ = written->round;
    } else if (const auto* end = std::get_if<training_finished>(&happened.what)) {
        end_ = *end;
        ended_ = true;
        seconds_total_ = time_.now() - began_;
    }
}

boost::json::object report::to_json() const {
    boost::json::array rounds;
    for (const auto& result : rounds_) {
        rounds.emplace_back(master::to_json(result));
    }
    const auto outcome = to_string(end_.outcome);
    boost::json::object content{
        {"run", run_.run},          {"plan", run_.plan},       {"plan_digest", run_.plan_digest},
        {"seed", run_.seed},        {"version", run_.version}, {"instruction_set", run_.instruction_set},
        {"parameters", parameters_}};
    content["outcome"] = ended_ ? boost::json::value(boost::json::string_view(outcome.data(), outcome.size()))
                                : boost::json::value(nullptr);
    content["detail"] = end_.detail;
    content["weights_sha256"] = end_.weights_sha256;
    content["checkpoint_round"] = checkpoint_round_;
    content["data"] = master::to_json(data_);
    boost::json::array changes;
    for (const auto& change : changes_) {
        changes.emplace_back(master::to_json(change));
    }
    content["changes"] = std::move(changes);
    content["rounds"] = std::move(rounds);
    content["seconds_total"] = seconds_before_ + std::chrono::duration<double>(seconds_total_).count();
    return content;
}

} // namespace fedasio::master
