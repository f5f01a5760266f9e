#pragma once

#include <fedasio/simulation/curve.hpp>
#include <fedasio/simulation/sweep.hpp>
#include <fedasio/text/field_error.hpp>
#include <fedasio/text/json_text.hpp>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/test/unit_test.hpp>

#include "scratch_directory.hpp"
#include <algorithm>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace fedasio::simulation::testing {

using fedasio::test::scratch_directory;
using kind = sweep_progress::kind;

inline auto says(const std::string& part) {
    return [part](const std::exception& error) {
        BOOST_TEST_MESSAGE(error.what());
        return std::string(error.what()).find(part) != std::string::npos;
    };
}

/// A folder with a table, a plan for it, and a place for results.
struct workplace {
    workplace() {
        std::string table = "x,y,label\n";
        for (int i = 0; i < 200; ++i) {
            const int x = i % 17;
            const int y = i % 13;
            table += std::to_string(x) + "," + std::to_string(y) + (x > y ? ",over\n" : ",under\n");
        }
        plan = dir.write("small.json", R"({
          "seed": 3,
          "model": {"layers": [{"type": "dense", "units": 2, "activation": "softmax"}]},
          "data": {"source": {"type": "csv", "train": ")" +
                                           dir.write("all.csv", table).string() + R"(", "label": "label"},
                   "partition": {"scheme": "iid"}},
          "clients": 4, "fraction": 0.5, "rounds": 7, "checkpoint_every": 2,
          "strategy": "fedavgm", // its momentum is in the checkpoint
          "local": {"batch_size": 5, "optimizer": {"type": "sgd", "learning_rate": 0.01}}})");
    }

    [[nodiscard]] std::vector<sweep_run> runs(const std::vector<std::string>& grid,
                                              std::vector<std::uint64_t> seeds = {},
                                              const std::vector<std::string>& settings = {}) const {
        sweep_request request{plan, {}, {}, std::move(seeds), {}};
        for (const auto& text : grid) {
            request.axes.push_back(parse_axis(text));
        }
        for (const auto& text : settings) {
            request.settings.push_back(parse_setting(text));
        }
        return plan_sweep(request);
    }

    [[nodiscard]] sweep_options options() const {
        return {.out = dir / "out", .threads = 0, .retry_failed = false};
    }

    [[nodiscard]] std::vector<sweep_row> rows() const { return sweep_results(dir / "out").rows(); }

    scratch_directory dir;
    std::filesystem::path plan;
};

/// Takes part in a sweep in place of simulate(): tells of these rounds' accuracies and ends as it is told to.
class scripted {
public:
    std::vector<double> accuracies{0.5, 0.75};
    master::training_outcome outcome = master::training_outcome::rounds_done;
    std::string detail;
    std::vector<plan::plan> seen;
    std::vector<simulation_options> with;
    std::function<void()> meanwhile = [] {};

    bool operator()(const plan::plan& plan, const simulation_options& options,
                    const std::function<void(const master::event&)>& on_event) {
        seen.push_back(plan);
        with.push_back(options);
        meanwhile();
        std::uint32_t round = 0;
        for (const double accuracy : accuracies) {
            master::round_result result;
            result.round = ++round;
            result.test_accuracy = accuracy;
            result.seconds[static_cast<std::size_t>(master::phase::training)] = 2;
            result.seconds[static_cast<std::size_t>(master::phase::evaluating)] = 1;
            result.dropped.resize(round == 2 ? 3 : 0);
            on_event({1, 0, master::round_finished{result}});
        }
        on_event({2, 0, master::training_finished{outcome, detail, round, "5a"}});
        return true;
    }

    simulator to_simulator() {
        return [this](const plan::plan& plan, const simulation_options& options, const std::stop_token&,
                      const std::function<void(const master::event&)>& on_event) {
            return (*this)(plan, options, on_event);
        };
    }
};

/// What a sweep told, as letters in order.
struct heard {
    std::string kinds;
    std::vector<std::string> texts;
    std::uint32_t resumed_after = 0;

    void operator()(const sweep_progress& news) {
        kinds += "asrown!"[static_cast<std::size_t>(news.what)];
        if (news.what == kind::resumed) {
            resumed_after = news.round;
        }
        texts.push_back(news.text);
    }
};

inline const auto nobody = [](const sweep_progress&) {};

} // namespace fedasio::simulation::testing
