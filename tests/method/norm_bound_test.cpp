#include <fedasio/method/round_sum.hpp>

#include <boost/test/unit_test.hpp>

#include "method/added_updates.hpp"
#include <algorithm>
#include <cmath>
#include <functional>
#include <optional>
#include <random>
#include <vector>

using namespace fedasio::method;
using namespace fedasio::method::testing;

namespace {

/// A model of norm 8: updates within 1 move it by an eighth at most.
floats model() {
    floats base(101, 0.0F);
    base[3] = -8;
    return base;
}

struct goer {
    double norm = 0;
    double allowance = 1;
    double factor = 1;
    double share = 1;
};

struct bounded {
    std::vector<std::uint32_t> left_out;
    std::vector<double> mean;
};

bounded outcome_of(const floats& base, const std::vector<goer>& all, const std::vector<std::size_t>& order,
                   std::optional<std::uint32_t> norm_bound = 16) {
    const update_check check(base);
    round_sum sum(check, 1000, norm_bound);
    for (const auto at : order) {
        auto values = noise(base.size(), static_cast<unsigned>(at), all[at].norm);
        std::ranges::transform(values, base, values.begin(), std::plus());
        add(sum, check, static_cast<std::uint32_t>(at),
            {values, all[at].factor, all[at].allowance, all[at].share});
    }
    bounded result;
    for (const auto& one : sum.settle()) {
        result.left_out.push_back(one.client);
    }
    BOOST_TEST(sum.updates() == all.size() - result.left_out.size());
    result.mean = mean_of(sum, base.size());
    return result;
}

using clients = std::vector<std::uint32_t>;

clients left_out(const std::vector<goer>& all, std::optional<std::uint32_t> norm_bound = 16) {
    return outcome_of(model(), all, in_order(all.size()), norm_bound).left_out;
}

} // namespace

BOOST_AUTO_TEST_SUITE(norm_bounds)

BOOST_AUTO_TEST_CASE(what_is_far_out_of_proportion_is_left_out) {
    BOOST_TEST((left_out({{2}, {3}, {2.5}, {2000}}) == clients{3}));
    BOOST_TEST((left_out({{3000}, {2}, {1e-3}, {2000}, {3}}) == clients{0, 3}), "two of five");
    BOOST_TEST((left_out({{2}, {3}, {2.5}, {2000}}, std::nullopt).empty()));
    BOOST_TEST((left_out({{2}, {3}, {2.5}, {2000}}, 2048).empty()));
}

BOOST_AUTO_TEST_CASE(what_is_within_proportion_is_taken) {
    // Rounded up to a power of two: 16 times is always within, over 32 times never.
    BOOST_TEST((left_out({{2.1}, {2.1}, {2.1}, {33.6}}).empty()));
    BOOST_TEST((left_out({{2.1}, {2.1}, {2.1}, {67.3}}) == clients{3}));
    BOOST_TEST((left_out({{0}, {0}, {0}, {0.99}}).empty()), "an eighth of the model harms nobody");
    BOOST_TEST((left_out({{0}, {0}, {0}, {2.1}}) == clients{3}));
    BOOST_TEST((left_out({{0}, {0}, {0}, {0}}).empty()));
    BOOST_TEST((left_out({{2}, {2}, {2}, {500, 1}}) == clients{3}));
    BOOST_TEST((left_out({{2}, {2}, {2}, {500, 20}}).empty()), "who takes more steps may go farther");
    BOOST_TEST((left_out({{2}, {2}, {2}, {500, 1, 1, 0.004}}).empty()), "what was shortened is not far");
    BOOST_TEST((left_out({{1}, {3000}}).empty()), "two are never judged");
    BOOST_TEST((outcome_of(floats(101, 0.0F), {{1}, {2}, {1.5}, {900}}, in_order(4)).left_out == clients{3}));
}

BOOST_AUTO_TEST_CASE(at_least_half_counts) {
    std::mt19937 random(7);
    for (int trial = 0; trial < 300; ++trial) {
        std::vector<goer> all(3 + random() % 9);
        for (auto& one : all) {
            one.norm = std::ldexp(1.0, static_cast<int>(random() % 13)) - 1;
        }
        BOOST_TEST(2 * left_out(all, 2).size() <= all.size());
    }
}

BOOST_AUTO_TEST_CASE(neither_order_nor_what_was_left_out_changes_a_bit) {
    std::mt19937 random(11);
    for (int trial = 0; trial < 100; ++trial) {
        std::vector<goer> all(3 + random() % 8);
        for (auto& one : all) {
            one.norm = std::ldexp(1.0 + static_cast<double>(random() % 100) / 100.0,
                                  static_cast<int>(random() % 17) - 6);
            one.factor = 1 + random() % 50;
        }
        auto order = in_order(all.size());
        const auto first = outcome_of(model(), all, order);
        std::ranges::shuffle(order, random);
        const auto second = outcome_of(model(), all, order);
        BOOST_TEST((first.left_out == second.left_out));
        BOOST_TEST((first.mean == second.mean));
        // The same as the sum of those that count, without any bound.
        const auto base = model();
        const update_check check(base);
        round_sum plain(check, 1000);
        for (std::size_t at = 0; at < all.size(); ++at) {
            if (!std::ranges::binary_search(first.left_out, at)) {
                auto values = noise(base.size(), static_cast<unsigned>(at), all[at].norm);
                std::ranges::transform(values, base, values.begin(), std::plus());
                add(plain, check, static_cast<std::uint32_t>(at), {values, all[at].factor});
            }
        }
        static_cast<void>(plain.settle());
        BOOST_TEST((first.mean == mean_of(plain, base.size())));
    }
}

BOOST_AUTO_TEST_SUITE_END()
