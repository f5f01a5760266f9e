#include <boost/test/unit_test.hpp>

#include "parts.hpp"

using namespace parts;
using namespace std::chrono_literals;

BOOST_AUTO_TEST_SUITE(progress_of_a_run)

BOOST_AUTO_TEST_CASE(a_phase_of_a_round_is_told_with_it_and_another_one_with_the_last_that_is_finished) {
    ground on;
    on.build_model();
    auto& progress = on.state.progress;
    on.state.model.resume(on.state.model.state(), 4);
    progress.begin_round();
    progress.enter(phase::training);
    progress.enter(phase::waiting);
    const auto entered = on.all<phase_entered>();
    BOOST_TEST_REQUIRE(entered.size() == 2U);
    BOOST_TEST(entered[0].round == 5U);
    BOOST_TEST(entered[1].round == 4U);
}

BOOST_AUTO_TEST_CASE(commands_know_which_round_is_open) {
    ground on;
    on.build_model();
    auto& progress = on.state.progress;
    BOOST_TEST(!progress.place().open.has_value());
    BOOST_TEST(progress.place().present() == 1U);
    progress.begin_round();
    BOOST_TEST(progress.invariants());
    BOOST_TEST(progress.place().open.value() == 1U);
    BOOST_TEST(progress.place().next() == 2U);
    on.state.model.advance(on.state.model.state(), 1);
    BOOST_TEST(progress.invariants());
    progress.end_round();
    BOOST_TEST(progress.place().finished == 1U);
    BOOST_TEST(!progress.place().open.has_value());
    BOOST_TEST(progress.running_round() == 1U);
}

BOOST_AUTO_TEST_CASE(what_is_changed_in_a_round_counts_from_the_next_one_on) {
    ground on(plan_text(R"(, "deadline": 60)"));
    on.build_model();
    auto& progress = on.state.progress;
    progress.begin_round();
    BOOST_TEST((progress.deadline() - on.world.now() == 60s));
    command change;
    change.what = command::kind::change;
    change.deadline = 5;
    BOOST_TEST_REQUIRE(progress.asked.change(change, progress.place()).accepted);
    BOOST_TEST((progress.patience() == 60s));
    progress.end_round();
    progress.begin_round();
    BOOST_TEST((progress.patience() == 5s));
    on.world.run_for(3s);
    BOOST_TEST((progress.deadline() == on.world.now() + 5s));
}

BOOST_AUTO_TEST_CASE(each_training_begins_without_a_cohort_and_without_data) {
    ground on;
    auto& progress = on.state.progress;
    progress.note_loaded();
    progress.begin_cohort();
    BOOST_TEST(progress.has_loaded());
    BOOST_TEST(progress.has_cohort());
    progress.begin_training();
    BOOST_TEST(!progress.has_loaded());
    BOOST_TEST(!progress.has_cohort());
}

BOOST_AUTO_TEST_SUITE_END()
