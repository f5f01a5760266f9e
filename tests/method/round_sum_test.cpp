#include <fedasio/method/round_sum.hpp>

#include <boost/test/unit_test.hpp>

#include "method/added_updates.hpp"
#include <algorithm>
#include <bit>
#include <cmath>
#include <functional>
#include <limits>
#include <numeric>
#include <random>
#include <thread>
#include <vector>

using namespace fedasio::method;
using namespace fedasio::method::testing;

namespace {

constexpr std::size_t parameters = 2 * block_values + 101;

rejection refused(const update_check& check, std::span<const float> values,
                  std::vector<std::span<const float>> channels = {}) {
    auto result = check.check(values, std::move(channels));
    BOOST_REQUIRE(std::holds_alternative<rejection>(result));
    return std::get<rejection>(result);
}

std::vector<sender> senders(std::size_t count, bool whole, unsigned seed) {
    std::mt19937 random(seed);
    std::vector<sender> all(count);
    for (auto& one : all) {
        one.values = noise(parameters, static_cast<unsigned>(random()), 3);
        one.factor = whole ? 1 + random() % 50 : static_cast<double>(1 + random() % 5000) / 97.0;
    }
    return all;
}

std::vector<double> mean_in(const std::vector<std::size_t>& order, const std::vector<sender>& all,
                            unsigned threads, std::size_t sums) {
    const floats x = noise(parameters, 99);
    const update_check check(x);
    std::vector<std::unique_ptr<round_sum>> parts;
    for (std::size_t i = 0; i < sums; ++i) {
        parts.push_back(std::make_unique<round_sum>(check, 1000));
    }
    std::atomic<std::size_t> next = 0;
    std::vector<std::jthread> pool;
    std::atomic<int> problems = 0;
    for (unsigned i = 0; i < threads; ++i) {
        pool.emplace_back([&] {
            for (auto k = next++; k < order.size(); k = next++) {
                const auto at = order[k];
                auto one = check.check(all[at].values);
                problems +=
                    parts[at % sums]
                        ->add(std::get<checked_update>(one), {static_cast<std::uint32_t>(at), all[at].factor})
                        .has_value();
            }
        });
    }
    pool.clear();
    BOOST_REQUIRE(problems == 0);
    for (std::size_t i = 1; i < sums; ++i) {
        BOOST_REQUIRE(!parts[0]->merge(*parts[i]));
    }
    BOOST_TEST(parts[0]->settle().empty());
    BOOST_TEST(parts[0]->updates() == all.size());
    return mean_of(*parts[0], parameters);
}

} // namespace

BOOST_AUTO_TEST_SUITE(round_sums)

BOOST_AUTO_TEST_CASE(several_at_once_are_as_one_after_the_other) {
    const floats x = noise(parameters, 99);
    const update_check check(x);
    round_sum singly(check, 10);
    round_sum at_once(check, 10);
    round_sum in_blocks(check, 10);
    std::vector<floats> values;
    std::vector<checked_update> updates;
    for (unsigned i = 0; i < 4; ++i) {
        values.push_back(noise(parameters, i));
    }
    // The second has no weight, and the third is too much on top of the first.
    const std::vector<addend> how{{0, 2}, {1, 0}, {2, 9}, {3, 3}};
    for (const auto& one : values) {
        updates.push_back(checked(check, one));
    }
    std::vector<round_sum::addition> all;
    for (std::size_t i = 0; i < updates.size(); ++i) {
        all.push_back({&updates[i], how[i]});
    }
    const auto backwards = [](std::size_t size, const std::function<void(const block&)>& work) {
        auto parts = blocks_of(size);
        std::ranges::reverse(parts);
        std::ranges::for_each(parts, work);
    };
    BOOST_TEST(!in_blocks.add(std::span(all).first(2), backwards)[0]);
    BOOST_TEST(!in_blocks.add(std::span(all).last(1), backwards)[0]);
    const auto refusals = at_once.add(all);
    BOOST_TEST_REQUIRE(refusals.size() == 4U);
    for (std::size_t i = 0; i < updates.size(); ++i) {
        const auto alone = singly.add(updates[i], how[i]);
        BOOST_TEST_REQUIRE(alone.has_value() == refusals[i].has_value());
        BOOST_TEST(alone.has_value() == (i == 1 || i == 2));
        BOOST_TEST((!alone || alone->detail == refusals[i]->detail));
    }
    BOOST_TEST(singly.settle().empty());
    BOOST_TEST(at_once.settle().empty());
    // Without memory to ask other threads, this one does it.
    round_sum alone(check, 10);
    const block_runner none = [](std::size_t, const std::function<void(const block&)>&) {
        throw std::bad_alloc();
    };
    BOOST_TEST(!alone.add(std::span(all).first(1), none)[0]);
    BOOST_TEST(!alone.add(std::span(all).last(1), none)[0]);
    BOOST_TEST(alone.settle().empty());
    BOOST_TEST(in_blocks.settle().empty());
    BOOST_TEST(mean_of(alone, parameters) == mean_of(in_blocks, parameters),
               boost::test_tools::per_element());
    BOOST_TEST(at_once.updates() == 2U);
    BOOST_TEST(mean_of(at_once, parameters) == mean_of(in_blocks, parameters),
               boost::test_tools::per_element());
    BOOST_TEST(mean_of(at_once, parameters) == mean_of(singly, parameters), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(no_order_thread_or_partial_sum_changes_a_bit) {
    for (const bool whole : {true, false}) {
        const auto all = senders(23, whole, 5);
        auto order = in_order(all.size());
        const auto expected = mean_in(order, all, 1, 1);
        std::mt19937 random(3);
        for (const auto& [threads, sums] : {std::pair{1U, 1U}, {4U, 1U}, {1U, 3U}, {4U, 5U}}) {
            std::ranges::shuffle(order, random);
            BOOST_TEST((mean_in(order, all, threads, sums) == expected), threads << " threads, " << sums);
        }
    }
}

BOOST_AUTO_TEST_CASE(factors_need_not_be_whole) {
    const floats x{0, 0, 0};
    const update_check check(x);
    round_sum sum(check, 4);
    const floats one{1, -2, 0.5F};
    const floats other{3, 1, 0.25F};
    add(sum, check, 1, {one, 0.3});
    add(sum, check, 0, {other, 1.7});
    BOOST_TEST(sum.settle().empty());
    BOOST_TEST(sum.total() == 1.7 + 0.3, boost::test_tools::tolerance(1e-15));
    const auto mean = mean_of(sum, 3);
    for (std::size_t i = 0; i < 3; ++i) {
        const double expected = (0.3 * static_cast<double>(one[i]) + 1.7 * static_cast<double>(other[i])) / 2;
        BOOST_TEST(mean[i] == expected, boost::test_tools::tolerance(1e-12));
    }
}

// 0.1 + 0.2 + 0.3 depends on the order of the terms.
BOOST_AUTO_TEST_CASE(the_total_goes_by_client) {
    const floats x{1};
    const update_check check(x);
    const std::vector<double> factors{0.1, 0.2, 0.3};
    BOOST_REQUIRE((0.1 + 0.2) + 0.3 != (0.3 + 0.2) + 0.1);
    auto order = in_order(3);
    do {
        round_sum sum(check, 3);
        for (const auto k : order) {
            add(sum, check, static_cast<std::uint32_t>(k), {x, factors[k]});
        }
        static_cast<void>(sum.settle());
        BOOST_TEST(sum.total() == (0.1 + 0.2) + 0.3);
    } while (std::ranges::next_permutation(order).found);
}

BOOST_AUTO_TEST_CASE(encoded_values_are_those_that_are_added) {
    const fixed_point code(77, 1024.0F);
    const floats values = noise(1000, 1, 30);
    std::vector<std::uint64_t> sums(values.size(), 0);
    std::vector<std::uint64_t> encoded(values.size(), 12345);
    code.add(values, 2.5, sums);
    code.encode(values, 2.5, encoded);
    BOOST_TEST((sums == encoded));
    // A mask that is added and taken away again leaves nothing: integers go round at 2^64.
    code.encode(values, 1, encoded);
    std::mt19937_64 random(4);
    for (std::size_t i = 0; i < sums.size(); ++i) {
        const auto mask = random();
        sums[i] = (sums[i] + mask) + encoded[i] - mask;
    }
    for (std::size_t i = 0; i < sums.size(); ++i) {
        BOOST_TEST(std::abs(code.mean(sums[i], 3.5) - static_cast<double>(values[i])) < 1e-13);
    }
}

// A float32 mean would have lost these differences.
BOOST_AUTO_TEST_CASE(the_direction_is_finer_than_a_float) {
    const floats x{1};
    const update_check check(x);
    round_sum sum(check, 1000);
    const floats moved{std::nextafter(1.0F, 2.0F)};
    add(sum, check, 0, {x, 999});
    add(sum, check, 1, {moved, 1});
    static_cast<void>(sum.settle());
    std::vector<double> direction(1);
    sum.direction({0, 1}, direction);
    BOOST_TEST(direction[0] == std::ldexp(1.0, -23) / 1000, boost::test_tools::tolerance(1e-6));
}

BOOST_AUTO_TEST_CASE(a_share_goes_part_of_the_way) {
    const floats x{1, -2};
    const floats far{5, 6};
    const update_check check(x);
    round_sum sum(check, 10);
    add(sum, check, 0, {far, 3, 1, 0.25});
    static_cast<void>(sum.settle());
    BOOST_TEST((mean_of(sum, 2) == std::vector<double>{2, 0}));
}

BOOST_AUTO_TEST_CASE(a_share_may_be_of_the_first_values_only) {
    for (const std::size_t shortened : {std::size_t{0}, block_values - 1, block_values, block_values + 3}) {
        const floats x(block_values + 5, 1);
        const floats far(x.size(), 5);
        const update_check check(x);
        round_sum sum(check, 10);
        const addend how{.client = 0, .factor = 3, .share = 0.25, .shared_values = shortened};
        BOOST_REQUIRE(!sum.add(checked(check, far), how));
        static_cast<void>(sum.settle());
        const auto mean = mean_of(sum, x.size());
        for (std::size_t i = 0; i < mean.size(); ++i) {
            if (mean[i] != (i < shortened ? 2.0 : 5.0)) {
                BOOST_ERROR("value " << i << " of " << shortened << " shortened ones is " << mean[i]);
            }
        }
    }
}

BOOST_AUTO_TEST_CASE(channels_have_means_of_their_own) {
    const floats x{1, 2};
    const floats state{1e5F, 0};
    const update_check check(x, {state});
    BOOST_TEST(check.channel_bounds().front() == 1.6e6F);
    round_sum sum(check, 4);
    const floats first{1e6F, 3};
    const floats second{0, -1};
    BOOST_REQUIRE(!sum.add(checked(check, x, {first}), {0, 1}));
    BOOST_REQUIRE(!sum.add(checked(check, x, {second}), {1, 3}));
    static_cast<void>(sum.settle());
    std::vector<double> mean(2);
    sum.channel_mean(0, {0, 2}, mean);
    BOOST_TEST((mean == std::vector<double>{250'000, 0}));
    BOOST_TEST((mean_of(sum, 2) == std::vector<double>{1, 2}));

    const floats wrong{0, 2e6F};
    BOOST_TEST(refused(check, x, {wrong}).detail ==
               "channel 0: value 1 of 2 is 2000000.000000, over the bound of 1600000.000000");
    BOOST_TEST(refused(check, x, {std::span(wrong).first(1)}).detail ==
               "channel 0: the update has 1 values, the model has 2");
    BOOST_TEST(refused(check, x, {wrong}).place.value() == 1U);
    BOOST_TEST(refused(check, x).detail == "the update has 0 channels, the strategy has 1");
    BOOST_TEST(!refused(check, x).place);
}

BOOST_AUTO_TEST_CASE(what_is_no_update_is_refused_by_its_first_wrong_value) {
    const floats x = noise(3 * 4096 + 7, 1);
    const update_check check(x);
    for (const std::size_t place : {std::size_t{0}, std::size_t{4096}, x.size() - 1}) {
        auto wrong = x;
        wrong[place] = -1025;
        const auto far = refused(check, wrong);
        BOOST_TEST((far.reason == rejection::kind::out_of_bound));
        BOOST_TEST(far.place.value() == place);
        BOOST_TEST(far.detail == "value " + std::to_string(place) +
                                     " of 12295 is -1025.000000, over the bound "
                                     "of 1024.000000");
        for (const float number : {std::nanf(""), std::numeric_limits<float>::infinity()}) {
            wrong[place] = number;
            BOOST_TEST((refused(check, wrong).reason == rejection::kind::not_finite));
        }
    }
    BOOST_TEST((refused(check, std::span(x).first(5)).reason == rejection::kind::wrong_size));
}

BOOST_AUTO_TEST_CASE(what_a_check_knows_is_the_distance_and_the_sketch) {
    const floats x = noise(5 * 4096 + 77, 1);
    const floats y = noise(x.size(), 2, 4);
    const update_check check(x);
    const auto one = checked(check, y);
    double squares = 0;
    for (std::size_t i = 0; i < x.size(); ++i) {
        squares += std::pow(static_cast<double>(y[i]) - static_cast<double>(x[i]), 2);
    }
    BOOST_TEST(one.sketch().norm() == std::sqrt(squares), boost::test_tools::tolerance(1e-12));
    BOOST_TEST(cosine(one.sketch(), update_sketch(y, x)).value() == 1.0, boost::test_tools::tolerance(1e-12));
}

BOOST_AUTO_TEST_CASE(weights_keep_to_their_maximum) {
    const floats x{1};
    const update_check check(x);
    round_sum sum(check, 10);
    const auto same = checked(check, x);
    for (const double wrong : {0.0, -1.0, std::nan("")}) {
        BOOST_TEST((sum.add(same, {0, wrong})->reason == rejection::kind::no_weight));
    }
    BOOST_REQUIRE(!sum.add(same, {0, 9.5}));
    BOOST_TEST((sum.add(same, {1, 0.75})->reason == rejection::kind::weight_too_big));
    BOOST_REQUIRE(!sum.add(same, {1, 0.5}));
    static_cast<void>(sum.settle());
    BOOST_TEST(sum.updates() == 2U);
    BOOST_TEST(sum.total() == 10.0);

    round_sum many(check, 2); // so small that none of them would be too much
    for (std::uint32_t client = 0; client < 2; ++client) {
        BOOST_REQUIRE(!many.add(same, {client, 0.001}));
    }
    BOOST_TEST(many.add(same, {2, 0.001}).has_value());
    round_sum others(check, 2);
    BOOST_REQUIRE(!others.add(same, {3, 0.001}));
    BOOST_TEST(others.merge(many).has_value());
    static_cast<void>(others.settle());
    BOOST_TEST(others.total() == 0.001);
}

BOOST_AUTO_TEST_CASE(wrong_use_is_refused) {
    const floats x{1, 2};
    const floats longer{1, 2, 3};
    const update_check check(x);
    round_sum sum(check, 10);
    std::vector<double> out(2);
    BOOST_CHECK_THROW(sum.mean({0, 2}, out), std::logic_error);
    BOOST_CHECK_THROW((void)sum.total(), std::logic_error);
    BOOST_CHECK_THROW((void)sum.add(checked(update_check(longer), longer), {0, 1}), std::invalid_argument);
    round_sum with_more(check, 11);
    BOOST_CHECK_THROW((void)sum.merge(with_more), std::invalid_argument);
    for (const double total : {0.0, 1.5, 1e17, std::nan("")}) {
        BOOST_CHECK_THROW(round_sum(check, total), std::invalid_argument);
    }
    BOOST_CHECK_THROW(round_sum(check, 10, 3U), std::invalid_argument);
}

BOOST_AUTO_TEST_SUITE_END()
