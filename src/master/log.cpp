#include <fedasio/master/log.hpp>

#include <fmt/format.h>
#include <numeric>

namespace fedasio::master {
namespace {

using severity = noticed::severity;

std::string percent(const std::optional<double>& share) {
    return share ? fmt::format("{:.2f} %", *share * 100) : "-";
}

std::string loss(const std::optional<double>& value) {
    return value ? fmt::format("{:.4f}", *value) : "-";
}

/// What a line has of a trainer's own; the others are in the report.
constexpr std::size_t most_own_metrics = 4;

/// What else is known of the test.
std::string more_of_test(const round_result& round) {
    std::string text;
    const auto add = [&](const char* name, const std::optional<double>& value) {
        text += value ? fmt::format(" {} {:.4g}", name, *value) : "";
    };
    add("AUC", round.test_auc);
    add("R²", round.test_r2);
    add("RMSE", round.test_rmse);
    add("MAE", round.test_mae);
    std::size_t shown = 0;
    for (const auto& [name, value] : round.test_metrics) {
        if (++shown > most_own_metrics) {
            text += " and more";
            break;
        }
        add(name.c_str(), value);
    }
    return text + (round.test_partial ? " (of a part of the clients)" : "");
}

log_line info(std::string event, std::string text) {
    return {severity::info, false, std::move(event), std::move(text)};
}

log_line detail(std::string event, std::string text) {
    return {severity::info, true, std::move(event), std::move(text)};
}

template <class... Handlers>
struct overloaded : Handlers... {
    using Handlers::operator()...;
};

} // namespace

std::optional<log_line> log_writer::describe(const event& happened) {
    using line = std::optional<log_line>;
    auto told = std::visit(
        overloaded{
            [](const run_opened& run) -> line {
                return info("run_opened", fmt::format("plan '{}', digest {:.12}, seed {}, {}", run.plan,
                                                      run.plan_digest, run.seed, run.instruction_set));
            },
            [](const model_built& model) -> line {
                return info("model_built", fmt::format("the model has {} parameters", model.parameters));
            },
            [](const data_understood& understood) -> line {
                return info("data_understood", "the tables: " + data::description_line(understood.data));
            },
            [](const phase_entered& entered) -> line {
                return detail("phase", fmt::format("{} (round {})", to_string(entered.now), entered.round));
            },
            [](const worker_joined& worker) -> line {
                return info("worker_joined",
                            fmt::format("{} joined from {} as worker {} ({} threads)", worker.name,
                                        worker.address, worker.worker, worker.threads));
            },
            [](const worker_left& worker) -> line {
                return log_line{worker.lost ? severity::warning : severity::info, false, "worker_left",
                                fmt::format("{} left: {}", worker.name, worker.reason)};
            },
            [](const worker_assigned& worker) -> line {
                std::uint64_t samples = 0;
                for (const auto& client : worker.clients) {
                    samples += client.samples;
                }
                return info("worker_assigned", fmt::format("worker {} hosts {} clients with {} samples",
                                                           worker.worker, worker.clients.size(), samples));
            },
            [this](const training_started& started) -> line {
                last_round_ = started.last_round;
                return info("training_started",
                            fmt::format("training rounds {} to {}{}", started.round, started.last_round,
                                        started.target_accuracy
                                            ? fmt::format(", until {} test accuracy",
                                                          percent(started.target_accuracy))
                                            : ""));
            },
            [this](const client_updated& update) -> line {
                if (!details_) { // of thousands a round none is written for nothing
                    return std::nullopt;
                }
                return detail("client_updated",
                              fmt::format("round {}: client {} (worker {}) loss {:.4f} in {:.2f} s",
                                          update.round, update.client, update.worker, update.loss,
                                          update.seconds));
            },
            [](const client_dropped& dropped) -> line {
                // Who is only slower than the quorum asks for has done nothing that is worth a warning.
                const bool late = dropped.reason == "not_needed";
                return log_line{late ? severity::info : severity::warning, late, "client_dropped",
                                fmt::format("round {}: {} dropped: {}{}{}", dropped.round,
                                            dropped.name.empty()
                                                ? fmt::format("client {}", dropped.client)
                                                : fmt::format("{} (client {})", dropped.name, dropped.client),
                                            dropped.reason, dropped.detail.empty() ? "" : ": ",
                                            dropped.detail)};
            },
            [this](const round_finished& finished) -> line {
                const auto& round = finished.result;
                return info(
                    "round_finished",
                    fmt::format(
                        "round {}/{}  train loss {} accuracy {}  test loss {} accuracy {}{}  {}/{} clients  "
                        "{:.2f} s",
                        round.round, last_round_, loss(round.train_loss), percent(round.train_accuracy),
                        loss(round.test_loss), percent(round.test_accuracy), more_of_test(round),
                        round.cohort.size() - round.dropped.size(), round.cohort.size(),
                        std::accumulate(round.seconds.begin(), round.seconds.end(), 0.0)));
            },
            [this](const plan_changed& changed) -> line {
                last_round_ = changed.last_round;
                if (!changed.loaded.empty()) {
                    return info("plan_changed", fmt::format("round {} begins with the weights of '{}'",
                                                            changed.round, changed.loaded));
                }
                return info(
                    "plan_changed",
                    fmt::format("changed: the last round is {}, {}, and from round {} on the deadline is "
                                "{} s and the fraction {}",
                                changed.last_round,
                                changed.target_accuracy ? fmt::format("the target {} test accuracy",
                                                                      percent(changed.target_accuracy))
                                                        : "there is no target accuracy",
                                changed.round, changed.deadline, changed.fraction));
            },
            [](const checkpoint_written& written) -> line {
                return detail("checkpoint", fmt::format("round {} is safe on disk", written.round));
            },
            [](const training_finished& finished) -> line {
                const bool failed = finished.outcome == training_outcome::failed;
                const auto level = finished.is_complete() ? severity::info : severity::warning;
                return log_line{failed ? severity::error : level, false, "training_finished",
                                fmt::format("training ended ({}): {}; weights {:.16}",
                                            to_string(finished.outcome), finished.detail,
                                            finished.weights_sha256)};
            },
            [](const model_saved& saved) -> line {
                return info("model_saved", fmt::format("saved round {} as {}", saved.round, saved.path));
            },
            [](const model_loaded& loaded) -> line {
                return info("model_loaded", fmt::format("loaded '{}'", loaded.name));
            },
            [](const progress_stalled& stall) -> line {
                return stall.since ? log_line{severity::warning, false, "progress_stalled",
                                              fmt::format("no update and no round for the deadline of {} s",
                                                          stall.deadline)}
                                   : log_line{severity::info, true, "progress_stalled", "it goes on"};
            },
            [](const command_answered& command) -> line {
                return log_line{command.accepted ? severity::info : severity::warning, false, "command",
                                fmt::format("command {}: {}", command.command, command.reason)};
            },
            [](const noticed& notice) -> line {
                return log_line{notice.level, false, "notice", notice.text};
            },
            [](const auto&) -> line { return std::nullopt; },
        },
        happened.what);
    return told && told->detail && !details_ ? std::nullopt : told;
}

} // namespace fedasio::master
