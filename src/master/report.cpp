#include <fedasio/master/report.hpp>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include <algorithm>
#include <chrono>
#include <cmath>

namespace fedasio::master {
namespace {

constexpr std::array phases_of_a_round{phase::loading_dataset,      phase::distributing_model,
                                       phase::distributing_weights, phase::training,
                                       phase::aggregating,          phase::evaluating};

boost::json::value number_or_null(const std::optional<double>& number) {
    return number && std::isfinite(*number) ? boost::json::value(*number) : boost::json::value(nullptr);
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

void report::take(const event& happened) {
    if (const auto* opened = std::get_if<run_opened>(&happened.what)) {
        run_ = *opened;
    } else if (const auto* built = std::get_if<model_built>(&happened.what)) {
        parameters_ = built->parameters;
    } else if (std::holds_alternative<training_started>(happened.what)) {
        began_ = std::min(began_, time_.now());
    } else if (const auto* finished = std::get_if<round_finished>(&happened.what)) {
        rounds_.push_back(finished->result);
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
        {"plan", run_.plan},       {"plan_digest", run_.plan_digest},         {"seed", run_.seed},
        {"version", run_.version}, {"instruction_set", run_.instruction_set}, {"parameters", parameters_}};
    content["outcome"] = ended_ ? boost::json::value(boost::json::string_view(outcome.data(), outcome.size()))
                                : boost::json::value(nullptr);
    content["detail"] = end_.detail;
    content["weights_sha256"] = end_.weights_sha256;
    content["rounds"] = std::move(rounds);
    content["seconds_total"] = std::chrono::duration<double>(seconds_total_).count();
    return content;
}

} // namespace fedasio::master
