#include <fedasio/method/server_optimizer.hpp>

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <bit>
#include <cmath>
#include <stdexcept>

using namespace fedasio::method;

namespace {

const strategy_spec momentum{strategy_spec::kind::fedavgm, 0.5, 0.75};

} // namespace

BOOST_AUTO_TEST_SUITE(server_optimizers)

BOOST_AUTO_TEST_CASE(fedavg_takes_the_mean_bit_for_bit) {
    server_optimizer server({}, 3);
    const std::vector<float> current{1, 2, 3};
    const std::vector<float> mean{-0.0F, 1e-45F, 0.1F};
    std::vector<float> next(3);
    server.apply(current, mean, next);
    for (std::size_t i = 0; i < 3; ++i) {
        BOOST_TEST(std::bit_cast<std::uint32_t>(next[i]) == std::bit_cast<std::uint32_t>(mean[i]));
    }
    BOOST_TEST(server.state().empty());
}

BOOST_AUTO_TEST_CASE(fedavgm_follows_its_formula) {
    server_optimizer server(momentum, 1);
    std::vector<float> weights{8.0F};
    const std::vector<float> mean{4.0F};
    server.apply(weights, mean, weights); // v = 4, next = 8 - 0.5 * 4
    BOOST_TEST(weights[0] == 6.0F);
    BOOST_TEST(server.state()[0] == 4.0F);
    server.apply(weights, mean, weights); // v = 0.75 * 4 + 2, next = 6 - 0.5 * 5
    BOOST_TEST(weights[0] == 3.5F);
    BOOST_TEST(server.state()[0] == 5.0F);
}

BOOST_AUTO_TEST_CASE(restored_state_goes_on_as_before) {
    const std::vector<float> current{8.0F, 1.0F};
    const std::vector<float> mean{4.0F, 1.5F};
    std::vector<float> next(2);
    server_optimizer first(momentum, 2);
    first.apply(current, mean, next);
    server_optimizer second(momentum, 2);
    std::ranges::copy(first.state(), second.state().begin());
    std::vector<float> from_first(2);
    std::vector<float> from_second(2);
    first.apply(next, mean, from_first);
    second.apply(next, mean, from_second);
    BOOST_TEST(from_first == from_second, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_step_can_be_taken_back) {
    server_optimizer server(momentum, 1);
    const std::vector<float> mean{4.0F};
    std::vector<float> next(1);
    server.apply(std::vector{8.0F}, mean, next);
    server.apply(std::vector{6.0F}, mean, next);
    BOOST_TEST(server.state()[0] == 5.0F);
    server.undo();
    BOOST_TEST(server.state()[0] == 4.0F);
    server.apply(std::vector{6.0F}, mean, next);
    BOOST_TEST(next[0] == 3.5F);
}

BOOST_AUTO_TEST_CASE(a_step_that_is_not_finite_is_refused) {
    const float huge = 3e38F;
    std::vector<float> next(2);
    server_optimizer server(momentum, 2);
    server.apply(std::vector{0.0F, 0.0F}, std::vector{1.0F, -1.0F}, next);
    const std::vector<float> before(server.state().begin(), server.state().end());
    // The velocity is too large for a float, and then the weight is.
    for (const auto& [current, mean] : {std::pair{huge, -huge}, std::pair{-huge, huge}}) {
        BOOST_CHECK_THROW(server.apply(std::vector{0.0F, current}, std::vector{0.0F, mean}, next),
                          std::overflow_error);
        BOOST_TEST(std::vector<float>(server.state().begin(), server.state().end()) == before,
                   boost::test_tools::per_element());
    }
    strategy_spec fast = momentum;
    fast.server_learning_rate = 1e30;
    server_optimizer overshoots(fast, 2);
    BOOST_CHECK_THROW(overshoots.apply(std::vector{0.0F, 0.0F}, std::vector{0.0F, 1e10F}, next),
                      std::overflow_error);
    BOOST_TEST(overshoots.state()[1] == 0.0F);
    server_optimizer plain({}, 2);
    const std::vector<float> undefined{0.0F, std::nanf("")};
    BOOST_CHECK_EXCEPTION(plain.apply(before, undefined, next), std::overflow_error, [](const auto& e) {
        return std::string(e.what()) == "weight 1 of 2 is not a finite number";
    });
}

BOOST_AUTO_TEST_CASE(sizes_must_agree) {
    server_optimizer server({}, 2);
    const std::vector<float> two(2);
    const std::vector<float> three(3);
    std::vector<float> next_two(2);
    std::vector<float> next_three(3);
    BOOST_CHECK_THROW(server.apply(three, two, next_two), std::invalid_argument);
    BOOST_CHECK_THROW(server.apply(two, three, next_two), std::invalid_argument);
    BOOST_CHECK_THROW(server.apply(two, two, next_three), std::invalid_argument);
}

BOOST_AUTO_TEST_SUITE_END()
