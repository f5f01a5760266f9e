#include <fedasio/plan/limits.hpp>
#include <fedasio/plan/plan.hpp>
#include <fedasio/simulation/curve.hpp>
#include <fedasio/simulation/sweep.hpp>
#include <fedasio/store/checkpoint.hpp>
#include <fedasio/store/durable_file.hpp>
#include <fedasio/text/input_file.hpp>
#include <fedasio/text/json_text.hpp>
#include <fedasio/text/printable.hpp>
#include <fedasio/worker/sample_cache.hpp>

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include "simulation/csv_line.hpp"
#include <algorithm>
#include <array>
#include <fcntl.h>
#include <fstream>
#include <iterator>
#include <map>
#include <span>
#include <stdexcept>
#include <string_view>
#include <sys/file.h>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace fedasio::simulation {

namespace json = boost::json;

namespace {

/// Held as long as it lives, and no longer than its process.
class folder_lock {
public:
    explicit folder_lock(const std::filesystem::path& folder) {
        std::filesystem::create_directories(folder);
        const auto file = folder / ".lock";
        handle_ = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
        if (handle_ < 0) {
            throw std::system_error(errno, std::generic_category(),
                                    file.string() + ": cannot open for writing");
        }
        if (::flock(handle_, LOCK_EX | LOCK_NB) != 0) {
            ::close(handle_);
            throw std::runtime_error("another sweep writes to " + folder.string() +
                                     ": wait for it, or choose another folder");
        }
    }

    ~folder_lock() { ::close(handle_); }

    folder_lock(const folder_lock&) = delete;
    folder_lock& operator=(const folder_lock&) = delete;

private:
    int handle_ = -1;
};

std::string to_text(std::span<const curve_point> curve) {
    std::string text = curve_header();
    for (const auto& point : curve) {
        text += curve_line(point);
    }
    return text;
}

run_inputs inputs_of(const sweep_run& run) {
    run_inputs inputs{{}, run.trainer, run.evaluator};
    for (const auto& path : run.data) {
        inputs.data += (inputs.data.empty() ? "" : ", ") + path.string();
    }
    return inputs;
}

/// One run, from where an earlier sweep left it to its row.
class running {
public:
    running(const sweep_run& what, const sweep_options& options,
            std::shared_ptr<worker::sample_cache> samples)
        : run_(what), threads_(options.threads), samples_(std::move(samples)),
          curve_file_(options.out / "curves" / (what.id + ".csv")),
          state_dir_(options.out / "state" / what.id) {
        take_up();
        write_curve();
    }

    /// 0: it starts anew.
    [[nodiscard]] std::uint32_t rounds_before() const { return static_cast<std::uint32_t>(curve_.size()); }

    /// Empty if it was stopped before its end.
    std::optional<sweep_row> perform(const std::stop_token& stop, const simulator& run_plan,
                                     const std::function<void(const master::event&)>& on_event) {
        simulation_options options;
        options.threads = threads_;
        options.state_dir = state_dir_;
        options.resume = !curve_.empty();
        options.data = run_.data;
        options.trainer = run_.trainer;
        options.evaluator = run_.evaluator;
        options.samples = samples_;
        std::ofstream log(curve_file_, std::ios::binary | std::ios::app);
        try {
            run_plan(run_.plan, options, stop, [&](const master::event& happened) {
                if (const auto* round = std::get_if<master::round_finished>(&happened.what)) {
                    take(round->result);
                    log << curve_line(curve_.back()) << std::flush;
                } else if (const auto* resumed = std::get_if<master::run_resumed>(&happened.what)) {
                    // A round that was not tested before the checkpoint is told again.
                    curve_.resize(std::min<std::size_t>(curve_.size(), resumed->round));
                    log.close();
                    write_curve();
                    log.open(curve_file_, std::ios::binary | std::ios::app);
                } else if (const auto* end = std::get_if<master::training_finished>(&happened.what)) {
                    end_ = *end;
                }
                on_event(happened);
            });
        } catch (const std::exception& e) {
            end_ = {master::training_outcome::failed, e.what(), rounds_before(), ""};
        }
        log.close();
        if (!end_ && !stop.stop_requested()) {
            end_ = {master::training_outcome::failed, "it ended without a result", rounds_before(), ""};
        }
        if (!end_ || end_->outcome == master::training_outcome::stopped) {
            return std::nullopt;
        }
        write_curve();
        return row();
    }

    /// Its checkpoints have no use once its row is written.
    void forget_state() const {
        std::error_code ignored;
        std::filesystem::remove_all(state_dir_, ignored);
    }

private:
    /// A checkpoint is of use only with the curve that led to it, and if its training was not at its end.
    void take_up() {
        const auto found = store::latest_checkpoint(state_dir_ / "checkpoints", plan::plan_digest(run_.plan));
        curve_ = read_curve(curve_file_);
        const bool usable = found.latest && found.latest->round <= curve_.size();
        curve_.resize(usable ? found.latest->round : 0);
        if (curve_.empty() ||
            (run_.plan.target_accuracy && rounds_to_target(curve_, *run_.plan.target_accuracy))) {
            curve_.clear();
            forget_state();
        }
    }

    void write_curve() const {
        const auto text = to_text(curve_);
        const std::array parts{std::as_bytes(std::span(text))};
        store::write_durably(curve_file_, parts);
    }

    void take(const master::round_result& result) {
        curve_point point;
        point.round = result.round;
        point.train_loss = result.train_loss;
        point.train_accuracy = result.train_accuracy;
        point.test_loss = result.test_loss;
        point.test_accuracy = result.test_accuracy;
        point.test_r2 = result.test_r2;
        point.test_rmse = result.test_rmse;
        point.test_mae = result.test_mae;
        point.test_auc = result.test_auc;
        for (const double seconds : result.seconds) {
            point.seconds += seconds;
        }
        point.dropped = result.dropped.size();
        curve_.push_back(point);
    }

    /// Whoever gives an evaluator wants to know what it finds.
    [[nodiscard]] bool is_failed() const {
        const bool is_untested = std::ranges::none_of(
            curve_, [](const curve_point& point) { return point.test_loss || point.test_accuracy; });
        return end_->outcome == master::training_outcome::failed || (!run_.evaluator.empty() && is_untested);
    }

    [[nodiscard]] sweep_row row() const {
        sweep_row row;
        row.run = run_.id;
        row.grid = run_.grid;
        row.grid.insert(row.grid.end(), run_.settings.begin(), run_.settings.end());
        row.seed = run_.plan.seed;
        row.inputs = inputs_of(run_);
        row.outcome = to_string(is_failed() ? master::training_outcome::failed : end_->outcome);
        row.rounds = end_->round;
        if (run_.plan.target_accuracy) {
            row.rounds_to_target = rounds_to_target(curve_, *run_.plan.target_accuracy);
        }
        for (const auto& point : curve_) {
            if (point.test_accuracy) {
                row.best_test_accuracy = std::max(row.best_test_accuracy.value_or(0), *point.test_accuracy);
            }
            row.last_test_accuracy = point.test_accuracy;
            if (point.test_loss) {
                row.best_test_loss =
                    std::min(row.best_test_loss.value_or(*point.test_loss), *point.test_loss);
            }
            row.last_test_loss = point.test_loss;
            row.last_test_r2 = point.test_r2;
            row.last_test_rmse = point.test_rmse;
            row.last_test_mae = point.test_mae;
            row.last_test_auc = point.test_auc;
            row.last_train_loss = point.train_loss;
            row.seconds += point.seconds;
            row.dropped += point.dropped;
        }
        row.weights_sha256 = end_->weights_sha256;
        row.plan_digest = plan::plan_digest(run_.plan);
        if (is_failed()) {
            row.reason = text::printable(end_->detail);
        }
        return row;
    }

    const sweep_run& run_;
    std::uint32_t threads_;
    std::shared_ptr<worker::sample_cache> samples_;
    std::filesystem::path curve_file_;
    std::filesystem::path state_dir_;
    std::vector<curve_point> curve_;
    std::optional<master::training_finished> end_;
};

/// The plans of all runs of a folder, those of earlier sweeps too.
class run_plans {
public:
    explicit run_plans(const std::filesystem::path& folder) : folder_(folder / "plans") {}

    void add(const sweep_run& run) {
        const auto text = text::canonical_text(plan::to_json(run.plan)) + "\n";
        const std::array parts{std::as_bytes(std::span(text))};
        store::write_durably(folder_ / (run.id + ".json"), parts);
        plans_[run.id] = text::parse_json(text);
    }

    /// Null if an older version made the row, which kept no plans.
    const json::value& of(const std::string& run) {
        auto found = plans_.find(run);
        if (found == plans_.end()) {
            json::value plan;
            try {
                plan =
                    text::parse_json(text::read_input(folder_ / (run + ".json"), plan::limits::plan_bytes));
            } catch (const std::runtime_error&) {
                plan = nullptr;
            }
            found = plans_.emplace(run, std::move(plan)).first;
        }
        return found->second;
    }

private:
    std::filesystem::path folder_;
    std::map<std::string, json::value> plans_;
};

/// What two sweeps set or vary are columns of both: a row has in each the value that its plan has there. What
/// a row of an older version does not say of its inputs is known by its name, which is made of them.
void complete(sweep_results& results, const std::vector<sweep_run>& runs, run_plans& plans) {
    auto paths = paths_of(results.rows());
    for (const auto values : {&sweep_run::grid, &sweep_run::settings}) {
        for (const auto& one : runs.empty() ? std::vector<setting>() : runs.front().*values) {
            if (std::ranges::count(paths, one.path) == 0) {
                paths.push_back(one.path);
            }
        }
    }
    std::map<std::string_view, const sweep_run*> asked;
    for (const auto& run : runs) {
        asked.emplace(run.id, &run);
    }
    results.complete([&](sweep_row& row) {
        if (const auto found = asked.find(row.run); found != asked.end()) {
            row.inputs = inputs_of(*found->second);
        }
        for (const auto& path : paths) {
            const bool has = std::ranges::count(row.grid, path, &setting::path) != 0;
            if (auto value = has ? std::nullopt : value_at(plans.of(row.run), path)) {
                row.grid.push_back({path, *std::move(value)});
            }
        }
    });
}

/// Seeds of the same plan belong together.
std::vector<sweep_group> group(std::span<const sweep_row> rows, run_plans& plans) {
    return summarize(rows, [&](const sweep_row& row) {
        auto plan = plans.of(row.run);
        if (auto* object = plan.if_object()) {
            object->erase("seed");
        }
        return text::canonical_text(plan);
    });
}

void write_summary(const std::filesystem::path& folder, const sweep_results& results, run_plans& plans) {
    const auto text = summary_csv(group(results.rows(), plans));
    const std::array parts{std::as_bytes(std::span(text))};
    store::write_durably(folder / "summary.csv", parts);
}

} // namespace

sweep_summary sweep(const std::vector<sweep_run>& runs, const sweep_options& options,
                    const std::stop_token& stop,
                    const std::function<void(const sweep_progress&)>& on_progress,
                    const simulator& run_plan) {
    using kind = sweep_progress::kind;
    const folder_lock lock(options.out);
    sweep_results results(options.out);
    sweep_summary summary;
    run_plans plans(options.out);
    complete(results, runs, plans);
    const auto samples = std::make_shared<worker::sample_cache>();
    for (std::size_t i = 0; i < runs.size(); ++i) {
        const auto& run = runs[i];
        const auto tell = [&](kind what, std::uint32_t round = 0, std::optional<double> accuracy = {},
                              std::optional<double> loss = {}, const std::string& text = {},
                              const sweep_row* row = nullptr) {
            on_progress({what, i + 1, run, round, accuracy, loss, text, row});
        };
        const auto count = [&](const sweep_row& row) {
            ++(row.outcome == "failed" ? summary.failed : summary.succeeded);
        };
        const auto* known = results.find(run.id);
        if (known != nullptr && (known->outcome != "failed" || !options.retry_failed)) {
            const sweep_row row = *known;
            count(row);
            tell(kind::already_done, row.rounds, row.last_test_accuracy, row.last_test_loss, {}, &row);
            continue;
        }
        if (stop.stop_requested()) {
            ++summary.open;
            continue;
        }
        plans.add(run);
        running one(run, options, samples);
        tell(one.rounds_before() == 0 ? kind::started : kind::resumed, one.rounds_before());
        const auto row = one.perform(stop, run_plan, [&](const master::event& happened) {
            if (const auto* round = std::get_if<master::round_finished>(&happened.what)) {
                tell(kind::round, round->result.round, round->result.test_accuracy, round->result.test_loss);
            } else if (const auto* said = std::get_if<master::noticed>(&happened.what)) {
                if (said->level != master::noticed::severity::info) {
                    tell(kind::warning, 0, {}, {}, said->text);
                }
            }
        });
        if (!row) {
            ++summary.open;
            tell(kind::interrupted);
            continue;
        }
        results.put(*row);
        complete(results, runs, plans);
        write_summary(options.out, results, plans);
        one.forget_state();
        count(*row);
        tell(kind::finished, row->rounds, row->last_test_accuracy, row->last_test_loss, {}, &*row);
    }
    std::vector<sweep_row> rows;
    for (const auto& run : runs) {
        if (const auto* row = results.find(run.id)) {
            rows.push_back(*row);
        }
    }
    summary.seeds = group(rows, plans);
    write_summary(options.out, results, plans);
    return summary;
}

} // namespace fedasio::simulation
