// What every strategy keeps to, and the values of each server half.

#include "rounds.hpp"
#include <algorithm>
#include <bit>
#include <cmath>
#include <numeric>
#include <random>

using namespace fedasio::test;
using namespace fedasio::method;

namespace {

/// The weights after rounds whose only update is x + direction.
floats after(const strategy& what, const std::vector<std::vector<double>>& directions) {
    floats x{1, -2, 0.5F, 3};
    server_state state;
    for (const auto& direction : directions) {
        floats y(x.size());
        for (std::size_t i = 0; i < x.size(); ++i) {
            y[i] = static_cast<float>(static_cast<double>(x[i]) + direction[i]);
        }
        x = master_round(what, state, x, {{y, 7}}).next;
    }
    return x;
}

const std::vector<std::vector<double>> three{{.1, -.2, .01, 0}, {.05, .3, -.02, 0}, {-.1, .1, 0, .5}};

std::vector<sent> seven() {
    std::vector<sent> all;
    for (const auto& values :
         {floats{1, 2, -1}, floats{1.1F, 1.9F, -1.1F}, floats{.9F, 2.2F, -.9F}, floats{1.2F, 2.1F, -1.2F},
          floats{1.05F, 1.8F, -1}, floats{.95F, 2.05F, -.8F}, floats{10, -10, 5}}) {
        all.push_back({values});
    }
    return all;
}

outcome robust(std::string_view name, const std::vector<sent>& all,
               std::map<std::string, key_setter::value> keys = {}) {
    server_state state;
    auto result = master_round(*make(name, std::move(keys)), state, floats(all.front().values.size()), all);
    BOOST_TEST(state.empty());
    return result;
}

std::vector<std::uint32_t> clients_of(const std::vector<passed_over>& all) {
    std::vector<std::uint32_t> result;
    for (const auto& one : all) {
        BOOST_TEST(!one.reason.empty());
        result.push_back(one.client);
    }
    return result;
}

using clients = std::vector<std::uint32_t>;

/// A round that every strategy can take, of several blocks.
struct big_round {
    floats x;
    std::vector<sent> all;

    explicit big_round(const strategy& what, std::size_t size = 3 * block_values + 11, unsigned seed = 1) {
        std::mt19937 random(seed);
        const auto any = [&] {
            floats values(size);
            for (auto& value : values) {
                value = static_cast<float>(random()) / 4294967296.0F - 0.5F;
            }
            return values;
        };
        x = any();
        for (int k = 0; k < 11; ++k) {
            sent one{any(), 1 + random() % 100, 0.1 + 0.3 * k};
            for (std::size_t i = 0; i < what.channels().size(); ++i) {
                one.channels.push_back(any());
            }
            all.push_back(std::move(one));
        }
    }
};

} // namespace

BOOST_AUTO_TEST_SUITE(strategies)

BOOST_AUTO_TEST_CASE(each_has_a_name_and_keys_of_its_own) {
    const auto names = strategy_names();
    BOOST_TEST(names.front() == "fedavg");
    for (const auto name : names) {
        const auto made = make(name);
        BOOST_TEST(made->name() == name);
        BOOST_TEST(strategy_sentence(name).ends_with('.'), name);
        BOOST_TEST(make_strategy(name)->objection({}).empty(), name);
        BOOST_TEST(made->largest_factor(17) >= 1);
        BOOST_TEST(std::trunc(made->largest_factor(17)) == made->largest_factor(17));
        BOOST_TEST((made->fewest_updates() >= 1 && made->fewest_updates() <= 7));
    }
    BOOST_TEST(!make_strategy("fedsgd"));
    BOOST_TEST(!make_strategy(""));
}

BOOST_AUTO_TEST_CASE(blocks_cover_everything_once) {
    for (const std::size_t size :
         {std::size_t{0}, std::size_t{1}, block_values, block_values + 1, 5 * block_values - 1}) {
        std::size_t next = 0;
        for (const auto& part : blocks_of(size)) {
            BOOST_TEST(part.first == next);
            BOOST_TEST((part.size > 0 && part.size <= block_values));
            next += part.size;
        }
        BOOST_TEST(next == size);
    }
}

BOOST_AUTO_TEST_CASE(no_order_and_no_thread_changes_a_bit) {
    for (const auto name : strategy_names()) {
        const auto made = make(name);
        const big_round round(*made);
        server_state state;
        const auto expected = master_round(*made, state, round.x, round.all, {}, 20);
        spread how{std::vector<std::size_t>(round.all.size()), 3};
        std::iota(how.order.rbegin(), how.order.rend(), std::size_t{0});
        server_state other;
        const auto spread_out = master_round(*made, other, round.x, round.all, {}, 20, how);
        BOOST_TEST((spread_out.next == expected.next), name);
        BOOST_TEST((other == state), name);
        BOOST_TEST(clients_of(spread_out.left_out) == clients_of(expected.left_out),
                   boost::test_tools::per_element());
    }
}

// What a strategy keeps is in its state and nowhere else: a new one goes on with it.
BOOST_AUTO_TEST_CASE(restored_state_is_as_if_never_interrupted) {
    for (const auto name : strategy_names()) {
        const auto made = make(name);
        server_state state;
        server_state kept;
        floats x = big_round(*made, 50).x;
        floats y = x;
        for (unsigned round = 1; round <= 4; ++round) {
            const auto all = big_round(*made, 50, round).all;
            x = master_round(*made, state, x, all).next;
            server_state copy(kept);
            y = master_round(*make(name), copy, y, all).next;
            kept = copy;
        }
        BOOST_TEST(x == y, boost::test_tools::per_element());
        BOOST_TEST((kept == state), name);
    }
}

BOOST_AUTO_TEST_CASE(one_client_is_enough_where_one_is) {
    for (const auto name : strategy_names()) {
        const auto made = make(name);
        const big_round round(*made, 5);
        server_state state;
        if (made->fewest_updates() == 1) {
            const auto next = master_round(*made, state, round.x, {round.all[3]}).next;
            BOOST_TEST(std::ranges::all_of(next, [](float value) { return std::isfinite(value); }), name);
        } else {
            const std::vector<sent> few(round.all.begin(),
                                        round.all.begin() +
                                            static_cast<std::ptrdiff_t>(made->fewest_updates() - 1));
            BOOST_CHECK_THROW(master_round(*made, state, round.x, few), std::invalid_argument);
        }
    }
}

// Where all clients stand still, so does the model.
BOOST_AUTO_TEST_CASE(nothing_moves_where_nobody_moves) {
    for (const auto name : strategy_names()) {
        const auto made = make(name);
        big_round round(*made, 40);
        for (auto& one : round.all) {
            one.values = round.x;
            one.channels.assign(one.channels.size(), floats(round.x.size()));
        }
        server_state state;
        const auto next = master_round(*made, state, round.x, round.all).next;
        for (std::size_t i = 0; i < next.size(); ++i) {
            BOOST_TEST(std::abs(next[i] - round.x[i]) <= 6e-8F, name << " value " << i);
        }
    }
}

BOOST_AUTO_TEST_CASE(what_is_not_finite_is_refused) {
    const floats x{0, -3e38F};
    const std::vector<sent> far{{floats{0, 3e38F}, 1, 1.0, {floats{0, 0}}}};
    for (const auto name : {"fedavgm", "fedadam", "fedyogi", "fedadagrad", "scaffold"}) {
        const auto made = make(name, {{"server_learning_rate", 1e6}});
        auto all = far;
        all[0].channels.resize(made->channels().size());
        server_state state;
        BOOST_CHECK_EXCEPTION(master_round(*made, state, x, all), std::overflow_error, [](const auto& e) {
            return std::string_view(e.what()).ends_with(" 1 of 2 is not a finite number");
        });
    }
    server_state state{{"h", {0, 3e38F}}};
    BOOST_CHECK_THROW(master_round(*make("feddyn", {{"alpha", 1e-6}}), state, x, {{floats{0, 3e38F}}}),
                      std::overflow_error);
}

BOOST_AUTO_TEST_CASE(fedavg_is_the_exact_mean) {
    const floats x{0, 0, 0};
    const std::vector<sent> all{{{1, 0.1F, -1e-20F}, 10}, {{-2, 0.3F, -1e-20F}, 30}};
    server_state state;
    const auto next = master_round(*make("fedavg"), state, x, all).next;
    BOOST_TEST(next[0] == -1.25F);
    BOOST_TEST(next[1] == 0.25F);
    BOOST_TEST(std::bit_cast<std::uint32_t>(next[2]) == 0U); // and no -0
    BOOST_TEST(state.empty());
    for (const auto name : {"ditto", "fedper", "fedrep", "fedbn"}) {
        BOOST_TEST((master_round(*make(name), state, x, all).next == next), name);
    }
}

BOOST_AUTO_TEST_CASE(server_optimizers_follow_their_paper) {
    near(after(*make("fedavgm"), three), {1.2660000000, -1.8720000000, 0.4891000000, 3.5000000000});
    near(after(*make("fedadam"), three), {1.2217437113, -2.0082585453, 0.4806833567, 3.0980205686});
    near(after(*make("fedyogi"), three), {1.2212346980, -2.0086287146, 0.4808326850, 3.0980199980});
    near(after(*make("fedadagrad"), three), {1.0771044446, -1.9898718787, 0.5049666391, 3.0998002000});
    near(after(*make("fedadam", {{"bias_correction", true}}), three),
         {1.2021387673, -2.0394462690, 0.5302324160, 3.0633755724});
}

// By hand, from the formula: each key has its place.
BOOST_AUTO_TEST_CASE(every_key_of_a_server_optimizer_counts) {
    const double d1 = 0.5;
    const double d2 = -0.25;
    const auto last = [&](std::string_view name, std::map<std::string, key_setter::value> keys) {
        return static_cast<double>(
            after(*make(name, std::move(keys)), {{d1, 0, 0, 0}, {d2, 0, 0, 0}}).front());
    };
    const auto close = boost::test_tools::tolerance(1e-6);
    BOOST_TEST(
        last("fedavgm", {{"server_learning_rate", 0.7}, {"server_momentum", 0.8}, {"nesterov", true}}) ==
            1 + 0.7 * (d1 + 0.8 * d1) + 0.7 * (d2 + 0.8 * (0.8 * d1 + d2)),
        close);
    BOOST_TEST(last("fedavgm", {{"server_learning_rate", 0.7}, {"server_momentum", 0.8}}) ==
                   1 + 0.7 * d1 + 0.7 * (0.8 * d1 + d2),
               close);
    const double b1 = 0.6;
    const double b2 = 0.7;
    const double tau = 0.1;
    const double m1 = (1 - b1) * d1;
    const double m2 = b1 * m1 + (1 - b1) * d2;
    const auto end = [&](double v1, double v2) {
        return 1 + 0.2 * m1 / (std::sqrt(v1) + tau) + 0.2 * m2 / (std::sqrt(v2) + tau);
    };
    const std::map<std::string, key_setter::value> keys{
        {"server_learning_rate", 0.2}, {"beta1", b1}, {"beta2", b2}, {"tau", tau}};
    const double adam1 = b2 * tau * tau + (1 - b2) * d1 * d1;
    BOOST_TEST(last("fedadam", keys) == end(adam1, b2 * adam1 + (1 - b2) * d2 * d2), close);
    const double yogi1 = tau * tau + (1 - b2) * d1 * d1;
    BOOST_TEST(last("fedyogi", keys) == end(yogi1, yogi1 - (1 - b2) * d2 * d2), close);
    const double grad1 = tau * tau + d1 * d1;
    BOOST_TEST(last("fedadagrad", {{"server_learning_rate", 0.2}, {"beta1", b1}, {"tau", tau}}) ==
                   end(grad1, grad1 + d2 * d2),
               close);
    // Yogi from nothing: v = (1 - b2) d1^2, below d2^2 or not.
    const double hat1 = d1 * d1;
    const double v1 = (1 - b2) * hat1;
    const double v2 = v1 - (1 - b2) * d2 * d2 * (v1 > d2 * d2 ? 1 : -1);
    auto corrected = keys;
    corrected.emplace("bias_correction", true);
    BOOST_TEST(last("fedyogi", corrected) ==
                   1 + 0.2 * d1 / (std::sqrt(hat1) + tau) +
                       0.2 * m2 / (1 - b1 * b1) / (std::sqrt(v2 / (1 - b2 * b2)) + tau),
               close);
}

BOOST_AUTO_TEST_CASE(robust_rules_give_their_values) {
    const auto all = seven();
    near(robust("median", all).next, {1.05, 2.0, -1.0});
    near(robust("trimmed_mean", all, {{"beta", 1.0 / 7}}).next, {1.06, 1.97, -0.96});
    near(robust("trimmed_mean", all, {{"beta", 0.14}}).next,
         {16.2 / 7, 2.05 / 7, -1.0 / 7}); // 0.14 * 7 < 1: nothing is dropped
    near(robust("krum", all).next, {1, 2, -1}, 1e-9);
    near(robust("multi_krum", all, {{"m", 3U}}).next, {1.0166666667, 1.9833333333, -0.9666666667});
    near(robust("bulyan", all).next, {0.95, 2.05, -1.0});
    near(robust("geometric_median", all, {{"iterations", 1U}}).next,
         {1.2774044988, 1.6776493281, -0.8387710881});
    near(robust("geometric_median", all, {{"iterations", 1000U}}).next,
         {1.0372565819, 1.9696389676, -0.9955474908});
    near(robust("centered_clipping", all, {{"tau", 1.0}}).next, {0.4531481655, 0.6001372683, -0.2982605094});
    near(robust("norm_bound", all, {{"bound", 3.0}}).next, {1.1714285714, 1.4357142857, -0.7142857143});
}

BOOST_AUTO_TEST_CASE(rules_name_whom_they_passed_over) {
    const auto all = seven();
    BOOST_TEST(clients_of(robust("krum", all).left_out) == (clients{1, 2, 3, 4, 5, 6}),
               boost::test_tools::per_element());
    // By score 0, 1, 5, 4, 2, 3, 6.
    BOOST_TEST(clients_of(robust("multi_krum", all).left_out) == clients{6},
               boost::test_tools::per_element());
    BOOST_TEST(clients_of(robust("multi_krum", all, {{"m", 3U}}).left_out) == (clients{2, 3, 4, 6}),
               boost::test_tools::per_element());
    BOOST_TEST(clients_of(robust("multi_krum", all, {{"m", 4U}}).left_out) == (clients{2, 3, 6}),
               boost::test_tools::per_element());
    BOOST_TEST(clients_of(robust("multi_krum", all, {{"m", 5U}}).left_out) == (clients{3, 6}),
               boost::test_tools::per_element());
    BOOST_TEST(clients_of(robust("bulyan", all).left_out) == (clients{4, 6}),
               boost::test_tools::per_element());
    for (const auto name :
         {"median", "trimmed_mean", "geometric_median", "centered_clipping", "norm_bound"}) {
        BOOST_TEST(robust(name, all).left_out.empty(), name);
    }
}

BOOST_AUTO_TEST_CASE(even_numbers_and_ties) {
    near(robust("median", {{{1, 5}}, {{2, -1}}, {{10, 3}}, {{4, 0}}}).next, {3, 1.5}, 1e-9);
    near(robust("median", {{{1, 5}}, {{2, -1}}}).next, {1.5, 2}, 1e-9);
    const std::vector<sent> same{{{1}}, {{1}}, {{1}}, {{1}}, {{1}}};
    BOOST_TEST(clients_of(robust("krum", same).left_out) == (clients{1, 2, 3, 4}),
               boost::test_tools::per_element());
    BOOST_TEST(clients_of(robust("multi_krum", same, {{"m", 2U}}).left_out) == (clients{2, 3, 4}),
               boost::test_tools::per_element());
    // 29 % of 100 are 29, though .29 * 100 is less in floating point.
    std::vector<sent> hundred;
    for (int k = 0; k < 100; ++k) {
        hundred.push_back({{k < 29 ? -1e3F : (k >= 71 ? 1e3F : 1.0F)}});
    }
    near(robust("trimmed_mean", hundred, {{"beta", 0.29}}).next, {1}, 1e-9);
    // Something is left, however near a half beta comes.
    near(robust("trimmed_mean", {{{1}}, {{2}}}, {{"beta", 0.4999999999}}).next, {1.5}, 1e-9);
    // Nobody attacks: f = 0 is allowed.
    near(robust("bulyan", {{{1}}, {{2}}, {{6}}}, {{"f", 0U}}).next, {3}, 1e-6);
    BOOST_TEST(make("krum", {{"f", 3U}})->fewest_updates() == 9U);
    BOOST_TEST(make("multi_krum", {{"f", 3U}})->fewest_updates() == 9U);
    BOOST_TEST(make("multi_krum", {{"f", 1U}, {"m", 8U}})->fewest_updates() == 8U);
    BOOST_TEST(make("bulyan", {{"f", 3U}})->fewest_updates() == 15U);
}

// The weights of clients are their samples here, and nowhere else among the robust rules.
BOOST_AUTO_TEST_CASE(samples_count_in_the_geometric_median_alone) {
    auto all = seven();
    for (const auto name : {"median", "trimmed_mean", "krum", "multi_krum", "bulyan", "geometric_median",
                            "centered_clipping"}) {
        const auto equal = robust(name, all).next;
        auto unequal = all;
        unequal[2].samples = 1000;
        BOOST_TEST((robust(name, unequal).next == equal) == (std::string_view(name) != "geometric_median"),
                   name);
    }
}

// From x, the aggregate before; not from nothing.
BOOST_AUTO_TEST_CASE(centered_clipping_begins_at_the_global_weights) {
    server_state state;
    const auto made = make("centered_clipping", {{"tau", 1.0}, {"iterations", 2U}});
    const floats x{10};
    near(master_round(*made, state, x, {{{13}}, {{10}}}).next, {10.75}); // 10.5, then 1 and -0.5 from there
}

BOOST_AUTO_TEST_SUITE_END()
