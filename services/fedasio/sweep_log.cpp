#include "sweep_log.hpp"

#include "program/logging.hpp"
#include <fmt/core.h>

namespace fedasio::steering {
namespace {

using program::level;
using simulation::sweep_progress;

constexpr auto pause_between_lines = std::chrono::seconds(5);

std::string duration(double seconds) {
    if (seconds < 100) {
        return fmt::format("{:.0f} s", seconds);
    }
    return seconds < 6000 ? fmt::format("{:.0f} min", seconds / 60) : fmt::format("{:.1f} h", seconds / 3600);
}

std::string result(const simulation::sweep_row& row) {
    if (row.outcome == "failed") {
        return fmt::format("failed after round {}: {}", row.rounds, row.reason);
    }
    std::string text = fmt::format("{} rounds in {}", row.rounds, duration(row.seconds));
    if (row.rounds_to_target) {
        text += fmt::format(", {:.1f} to the target", *row.rounds_to_target);
    }
    if (row.best_test_accuracy) {
        text += fmt::format(", best test accuracy {:.4f}", *row.best_test_accuracy);
    } else if (row.best_test_loss) {
        text += fmt::format(", best test loss {:.4g}", *row.best_test_loss);
    } else if (row.last_train_loss) {
        text += fmt::format(", train loss {:.4g}", *row.last_train_loss);
    }
    if (row.last_test_rmse) {
        text += fmt::format(", RMSE {:.4g}", *row.last_test_rmse);
    }
    if (row.last_test_r2) {
        text += fmt::format(", R² {:.4g}", *row.last_test_r2);
    }
    return row.dropped == 0 ? text : text + fmt::format(", {} updates missing", row.dropped);
}

} // namespace

void sweep_log::take(const sweep_progress& news) {
    const auto run = fmt::format("run {}/{} ({})", news.number, runs_, news.run.label());
    const auto tell = [&run](level how, const std::string& text) {
        program::log(how, "sweep", run + ": " + text);
    };
    using kind = sweep_progress::kind;
    switch (news.what) {
    case kind::already_done:
        tell(level::info, "has its row: " + result(*news.row));
        break;
    case kind::started:
    case kind::resumed:
        began_ = told_ = clock::now();
        rounds_before_ = news.round;
        tell(level::info, news.what == kind::started
                              ? "starts"
                              : fmt::format("goes on after round {} from its checkpoint", news.round));
        break;
    case kind::round:
        tell_round(news);
        break;
    case kind::warning:
        tell(level::warning, news.text);
        break;
    case kind::finished:
        seconds_of_finished_ += std::chrono::duration<double>(clock::now() - began_).count();
        ++finished_;
        tell(news.row->outcome == "failed" ? level::warning : level::info, result(*news.row));
        break;
    case kind::interrupted:
        tell(level::info, "interrupted; the same command goes on from its last checkpoint, if it has one");
        break;
    }
}

void sweep_log::tell_round(const sweep_progress& news) {
    const auto now = clock::now();
    if (now - told_ < pause_between_lines) {
        return;
    }
    told_ = now;
    const double in_run = std::chrono::duration<double>(now - began_).count();
    const auto accuracy = news.accuracy ? fmt::format(", test accuracy {:.4f}", *news.accuracy)
                          : news.loss   ? fmt::format(", test loss {:.4g}", *news.loss)
                                        : std::string();
    program::log(level::info, "sweep",
                 fmt::format("run {}/{} ({}): round {}/{}{}, {:.2g} s a round, at most {} left", news.number,
                             runs_, news.run.label(), news.round, news.run.plan.rounds, accuracy,
                             in_run / (news.round - rounds_before_), duration(seconds_left(news, in_run))));
}

double sweep_log::seconds_left(const sweep_progress& news, double in_run) const {
    const double a_round = in_run / (news.round - rounds_before_);
    const double this_run = a_round * (news.run.plan.rounds - news.round);
    const double another = finished_ == 0 ? a_round * news.run.plan.rounds
                                          : seconds_of_finished_ / static_cast<double>(finished_);
    return this_run + another * static_cast<double>(runs_ - news.number);
}

} // namespace fedasio::steering
