#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include "scene.hpp"
#include <ostream>
#include <set>

namespace {

using namespace fedasio;
using master::phase;
using scenes::command;
using scenes::kind;
using scenes::order;
using scenes::scene;
using scenes::train_to_the_end;

/// A command as it is tried, and in which phases it is accepted.
struct attempt {
    const char* name;
    command what;
    std::set<phase> accepted;
};

std::ostream& operator<<(std::ostream& out, const attempt& it) {
    return out << it.name;
}

const std::set<phase> rounds{phase::loading_dataset, phase::distributing_model, phase::distributing_weights,
                             phase::training,        phase::aggregating,        phase::evaluating};
const std::set<phase> rest{phase::finished, phase::failed};

std::set<phase> all_of(std::set<phase> some, const std::set<phase>& more) {
    some.insert(more.begin(), more.end());
    return some;
}

const std::set<phase> under_way = all_of(rounds, {phase::waiting, phase::paused});
const std::set<phase> always = all_of(under_way, rest);
const std::set<phase> with_a_model{phase::distributing_model,
                                   phase::distributing_weights,
                                   phase::training,
                                   phase::aggregating,
                                   phase::evaluating,
                                   phase::paused,
                                   phase::finished};

std::vector<attempt> attempts() {
    return {
        {"train", order(kind::train), rest},
        {"pause", order(kind::pause), all_of(rounds, {phase::waiting})},
        {"resume", order(kind::resume), {phase::paused}},
        {"stop", order(kind::stop), under_way},
        {"stop now", order(kind::stop, [](command& it) { it.now = true; }), under_way},
        {"save", order(kind::save, [](command& it) { it.name = "kept"; }), with_a_model},
        {"load", order(kind::load, [](command& it) { it.name = "before"; }), {phase::finished}},
        {"load nothing", order(kind::load, [](command& it) { it.name = "nothing"; }), {}},
        {"evict", order(kind::evict, [](command& it) { it.worker = 1; }), always},
        {"evict nobody", order(kind::evict, [](command& it) { it.worker = 99; }), {}},
        {"change the deadline", order(kind::change, [](command& it) { it.deadline = 100; }), always},
        {"change to more rounds", order(kind::change, [](command& it) { it.rounds = 3; }), always},
        {"change to no target", order(kind::change, [](command& it) { it.no_target = true; }), always},
        {"change nothing", order(kind::change), {}},
        {"start", order(kind::start), rest},
        {"start nonsense", order(kind::start, [](command& it) { it.plan = "{\"rounds\": 3}"; }), {}},
    };
}

const std::vector<phase> phases{
    phase::waiting,  phase::loading_dataset, phase::distributing_model, phase::distributing_weights,
    phase::training, phase::aggregating,     phase::evaluating,         phase::paused,
    phase::finished, phase::failed};

std::string weights_after(const scene& in, std::uint32_t count) {
    if (count == 0) {
        return {};
    }
    const test::scratch_directory elsewhere;
    auto options = in.options();
    options.state_dir = elsewhere.path();
    const auto plan = house::plan_text(in.rows, ", \"rounds\": " + std::to_string(count));
    house::federation_of all(plan::parse_plan(plan, "plan"), options);
    all.add_worker("a");
    auto script = [](house::federation_of& told) -> net::awaitable<void> {
        co_await told.until([&] { return !told.all<master::training_finished>().empty(); });
    };
    all.play(script(all));
    return all.all<master::training_finished>().back().weights_sha256;
}

struct outcome {
    master::command_answer answer;
    phase when = phase::waiting;
};

/// Two rounds; the command when the phase is entered first, and then what lets everything end.
net::awaitable<void> act(house::federation_of& told, phase at, command what, outcome& into) {
    const auto ends = [&told] { return told.all<master::training_finished>().size(); };
    if (what.what == kind::load && what.name == "before" && at == phase::finished) {
        co_await told.until([&] { return told.now == phase::evaluating; });
        co_await told.order(order(kind::save, [](command& it) { it.name = "before"; }));
    }
    if (at == phase::paused) {
        co_await told.until([&] { return told.now == phase::training; });
        co_await told.order(order(kind::pause));
    }
    co_await told.until([&] {
        return told.now == at && !told.all<master::training_started>().empty() &&
               (at == phase::waiting || !told.all<master::worker_joined>().empty());
    });
    if (at == phase::waiting) {
        co_await told.until([&] { return told.all<master::worker_joined>().size() == 1; });
    }
    if (at == phase::finished || at == phase::failed) {
        co_await told.until([&] { return ends() == 1; });
    }
    into.when = told.now;
    into.answer = co_await told.order(what);
    if (at == phase::waiting) {
        told.add_worker("b");
    }
    const bool anew = into.answer.accepted && (what.what == kind::train || what.what == kind::start);
    const std::size_t expected = anew ? 2 : 1;
    while (ends() < expected) {
        co_await told.until([&] { return ends() >= expected || told.now == phase::paused; });
        if (told.now == phase::paused && ends() < expected) {
            co_await told.order(order(kind::resume));
            co_await told.until([&] { return told.now != phase::paused; });
        }
    }
}

struct played {
    outcome what;
    std::vector<master::training_finished> ends;
    std::vector<master::run_opened> runs;
};

played play(const scene& in, phase at, const attempt& tried) {
    auto options = in.options();
    options.min_workers = at == phase::waiting ? 2 : 1;
    const auto plan = at == phase::failed ? house::plan_text(in.folder / "nothing.csv") : in.plan;
    house::federation_of all(plan::parse_plan(plan, "plan"), options);
    all.add_worker("a");
    auto what = tried.what;
    if (what.what == kind::start && what.plan.empty()) {
        what.plan = in.plan;
    }
    played result;
    all.play(act(all, at, what, result.what));
    result.ends = all.all<master::training_finished>();
    result.runs = all.all<master::run_opened>();
    return result;
}

} // namespace

BOOST_TEST_DONT_PRINT_LOG_VALUE(std::set<phase>)

BOOST_AUTO_TEST_SUITE(steering)

BOOST_DATA_TEST_CASE(every_command_in_every_phase, boost::unit_test::data::make(attempts()), tried) {
    static const scene elsewhere;
    static const std::vector<std::string> after{weights_after(elsewhere, 0), weights_after(elsewhere, 1),
                                                weights_after(elsewhere, 2), weights_after(elsewhere, 3),
                                                weights_after(elsewhere, 4)};
    for (const auto at : phases) {
        BOOST_TEST_CONTEXT("in " << to_string(at)) {
            const scene here;
            const auto [what, ends, runs] = play(here, at, tried);
            BOOST_TEST((what.when == at));
            BOOST_TEST(what.answer.accepted == tried.accepted.contains(at), what.answer.message);
            BOOST_TEST(!what.answer.message.empty());
            const auto& end = ends.back();
            const auto name = std::string(tried.name);
            const bool is_new = what.answer.accepted && name == "start";
            BOOST_TEST(runs.size() == (is_new ? 2U : 1U));
            BOOST_TEST(runs.front().run != (is_new ? runs.back().run : ""));
            if (at == phase::failed && !is_new) {
                BOOST_TEST((end.outcome == master::training_outcome::failed));
                continue;
            }
            std::uint32_t last = 2;
            if (what.answer.accepted && name.starts_with("stop")) {
                // A round that has its weights counts, with its test or without.
                const bool is_made =
                    at == phase::aggregating || at == phase::evaluating || at == phase::paused;
                last = at == phase::waiting || (name == "stop now" && !is_made) ? 0 : 1;
                BOOST_TEST((end.outcome == master::training_outcome::stopped));
            } else {
                BOOST_TEST((end.outcome == master::training_outcome::rounds_done));
                last = name == "change to more rounds" && at != phase::finished ? 3 : last;
                last = name == "train" && what.answer.accepted ? 4 : last;
            }
            BOOST_TEST(end.round == last);
            if (last > 0) {
                BOOST_TEST(end.weights_sha256 == after.at(last));
            }
        }
    }
}

BOOST_AUTO_TEST_CASE(a_stop_can_become_a_stop_now_and_nothing_else) {
    const scene here;
    house::federation_of all(plan::parse_plan(here.plan, "plan"), here.options());
    all.add_worker("a");
    std::vector<master::command_answer> answers;
    auto script = [](house::federation_of& told,
                     std::vector<master::command_answer>& said) -> net::awaitable<void> {
        co_await told.until([&] { return told.now == phase::training; });
        const auto now = order(kind::stop, [](command& it) { it.now = true; });
        const auto change = order(kind::change, [](command& it) { it.deadline = 1; });
        for (const auto& what :
             {order(kind::stop), order(kind::stop), order(kind::pause), change, now, now}) {
            const auto answer = co_await told.order(what);
            said.push_back(answer);
        }
        co_await told.until([&] { return !told.all<master::training_finished>().empty(); });
    };
    all.play(script(all, answers));
    std::string accepted;
    for (const auto& one : answers) {
        accepted += one.accepted ? "yes " : "no ";
    }
    BOOST_TEST(accepted == "yes no no no yes no ");
    BOOST_TEST(all.all<master::training_finished>().back().round == 0U);
}

namespace {

/// Orders a training while the end of the first is written down.
net::awaitable<void> train_in_the_end(house::federation_of& told, master::command_answer& answer) {
    co_await told.until([&] { return told.now == phase::finished; });
    BOOST_TEST(told.all<master::training_finished>().empty());
    answer = co_await told.order(order(kind::train));
    const std::size_t expected = answer.accepted ? 2 : 1;
    co_await told.until([&] { return told.all<master::training_finished>().size() == expected; });
}

} // namespace

BOOST_AUTO_TEST_CASE(a_training_that_is_ordered_while_another_ends_is_carried_out_or_refused) {
    for (const bool is_last : {false, true}) {
        const scene in;
        auto options = in.options();
        options.exit_when_done = is_last;
        house::federation_of all(plan::parse_plan(in.plan, "plan"), options);
        all.add_worker("a");
        master::command_answer answer;
        all.play(train_in_the_end(all, answer));
        BOOST_TEST(answer.accepted == !is_last, answer.message);
        BOOST_TEST((answer.message.find("--resume") != std::string::npos) == is_last, answer.message);
        BOOST_TEST(all.all<master::training_finished>().back().round == (is_last ? 2U : 4U));
    }
}

namespace {

/// Trains with the fraction changed while round 1 trains; with `stop_in` until that round is over.
net::awaitable<void> train_with_a_change(house::federation_of& told, command change, std::uint32_t stop_in) {
    co_await told.until([&] { return told.now == phase::training; });
    const auto answer = co_await told.order(std::move(change));
    BOOST_TEST(answer.accepted, answer.message);
    if (stop_in != 0) {
        co_await told.until([&] { return told.all<master::round_started>().back().round == stop_in; });
        co_await told.order(order(kind::stop));
    }
    co_await told.until([&] { return !told.all<master::training_finished>().empty(); });
}

std::vector<std::size_t> cohorts(const house::federation_of& told) {
    std::vector<std::size_t> sizes;
    for (const auto& round : told.all<master::round_started>()) {
        sizes.push_back(round.cohort.size());
    }
    return sizes;
}

using sizes = std::vector<std::size_t>;

} // namespace

BOOST_AUTO_TEST_CASE(a_change_counts_from_the_next_round_on_and_survives_a_restart) {
    const auto change = order(kind::change, [](command& it) {
        it.fraction = 0.5;
        it.deadline = 300;
        it.rounds = 4;
    });
    const scene in;
    auto options = in.options();
    std::string whole;
    {
        const test::scratch_directory other;
        options.state_dir = other.path();
        house::federation_of all(plan::parse_plan(in.plan, "plan"), options);
        all.add_worker("a");
        all.play(train_with_a_change(all, change, 0));
        BOOST_TEST((cohorts(all) == sizes{6, 3, 3, 3}));
        const auto changes = all.all<master::plan_changed>();
        BOOST_TEST_REQUIRE(changes.size() == 1U);
        BOOST_TEST(changes[0].round == 2U);
        BOOST_TEST(changes[0].last_round == 4U);
        BOOST_TEST(changes[0].deadline == 300);
        BOOST_TEST(changes[0].fraction == 0.5);
        whole = all.all<master::training_finished>().back().weights_sha256;
    }
    options = in.options();
    {
        house::federation_of first(plan::parse_plan(in.plan, "plan"), options);
        first.add_worker("a");
        first.play(train_with_a_change(first, change, 2));
        BOOST_TEST(first.all<master::training_finished>().back().round == 2U);
    }
    options.resume = true;
    for (const bool edited : {false, true}) {
        // What stands in the plan's file counts again once it is another number than when the change was
        // made.
        const auto text = edited ? house::plan_text(in.rows, R"(, "rounds": 5)") : in.plan;
        house::federation_of second(plan::parse_plan(text, "plan"), options);
        second.add_worker("a");
        second.play(train_to_the_end(second));
        const auto resumed = second.all<master::run_resumed>();
        BOOST_TEST_REQUIRE(resumed.size() == 1U);
        BOOST_TEST_REQUIRE(!resumed[0].changes.empty());
        BOOST_TEST(resumed[0].changes.front().round == 2U);
        BOOST_TEST(resumed[0].changes.back().fraction == 0.5);
        BOOST_TEST(resumed[0].changes.back().last_round == (edited ? 5U : 4U));
        const auto end = second.all<master::training_finished>().back();
        BOOST_TEST(end.round == (edited ? 5U : 4U));
        BOOST_TEST((cohorts(second) == (edited ? sizes{3} : sizes{3, 3})));
        if (!edited) {
            BOOST_TEST(end.weights_sha256 == whole);
        }
    }
}

BOOST_AUTO_TEST_CASE(what_would_not_be_sound_is_not_changed) {
    const scene in;
    const auto text = house::plan_text(in.rows, R"(, "rounds": 3)");
    house::federation_of all(plan::parse_plan(text, "plan"), in.options());
    all.add_worker("a");
    auto script = [](house::federation_of& told) -> net::awaitable<void> {
        co_await told.until(
            [&] { return told.all<master::round_finished>().size() == 1 && told.now == phase::training; });
        const auto too_few = co_await told.order(order(kind::change, [](command& it) { it.rounds = 1; }));
        BOOST_TEST(!too_few.accepted);
        BOOST_TEST(too_few.message.find("round 2 has begun") != std::string::npos);
        const auto just_so = co_await told.order(order(kind::change, [](command& it) { it.rounds = 2; }));
        BOOST_TEST(just_so.accepted, just_so.message);
        co_await told.until([&] { return !told.all<master::training_finished>().empty(); });
        BOOST_TEST(told.all<master::training_finished>().back().round == 2U);
        const auto done = co_await told.order(order(kind::change, [](command& it) { it.rounds = 2; }));
        BOOST_TEST(!done.accepted);
        // A last round that is changed at rest is where the next training ends.
        co_await told.order(order(kind::change, [](command& it) { it.rounds = 4; }));
        const auto up_to = co_await told.order(order(kind::train));
        BOOST_TEST(up_to.message.starts_with("training up to round 4, the last one since it was changed"),
                   up_to.message);
        co_await told.until([&] { return told.all<master::training_finished>().size() == 2; });
        BOOST_TEST(told.all<master::training_finished>().back().round == 4U);
        const auto planned = co_await told.order(order(kind::train));
        BOOST_TEST(planned.message == "training 3 rounds");
    };
    all.play(script(all));
}

BOOST_AUTO_TEST_CASE(without_an_accuracy_there_is_no_target) {
    const scene in;
    const auto change = order(kind::change, [](command& it) { it.target_accuracy = 0.9; });
    const auto source = R"("data": {"source": {"type": "csv", "train": ")" + in.rows.string();
    const std::string texts[] = {
        R"({"model": {"layers": [{"type": "dense", "units": 1}], "loss": "mean_squared_error"}, )" + source +
            R"(", "label": "x"}}, "clients": 2, "rounds": 2})",
        R"({"model": {"layers": [{"type": "dense", "units": 2, "activation": "softmax"}]}, )" + source +
            R"(", "label": "label"}, "test_fraction": 0}, "clients": 2, "rounds": 2})"};
    for (const auto& text : texts) {
        auto options = in.options();
        options.autostart = false;
        house::federation_of all(plan::parse_plan(text, "plan"), options);
        auto script = [](house::federation_of& told, command what) -> net::awaitable<void> {
            co_await told.until([&] { return !told.events.empty(); });
            const auto answer = co_await told.order(std::move(what));
            BOOST_TEST(!answer.accepted);
            BOOST_TEST(answer.message.find("accuracy") != std::string::npos);
        };
        all.play(script(all, change));
    }
}

BOOST_AUTO_TEST_CASE(a_load_is_a_change_that_the_checkpoint_keeps) {
    const scene in;
    auto options = in.options();
    options.autostart = false;
    {
        house::federation_of all(plan::parse_plan(in.plan, "plan"), options);
        all.add_worker("a");
        auto script = [](house::federation_of& told) -> net::awaitable<void> {
            const auto ends = [&told] { return told.all<master::training_finished>().size(); };
            co_await told.until([&] { return !told.all<master::worker_joined>().empty(); });
            co_await told.order(order(kind::train));
            co_await told.until([&] { return ends() == 1; });
            co_await told.order(order(kind::save, [](command& it) { it.name = "kept"; }));
            const auto loaded = co_await told.order(order(kind::load, [](command& it) { it.name = "kept"; }));
            BOOST_TEST(loaded.accepted, loaded.message);
            co_await told.order(order(kind::train));
            co_await told.until([&] { return ends() == 2; });
        };
        all.play(script(all));
        const auto changes = all.all<master::plan_changed>();
        BOOST_TEST_REQUIRE(changes.size() == 1U);
        BOOST_TEST(changes[0].loaded == "kept");
        BOOST_TEST(changes[0].round == 3U);
    }
    options.resume = true;
    house::federation_of again(plan::parse_plan(in.plan, "plan"), options);
    auto script = [](house::federation_of& told) -> net::awaitable<void> {
        co_await told.until([&] { return told.now == phase::waiting && !told.events.empty(); });
    };
    again.play(script(again));
    const auto resumed = again.all<master::run_resumed>();
    BOOST_TEST_REQUIRE(resumed.size() == 1U);
    BOOST_TEST_REQUIRE(!resumed[0].changes.empty());
    BOOST_TEST(resumed[0].changes.front().loaded == "kept");
    BOOST_TEST(resumed[0].changes.back().loaded.empty());
}

BOOST_AUTO_TEST_SUITE_END()
