#include <fedasio/master/model_state.hpp>
#include <fedasio/plan/plan.hpp>

#include <boost/test/unit_test.hpp>

#include "parts.hpp"

using namespace parts;

BOOST_AUTO_TEST_SUITE(model_states)

BOOST_AUTO_TEST_CASE(without_channels_the_weights_are_what_is_sent) {
    const ground on;
    const auto made = make_model_state(*on.given.plan.strategy, to_payload(std::vector<float>{1, 2, 3}));
    BOOST_TEST(made.channels.empty());
    BOOST_TEST(made.sent.bytes().data() == made.weights.bytes().data()); // no copy
    BOOST_TEST(made.own.empty());
    BOOST_TEST(made.strategy->empty());
}

BOOST_AUTO_TEST_CASE(channels_follow_the_weights) {
    const ground on(plan_text(R"(, "strategy": {"type": "scaffold"})"));
    const auto& strategy = *on.given.plan.strategy;
    BOOST_TEST_REQUIRE(strategy.channels().size() == 1U);
    const auto fresh = make_model_state(strategy, to_payload(std::vector<float>{1, 2, 3}));
    BOOST_TEST_REQUIRE(fresh.sent.floats().size() == 6U);
    BOOST_TEST(fresh.sent.floats()[2] == 3.0F);
    BOOST_TEST(fresh.sent.floats()[3] == 0.0F); // it begins with nothing
    const auto later = make_model_state(strategy, to_payload(std::vector<float>{1, 2, 3}),
                                        {{std::string(strategy.channels()[0]), {7, 8, 9}}});
    BOOST_TEST(later.channels.front().floats()[1] == 8.0F);
    BOOST_TEST(later.sent.floats()[5] == 9.0F);
    BOOST_TEST(later.strategy->size() == 1U);
}

BOOST_AUTO_TEST_CASE(arrays_that_stay_at_clients_are_not_sent) {
    const ground on;
    const auto made =
        make_model_state(*on.given.plan.strategy, to_payload(std::vector<float>{1, 2, 3, 4, 5}), {}, 2);
    BOOST_TEST(made.weights.floats().size() == 5U);
    BOOST_TEST_REQUIRE(made.sent.floats().size() == 3U);
    BOOST_TEST(made.sent.floats()[2] == 3.0F);
    BOOST_TEST(made.shared.bytes().data() == made.sent.bytes().data());
    BOOST_TEST_REQUIRE(made.own.floats().size() == 2U);
    BOOST_TEST(made.own.floats()[0] == 4.0F);
}

BOOST_AUTO_TEST_SUITE_END()
