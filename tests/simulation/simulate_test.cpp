#include <fedasio/data/file_identity.hpp>
#include <fedasio/plan/spec_json.hpp>
#include <fedasio/simulation/simulate.hpp>
#include <fedasio/store/safetensors.hpp>
#include <fedasio/text/json_text.hpp>
#include <fedasio/worker/sample_cache.hpp>

#include <boost/json/object.hpp>
#include <boost/test/unit_test.hpp>

#include "scratch_directory.hpp"
#include <algorithm>
#include <chrono>
#include <functional>
#include <semaphore>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace {

namespace plan = fedasio::plan;
namespace master = fedasio::master;
using fedasio::simulation::simulate;
using fedasio::simulation::simulation_options;

/// Two classes that a small network can tell apart, in a table of `rows` rows.
std::string table(int rows) {
    std::string text = "x,y,label\n";
    for (int i = 0; i < rows; ++i) {
        const int x = i % 17;
        const int y = i % 13;
        text += std::to_string(x) + "," + std::to_string(y) + (x > y ? ",over\n" : ",under\n");
    }
    return text;
}

/// A plan that draws from every random stream: parts, first weights, cohort, batches and dropout.
plan::plan plan_for(const std::filesystem::path& file, const std::string& more = "") {
    return plan::parse_plan(R"({
      "seed": 3,
      "model": {"layers": [
        {"type": "dense", "units": 8, "activation": "relu"},
        {"type": "dropout", "rate": 0.25},
        {"type": "dense", "units": 2, "activation": "softmax"}]},
      "data": {"source": {"type": "csv", "train": ")" +
                                file.string() + R"(", "label": "label"},
               "partition": {"scheme": "iid"}},
      "clients": 7, "fraction": 0.6, "rounds": 3,
      "local": {"epochs": 2, "batch_size": 5, "optimizer": {"type": "adam", "learning_rate": 0.02}})" +
                                more + "}",
                            "small.json");
}

/// What a simulation told.
struct story {
    bool succeeded = false;
    std::vector<master::event> events;

    template <typename Event>
    [[nodiscard]] std::vector<Event> all() const {
        std::vector<Event> found;
        for (const auto& happened : events) {
            if (const auto* one = std::get_if<Event>(&happened.what)) {
                found.push_back(*one);
            }
        }
        return found;
    }

    [[nodiscard]] master::training_finished end() const {
        const auto ends = all<master::training_finished>();
        BOOST_TEST_REQUIRE(ends.size() == 1U);
        return ends.front();
    }
};

/// Runs a simulation; `stop_at` says at which event its stop is requested.
story tell(const plan::plan& plan, const simulation_options& options = {},
           const std::function<bool(const master::event&)>& stop_at = {}) {
    story result;
    std::stop_source stop;
    result.succeeded = simulate(plan, options, stop.get_token(), [&](const master::event& happened) {
        result.events.push_back(happened);
        if (stop_at && stop_at(happened)) {
            stop.request_stop();
        }
    });
    return result;
}

template <typename Event>
bool is(const master::event& happened) {
    return std::holds_alternative<Event>(happened.what);
}

bool fails_with(const plan::plan& plan, const simulation_options& options, const std::string& part) {
    try {
        tell(plan, options);
    } catch (const std::exception& e) {
        return std::string(e.what()).find(part) != std::string::npos;
    }
    return false;
}

void write_idx(const fedasio::test::scratch_directory& folder) {
    const auto number = [](std::uint32_t value) {
        return std::string{static_cast<char>(value >> 24), static_cast<char>(value >> 16),
                           static_cast<char>(value >> 8), static_cast<char>(value)};
    };
    constexpr std::uint32_t count = 40;
    std::string images = number(0x803) + number(count) + number(2) + number(2);
    std::string labels = number(0x801) + number(count);
    for (std::uint32_t i = 0; i < count; ++i) {
        images += std::string(4, static_cast<char>(i % 2 == 0 ? 10 : 100));
        labels += static_cast<char>(i % 2);
    }
    folder.write("images", images);
    folder.write("labels", labels);
}

plan::plan idx_plan(const fedasio::test::scratch_directory& folder) {
    return plan::parse_plan(R"({
      "model": {"input": [2, 2], "layers": [{"type": "flatten"},
        {"type": "dense", "units": 2, "activation": "softmax"}]},
      "data": {"source": {"type": "idx", "train_images": ")" +
                                (folder / "images").string() + R"(", "train_labels": ")" +
                                (folder / "labels").string() + R"("},
               "partition": {"scheme": "iid"}},
      "clients": 2, "rounds": 1})",
                            "images.json");
}

/// The folder that relative paths start from, for one test.
class working_directory {
public:
    explicit working_directory(const std::filesystem::path& where)
        : before_(std::filesystem::current_path()) {
        std::filesystem::current_path(where);
    }

    working_directory(const working_directory&) = delete;
    working_directory& operator=(const working_directory&) = delete;

    ~working_directory() { std::filesystem::current_path(before_); }

private:
    std::filesystem::path before_;
};

} // namespace

BOOST_AUTO_TEST_SUITE(simulation)

BOOST_AUTO_TEST_CASE(a_plan_runs_to_its_end) {
    const fedasio::test::scratch_directory folder;
    const auto file = folder.write("all.csv", table(300));
    const working_directory here(folder.path());
    const auto run = tell(plan_for(file), {.workers = 3, .threads = 2});
    BOOST_TEST(run.succeeded);
    BOOST_TEST((run.end().outcome == master::training_outcome::rounds_done));
    BOOST_TEST(run.all<master::worker_joined>().size() == 3U);
    const auto assigned = run.all<master::worker_assigned>();
    BOOST_TEST(assigned.size() == 3U,
               "all workers are there from the beginning, so nobody is dealt clients anew");
    BOOST_TEST(std::ranges::all_of(assigned, [](const auto& one) { return one.clients.size() >= 2; }));
    const auto rounds = run.all<master::round_finished>();
    BOOST_TEST_REQUIRE(rounds.size() == 3U);
    for (const auto& round : rounds) {
        BOOST_TEST(round.result.cohort.size() == 4U);
        BOOST_TEST(round.result.dropped.empty());
        BOOST_TEST(round.result.test_accuracy.has_value());
    }
    for (const auto& left : run.all<master::worker_left>()) {
        BOOST_TEST(!left.lost, left.reason);
    }
    BOOST_TEST(run.all<master::noticed>().empty());
    BOOST_TEST(folder.entries() == 1U, "without a state folder nothing is left behind");
}

BOOST_AUTO_TEST_CASE(no_spread_of_the_clients_changes_a_bit) {
    const fedasio::test::scratch_directory folder;
    auto plan = plan_for(folder.write("all.csv", table(300)));
    const auto digest = tell(plan, {.threads = 1}).end().weights_sha256;
    BOOST_TEST(digest.size() == 64U);
    for (const std::uint32_t workers : {1U, 2U, 3U, 7U, 11U}) {
        for (const std::uint32_t threads : {1U, 2U, 5U}) {
            const auto run = tell(plan, {.workers = workers, .threads = threads});
            BOOST_TEST(run.end().weights_sha256 == digest, workers << " workers, " << threads << " threads");
        }
    }
    plan.seed = 4;
    BOOST_TEST(tell(plan).end().weights_sha256 != digest);
}

BOOST_AUTO_TEST_CASE(a_target_that_is_reached_ends_it_well) {
    const fedasio::test::scratch_directory folder;
    auto plan = plan_for(folder.write("all.csv", table(300)));
    plan.target_accuracy = 0.01;
    const auto run = tell(plan);
    BOOST_TEST(run.succeeded);
    BOOST_TEST((run.end().outcome == master::training_outcome::target_reached));
    BOOST_TEST(run.all<master::round_finished>().size() == 1U);
}

BOOST_AUTO_TEST_CASE(threads_are_dealt_to_the_workers) {
    const fedasio::test::scratch_directory folder;
    const auto plan = plan_for(folder.write("all.csv", table(70)));
    const auto threads_of = [&](std::uint32_t workers, std::uint32_t threads) {
        std::vector<std::uint32_t> dealt;
        for (const auto& joined :
             tell(plan, {.workers = workers, .threads = threads}).all<master::worker_joined>()) {
            dealt.push_back(joined.threads);
        }
        std::ranges::sort(dealt);
        return dealt;
    };
    BOOST_TEST(threads_of(3, 8) == (std::vector<std::uint32_t>{2, 3, 3}), boost::test_tools::per_element());
    BOOST_TEST(threads_of(2, 1) == (std::vector<std::uint32_t>{1, 1}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(simulations_run_side_by_side) {
    const fedasio::test::scratch_directory folder;
    const auto plan = plan_for(folder.write("all.csv", table(300)));
    std::vector<story> runs(3);
    {
        std::vector<std::jthread> threads;
        threads.reserve(runs.size());
        for (auto& run : runs) {
            threads.emplace_back([&] { run = tell(plan, {.workers = 2}); });
        }
    }
    for (const auto& run : runs) {
        BOOST_TEST(run.succeeded);
        BOOST_TEST(run.end().weights_sha256 == runs.front().end().weights_sha256);
    }
}

BOOST_AUTO_TEST_CASE(events_come_on_the_callers_thread) {
    const fedasio::test::scratch_directory folder;
    bool elsewhere = false;
    simulate(plan_for(folder.write("all.csv", table(70))), {.threads = 2}, {},
             [&, here = std::this_thread::get_id()](const master::event&) {
                 elsewhere = elsewhere || std::this_thread::get_id() != here;
             });
    BOOST_TEST(!elsewhere);
}

BOOST_AUTO_TEST_CASE(a_stop_ends_it_wherever_it_is) {
    const fedasio::test::scratch_directory folder;
    auto plan = plan_for(folder.write("all.csv", table(300)));
    plan.rounds = 1'000'000;
    const auto stops = {is<master::worker_joined>, is<master::worker_assigned>, is<master::round_started>,
                        is<master::client_updated>, is<master::round_finished>};
    for (const auto& stop_at : stops) {
        const auto run = tell(plan, {.workers = 2, .threads = 2}, stop_at);
        BOOST_TEST(!run.succeeded);
        BOOST_TEST((run.end().outcome == master::training_outcome::stopped));
        BOOST_TEST(run.all<master::round_finished>().size() <= 1U);
        BOOST_TEST(run.all<master::worker_joined>().size() == run.all<master::worker_left>().size());
    }
}

BOOST_AUTO_TEST_CASE(a_stop_from_another_thread_is_heard) {
    const fedasio::test::scratch_directory folder;
    auto plan = plan_for(folder.write("all.csv", table(300)));
    plan.rounds = 1'000'000;
    std::stop_source stop;
    std::binary_semaphore running(0);
    std::jthread stopper([&] {
        running.acquire();
        stop.request_stop();
    });
    bool released = false;
    const bool succeeded = simulate(plan, {}, stop.get_token(), [&](const master::event& happened) {
        if (is<master::round_finished>(happened) && !std::exchange(released, true)) {
            running.release();
        }
    });
    BOOST_TEST(!succeeded);
}

BOOST_AUTO_TEST_CASE(what_is_stopped_before_it_begins_trains_nothing) {
    const fedasio::test::scratch_directory folder;
    std::stop_source stop;
    stop.request_stop();
    int rounds = 0;
    const bool succeeded = simulate(
        plan_for(folder.write("all.csv", table(70))), {}, stop.get_token(),
        [&](const master::event& happened) { rounds += is<master::round_started>(happened) ? 1 : 0; });
    BOOST_TEST(!succeeded);
    BOOST_TEST(rounds == 0);
}

BOOST_AUTO_TEST_CASE(a_resumed_simulation_ends_like_one_in_a_piece) {
    const fedasio::test::scratch_directory folder;
    const fedasio::test::scratch_directory state;
    auto plan = plan_for(folder.write("all.csv", table(300)), R"(, "checkpoint_every": 1)");
    const auto whole = tell(plan).end().weights_sha256;

    plan.rounds = 2;
    tell(plan, {.state_dir = state.path()});
    BOOST_TEST(state.entries() == 2U); // checkpoints, and the models that are kept
    plan.rounds = 3;
    const auto rest = tell(plan, {.state_dir = state.path(), .resume = true});
    BOOST_TEST(rest.all<master::round_finished>().size() == 1U);
    BOOST_TEST(rest.end().weights_sha256 == whole);
    BOOST_TEST(tell(plan, {.state_dir = state.path()}).all<master::round_finished>().size() == 3U);
}

BOOST_AUTO_TEST_CASE(every_owner_of_a_table_is_a_client_in_the_given_order) {
    const fedasio::test::scratch_directory folder;
    auto plan = plan_for("unused.csv");
    plan.test_fraction = 0;
    plan.partition.type = fedasio::data::partition_spec::scheme::local;
    plan.clients = 11;
    simulation_options options;
    for (int i = 0; i < 11; ++i) {
        options.data.push_back(folder.write(std::to_string(i) + ".csv", table(40 + i)));
    }
    const auto run = tell(plan, options);
    BOOST_TEST(run.succeeded);
    std::vector<std::uint64_t> samples(11);
    for (const auto& assigned : run.all<master::worker_assigned>()) {
        BOOST_TEST_REQUIRE(assigned.clients.size() == 1U);
        samples.at(assigned.clients.front().client) = assigned.clients.front().samples;
    }
    for (std::size_t i = 0; i < samples.size(); ++i) {
        BOOST_TEST(samples[i] == 40 + i);
    }
}

BOOST_AUTO_TEST_CASE(data_stands_in_for_the_plans_paths) {
    const fedasio::test::scratch_directory folder;
    const auto file = folder.write("all.csv", table(300));
    const auto expected = tell(plan_for(file)).end().weights_sha256;
    const auto run = tell(plan_for("/nowhere/all.csv"), {.workers = 2, .data = {folder.path()}});
    BOOST_TEST(run.succeeded);
    BOOST_TEST(run.end().weights_sha256 == expected);
}

BOOST_AUTO_TEST_CASE(what_is_shared_is_read_once) {
    const fedasio::test::scratch_directory folder;
    write_idx(folder);
    const auto plan = idx_plan(folder);
    simulation_options options;
    options.workers = 2;
    options.samples = std::make_shared<fedasio::worker::sample_cache>();
    BOOST_TEST(tell(plan, options).succeeded);
    // What all of its workers have read is what a worker of the next run finds.
    const std::string origin = fedasio::text::canonical_text(fedasio::plan::to_json(plan.source)) +
                               fedasio::data::file_identity(folder / "images") +
                               fedasio::data::file_identity(folder / "labels");
    const auto known = options.samples->get([&] { return origin; },
                                            []() -> std::shared_ptr<const fedasio::data::dataset> {
                                                BOOST_ERROR("it was read again");
                                                return nullptr;
                                            });
    BOOST_TEST_REQUIRE(known.set);
    BOOST_TEST(tell(plan, options).succeeded);
    BOOST_TEST((options.samples->get([&] { return origin; }, [&] { return known.set; }).set == known.set));
    BOOST_TEST(known.set.use_count() == 2); // here and in the cache: nobody has read another
    std::filesystem::remove(folder / "images");
    BOOST_TEST(!tell(plan, options).succeeded); // data that is gone is not the data that was read
}

BOOST_AUTO_TEST_CASE(the_final_model_is_saved) {
    const fedasio::test::scratch_directory folder;
    const fedasio::test::scratch_directory models;
    const auto plan = plan_for(folder.write("all.csv", table(70)));
    const auto run = tell(plan, {.save_to = models / "final.safetensors"});
    BOOST_TEST(run.succeeded);
    const auto model = fedasio::store::read_safetensors(models / "final.safetensors");
    BOOST_TEST(model.metadata.at("round") == "3");
    BOOST_TEST(model.metadata.contains("schema"));

    std::filesystem::create_directory(models / "taken");
    const auto other = tell(plan, {.save_to = models / "taken"});
    BOOST_TEST(!other.succeeded);
    BOOST_TEST((other.end().outcome == master::training_outcome::rounds_done));
    BOOST_TEST(!other.all<master::noticed>().empty());
}

BOOST_AUTO_TEST_CASE(no_client_is_dropped_because_the_machine_is_slow) {
    const fedasio::test::scratch_directory folder;
    auto plan = plan_for(folder.write("all.csv", table(70)));
    plan.deadline = std::chrono::milliseconds(0);
    const auto run = tell(plan);
    BOOST_TEST(run.succeeded);
    BOOST_TEST(run.all<master::client_dropped>().empty());
}

BOOST_AUTO_TEST_CASE(data_that_cannot_be_read_fails_with_the_reason) {
    const auto run = tell(plan_for("/nowhere/all.csv"), {.workers = 2});
    BOOST_TEST(!run.succeeded);
    BOOST_TEST((run.end().outcome == master::training_outcome::failed));
    BOOST_TEST(run.end().detail.find("/nowhere/all.csv") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(what_does_not_fit_is_said_before_it_begins) {
    auto plan = plan_for("all.csv");
    BOOST_TEST(fails_with(plan, {.resume = true}, "state folder"));
    BOOST_TEST(fails_with(plan, {.data = {"a.csv", "b.csv"}}, "more than one"));
    BOOST_TEST(fails_with(plan, {.save_to = "/nowhere/model"}, "/nowhere"));
    plan.partition.type = fedasio::data::partition_spec::scheme::local;
    BOOST_TEST(fails_with(plan, {}, "--data"));
    BOOST_TEST(fails_with(plan, {.data = {"a.csv"}}, "7 clients"));
    plan.model.input = {1, 1, 4};
    plan.model.layers.clear();
    BOOST_TEST(fails_with(plan, {.data = std::vector<std::filesystem::path>(7)}, "model"));
}

BOOST_AUTO_TEST_SUITE_END()
