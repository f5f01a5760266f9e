// No order of arrival and no way to merge partial means changes one bit.

#include <boost/test/unit_test.hpp>

#include "exact_reference.hpp"
#include <algorithm>
#include <numeric>

using namespace fedasio::test;
using fedasio::random_stream;

namespace {

constexpr float bound = 1024.0F;

std::vector<weighted_update> adversaries(std::size_t count, std::uint64_t most_weight, std::uint64_t seed) {
    random_stream random(seed, fedasio::purpose::weights);
    std::vector<weighted_update> updates(count);
    for (weighted_update& one : updates) {
        one = {{any_float(random, bound), 2 * random.uniform() - 1, bound, -bound}, 1};
        one.weight = any_weight(random, most_weight);
        one.values[3] = (random() & 1U) == 0 ? bound : std::nextafter(-bound, 0.0F);
    }
    return updates;
}

fixed_mean empty_for(const std::vector<weighted_update>& updates) {
    return {4, total_of(updates), bound};
}

} // namespace

BOOST_AUTO_TEST_SUITE(exact_order)

BOOST_AUTO_TEST_CASE(all_orders_cut_at_all_places) {
    constexpr std::size_t count = 6;
    const auto updates = adversaries(count, std::uint64_t{1} << 50U, 3);
    const fixed_mean empty = empty_for(updates);
    std::vector<std::size_t> order(count);
    std::iota(order.begin(), order.end(), 0U);
    std::vector<std::uint32_t> expected;
    do {
        for (unsigned cuts = 0; cuts < 1U << (count - 1); ++cuts) {
            fixed_mean whole = empty;
            fixed_mean part = empty;
            for (std::size_t i = 0; i < count; ++i) {
                must_add(part, updates[order[i]]);
                if (i + 1 == count || (cuts >> i & 1U) != 0) {
                    whole.merge(part);
                    part.clear();
                }
            }
            const auto bits = result_bits(whole, 4);
            if (expected.empty()) {
                expected = bits;
                check_promise(whole, updates);
            }
            BOOST_REQUIRE(bits == expected);
            BOOST_REQUIRE(whole.total_weight() == total_of(updates));
        }
    } while (std::ranges::next_permutation(order).found);
}

BOOST_AUTO_TEST_CASE(any_tree_of_merges) {
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
        auto updates = adversaries(500, seed % 2 == 0 ? std::uint64_t{1} << 40U : 3, seed);
        // A value whose sums are so small that each of their bits shows in the result.
        const float tiny = 3.0F / static_cast<float>(empty_for(updates).scale());
        for (weighted_update& one : updates) {
            one.values[1] = tiny;
        }
        fixed_mean in_order = empty_for(updates);
        std::vector<fixed_mean> parts;
        random_stream random(seed, fedasio::purpose::shuffle);
        for (const weighted_update& one : updates) {
            must_add(in_order, one);
            // New parts come up and are merged in any order, empty ones too.
            if (parts.empty() || random.below(3) == 0) {
                parts.push_back(empty_for(updates));
            }
            must_add(parts[random.below(static_cast<std::uint32_t>(parts.size()))], one);
            if (parts.size() > 1 && random.below(4) == 0) {
                random.shuffle(std::span(parts));
                parts.front().merge(parts.back());
                parts.pop_back();
            }
        }
        for (std::size_t i = 1; i < parts.size(); ++i) {
            parts.front().merge(parts[i]);
        }
        BOOST_TEST(result_bits(parts.front(), 4) == result_bits(in_order, 4));
        BOOST_TEST(parts.front().total_weight() == in_order.total_weight());
        check_promise(parts.front(), updates);
    }
}

BOOST_AUTO_TEST_SUITE_END()
