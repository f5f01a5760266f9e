#include <fedasio/master/orders.hpp>
#include <fedasio/plan/plan.hpp>

#include <boost/test/unit_test.hpp>

#include <string>

namespace {

using namespace fedasio;
using master::command;
using master::intent;
using master::round_place;

plan::plan plan_of(const std::string& more = R"(, "target_accuracy": 0.5)") {
    return plan::parse_plan(R"({"model": {"layers": [{"type": "dense", "units": 2, "activation": "softmax"}]},
        "data": {"source": {"type": "csv", "train": "a.csv", "label": "x"}}, "clients": 2, "rounds": 20,
        "deadline": 30, "fraction": 0.5)" +
                                more + "}",
                            "plan");
}

command rounds(std::uint32_t count) {
    command result;
    result.rounds = count;
    return result;
}

command target(double accuracy) {
    command result;
    result.target_accuracy = accuracy;
    return result;
}

master::orders in_training(const plan::plan& plan = plan_of()) {
    master::orders orders(plan);
    orders.order_as_planned();
    orders.begin_training();
    return orders;
}

const round_place at_rest{5};
const round_place in_round{5, 6};

} // namespace

BOOST_AUTO_TEST_SUITE(orders)

BOOST_AUTO_TEST_CASE(an_order_counts_before_a_change_and_a_change_before_the_plan) {
    const master::terms planned{20, 0.5, 30, 0.25};
    BOOST_TEST((master::terms_in_force(planned, {}, {}) == planned));
    master::changed_terms changed;
    changed.rounds = 40;
    changed.target_changed = true; // to none
    changed.deadline = 60;
    BOOST_TEST((master::terms_in_force(planned, changed, {}) == master::terms{40, {}, 60, 0.25}));
    changed.fraction = 1;
    const master::ordered_terms ordered{7, 0.9, 3};
    BOOST_TEST((master::terms_in_force(planned, changed, ordered) == master::terms{7, 0.9, 60, 1}));
    // An order without a target has none, whatever the plan says.
    BOOST_TEST(!master::terms_in_force(planned, {}, master::ordered_terms{7, {}, 3}).target_accuracy);
}

BOOST_AUTO_TEST_CASE(a_training_counts_from_where_the_run_stands) {
    master::orders orders(plan_of());
    BOOST_TEST((orders.in_force() == master::terms{20, 0.5, 30, 0.5}));
    const auto refused = orders.train(rounds(3), at_rest, "2 of 3");
    BOOST_TEST(refused.message == "not enough workers: 2 of 3");
    BOOST_TEST(!orders.is_busy());
    BOOST_TEST(orders.train(rounds(3), at_rest, "").message == "training 3 rounds");
    BOOST_TEST((orders.in_force() == master::terms{8, {}, 30, 0.5}));
    BOOST_TEST(orders.is_new_order(5));
    BOOST_TEST(!orders.is_new_order(6));
    BOOST_TEST(orders.counts_after() == 5U);
    BOOST_TEST(!orders.train(rounds(3), at_rest, "").accepted);
    // Before it has begun it can be changed, and the change is whole.
    BOOST_TEST(orders.change(target(0.75), at_rest).accepted);
    BOOST_TEST((orders.told(6).last_round == 8U));
    BOOST_TEST((orders.in_force() == master::terms{8, 0.75, 30, 0.5}));
    orders.begin_training();
    BOOST_TEST(!orders.train(rounds(3), at_rest, "").accepted);
}

BOOST_AUTO_TEST_CASE(a_last_round_that_was_changed_is_trained_up_to_once) {
    master::orders orders(plan_of());
    BOOST_TEST(orders.change(rounds(9), at_rest).accepted);
    BOOST_TEST(orders.train({}, at_rest, "").message.starts_with("training up to round 9"));
    BOOST_TEST(orders.in_force().last_round == 9U);
    orders.begin_training();
    orders.end_training(false);
    orders.rest();
    BOOST_TEST(orders.train({}, {9}, "").message == "training 20 rounds");
    BOOST_TEST(orders.in_force().last_round == 29U);
}

BOOST_AUTO_TEST_CASE(while_a_training_ends_the_next_is_ordered_unless_the_process_ends) {
    auto goes_on = in_training();
    goes_on.end_training(false);
    BOOST_TEST(goes_on.train(rounds(3), at_rest, "").accepted);
    goes_on.rest();
    BOOST_TEST(goes_on.is_busy());
    auto is_last = in_training();
    is_last.end_training(true);
    const auto lost = is_last.train(rounds(3), at_rest, "");
    BOOST_TEST(!lost.accepted);
    BOOST_TEST(lost.message.find("--resume") != std::string::npos);
    // Who ends the process in a training ends it for good.
    auto cancelled = in_training();
    cancelled.close();
    cancelled.end_training(false);
    BOOST_TEST(!cancelled.train(rounds(3), at_rest, "").accepted);
    BOOST_TEST(cancelled.is_busy());
}

BOOST_AUTO_TEST_CASE(a_pause_can_be_taken_back_and_a_stop_cannot) {
    master::orders orders(plan_of());
    BOOST_TEST(!orders.pause().accepted);
    BOOST_TEST(!orders.stop(false, at_rest).accepted);
    orders = in_training();
    BOOST_TEST(!orders.resume().accepted);
    BOOST_TEST(orders.pause().accepted);
    BOOST_TEST(!orders.pause().accepted);
    BOOST_TEST((orders.wanted() == intent::pause));
    BOOST_TEST(!orders.is_stopping());
    BOOST_TEST(orders.resume().accepted);
    BOOST_TEST((orders.wanted() == intent::go_on));
    BOOST_TEST(orders.stop(false, in_round).message == "stopping after round 6");
    BOOST_TEST((orders.wanted() == intent::stop));
    BOOST_TEST(!orders.resume().accepted);
    BOOST_TEST(!orders.pause().accepted);
    BOOST_TEST(!orders.stop(false, in_round).accepted);
    BOOST_TEST(!orders.change(rounds(30), in_round).accepted);
    BOOST_TEST(orders.stop(true, in_round).message == "stopping; the weights of round 5 stay");
    BOOST_TEST((orders.wanted() == intent::stop_now));
    BOOST_TEST(!orders.stop(true, in_round).accepted);
    orders.end_training(false);
    BOOST_TEST(!orders.is_stopping());
}

BOOST_AUTO_TEST_CASE(where_there_is_no_end_to_wait_for_a_stop_is_at_once) {
    auto between = in_training();
    BOOST_TEST(between.stop(false, at_rest).accepted);
    BOOST_TEST((between.wanted() == intent::stop_now));
    auto waiting = in_training();
    BOOST_TEST(waiting.stop(false, {5, 6, true}).accepted);
    BOOST_TEST((waiting.wanted() == intent::stop_now));
}

BOOST_AUTO_TEST_CASE(a_change_in_a_round_leaves_that_round_as_it_began) {
    auto orders = in_training();
    orders.begin_round();
    command change;
    change.deadline = 60;
    change.fraction = 1;
    change.rounds = 6;
    const auto answer = orders.change(change, in_round);
    BOOST_TEST(answer.message ==
               "the last round is 6, the deadline is 60 s, the fraction is 1 from round 7 on");
    BOOST_TEST((orders.of_round() == master::terms{20, 0.5, 30, 0.5}));
    BOOST_TEST((orders.in_force() == master::terms{6, 0.5, 60, 1}));
    orders.begin_round();
    BOOST_TEST(orders.of_round().fraction == 1);
    const auto late = orders.change(rounds(5), in_round);
    BOOST_TEST(late.message == "rounds is the last round in all, and round 6 has begun: it cannot be 5");
    BOOST_TEST(orders.change(rounds(5), at_rest).message ==
               "rounds is the last round in all, and round 6 is the next: it cannot be 5");
    BOOST_TEST(!orders.change({}, in_round).accepted);
    BOOST_TEST(orders.in_force().last_round == 6U);
}

BOOST_AUTO_TEST_CASE(without_an_accuracy_there_is_no_target) {
    master::orders untested(plan::parse_plan(
        R"({"model": {"layers": [{"type": "dense", "units": 2, "activation": "softmax"}]}, "data": {"source":
        {"type": "csv", "train": "a.csv", "label": "x"}, "test_fraction": 0}, "clients": 2, "rounds": 2})",
        "plan"));
    BOOST_TEST(untested.change(target(0.5), at_rest).message.find("without test data") == 0U);
    command none;
    none.no_target = true;
    BOOST_TEST(untested.change(none, at_rest).accepted);
}

BOOST_AUTO_TEST_CASE(what_was_asked_for_counts_on_unless_the_plan_has_the_word_again) {
    master::orders before(plan_of());
    command change;
    change.deadline = 60;
    change.fraction = 1;
    change.rounds = 40;
    BOOST_TEST(before.change(change, at_rest).accepted);
    BOOST_TEST(before.train(rounds(3), at_rest, "").accepted);
    const auto kept = before.kept();

    master::orders same(plan_of());
    BOOST_TEST(same.take_up(kept, 6));
    BOOST_TEST((same.in_force() == before.in_force()));
    BOOST_TEST(same.counts_after() == 5U);
    BOOST_TEST((same.kept() == kept));

    // An order that was carried out leaves the word to the changes.
    master::orders done(plan_of());
    BOOST_TEST(!done.take_up(kept, 8));
    BOOST_TEST((done.in_force() == master::terms{40, 0.5, 60, 1}));

    // What stands in the plan's file counts again once it is another number than it was then.
    auto edited = plan_of();
    edited.rounds = 50;
    master::orders other(edited);
    BOOST_TEST(!other.take_up(kept, 6));
    BOOST_TEST((other.in_force() == master::terms{50, 0.5, 60, 1}));
    edited = plan_of(R"(, "target_accuracy": 0.75)");
    edited.deadline = std::chrono::seconds(99);
    master::orders both(edited);
    BOOST_TEST(!both.take_up(kept, 6));
    BOOST_TEST((both.in_force() == master::terms{40, 0.75, 99, 1}));
}

BOOST_AUTO_TEST_SUITE_END()
