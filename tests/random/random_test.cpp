#include <fedasio/random.hpp>

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <array>
#include <numeric>
#include <set>
#include <vector>

using fedasio::purpose;
using fedasio::random_stream;

BOOST_AUTO_TEST_SUITE(random_streams)

// Taken once from Random123. If this changes, no plan ever run reproduces any more.
BOOST_AUTO_TEST_CASE(streams_never_change) {
    random_stream stream(42, purpose::shuffle, 3, 7);
    const std::vector<std::uint32_t> first{stream(), stream(), stream(), stream(), stream()};
    const std::vector<std::uint32_t> expected{0x1fe1dab1, 0xecbbd086, 0x70fa13e9, 0x4a2b0c2c, 0x50b92a32};
    BOOST_TEST(first == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(every_part_of_the_key_matters) {
    std::set<std::uint32_t> seen;
    seen.insert(random_stream(1, purpose::shuffle, 1, 1)());
    seen.insert(random_stream(2, purpose::shuffle, 1, 1)());
    seen.insert(random_stream(std::uint64_t{1} << 40, purpose::shuffle, 1, 1)());
    seen.insert(random_stream(1, purpose::dropout, 1, 1)());
    seen.insert(random_stream(1, purpose::shuffle, 2, 1)());
    seen.insert(random_stream(1, purpose::shuffle, 1, 2)());
    BOOST_TEST(seen.size() == 6U);
}

BOOST_AUTO_TEST_CASE(below_is_uniform) {
    random_stream stream(5, purpose::partition);
    std::array<int, 7> counts{};
    for (int i = 0; i < 70000; ++i) {
        ++counts[stream.below(7)];
    }
    for (const int count : counts) {
        BOOST_TEST(std::abs(count - 10000) < 500);
    }
}

BOOST_AUTO_TEST_CASE(normal_and_gamma_have_their_moments) {
    random_stream stream(9, purpose::weights);
    const int n = 200000;
    double sum = 0;
    double squares = 0;
    double gamma_sum = 0;
    double small_gamma_sum = 0;
    for (int i = 0; i < n; ++i) {
        const double x = stream.normal();
        sum += x;
        squares += x * x;
        gamma_sum += stream.gamma(3.0);
        small_gamma_sum += stream.gamma(0.3);
    }
    BOOST_TEST(std::abs(sum / n) < 0.01);
    BOOST_TEST(std::abs(squares / n - 1.0) < 0.02);
    BOOST_TEST(std::abs(gamma_sum / n - 3.0) < 0.03);
    BOOST_TEST(std::abs(small_gamma_sum / n - 0.3) < 0.01);
}

// Wherever in a block of four it begins and ends.
BOOST_AUTO_TEST_CASE(fill_gives_what_single_draws_give) {
    for (std::size_t before = 0; before < 6; ++before) {
        for (std::size_t count = 0; count < 40; ++count) {
            fedasio::random_stream filling(7, fedasio::purpose::dropout, 2, 3);
            fedasio::random_stream drawing = filling;
            for (std::size_t i = 0; i < before; ++i) {
                BOOST_TEST(filling() == drawing());
            }
            std::vector<std::uint32_t> words(count);
            filling.fill(words);
            for (const std::uint32_t word : words) {
                BOOST_TEST(word == drawing());
            }
            BOOST_TEST(filling() == drawing());
        }
    }
}

BOOST_AUTO_TEST_CASE(shuffle_is_a_permutation) {
    std::vector<int> items(1000);
    std::iota(items.begin(), items.end(), 0);
    random_stream(3, purpose::shuffle).shuffle(std::span(items));
    BOOST_TEST(std::set<int>(items.begin(), items.end()).size() == items.size());
    BOOST_TEST(!std::is_sorted(items.begin(), items.end()));
}

BOOST_AUTO_TEST_SUITE_END()
