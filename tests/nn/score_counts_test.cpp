#include <fedasio/nn/score_counts.hpp>
#include <fedasio/nn/value_sums.hpp>
#include <fedasio/random.hpp>

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>

namespace {

using fedasio::nn::area_under_roc;
using fedasio::nn::loss;
using fedasio::nn::score_counts;
using fedasio::nn::value_sums;

struct sample {
    std::vector<float> outputs;
    std::size_t label = 0;
};

/// Outputs that favour a sample's class by about `edge`.
std::vector<sample> samples_of(std::size_t classes, std::size_t count, double edge, double scale = 1) {
    fedasio::random_stream random(3, fedasio::purpose::partition);
    std::vector<sample> samples(count);
    for (auto& one : samples) {
        one.label = random.below(static_cast<std::uint32_t>(classes));
        for (std::size_t i = 0; i < classes; ++i) {
            one.outputs.push_back(
                static_cast<float>(scale * (random.normal() + (i == one.label ? edge : 0.0))));
        }
    }
    return samples;
}

double softmax(const sample& one, std::size_t which) {
    double sum = 0;
    for (const float z : one.outputs) {
        sum += std::exp(static_cast<double>(z) - one.outputs[which]);
    }
    return 1 / sum;
}

/// By its definition: the share of pairs that are in order.
double by_pairs(const std::vector<sample>& samples, std::size_t label) {
    double won = 0;
    double pairs = 0;
    for (const auto& own : samples) {
        for (const auto& other : samples) {
            if (own.label == label && other.label != label) {
                const double apart = softmax(own, label) - softmax(other, label);
                won += apart > 0 ? 1 : apart == 0 ? 0.5 : 0;
                ++pairs;
            }
        }
    }
    return won / pairs;
}

score_counts counted(const std::vector<sample>& samples, std::size_t classes) {
    score_counts counts(classes);
    for (const auto& one : samples) {
        counts.count(loss::cross_entropy, one.outputs, one.label);
    }
    return counts;
}

double area(const score_counts& counts) {
    return area_under_roc(counts.occupied(), counts.bins()).value_or(-1);
}

} // namespace

BOOST_AUTO_TEST_SUITE(scores)

BOOST_AUTO_TEST_CASE(the_area_is_that_of_all_pairs) {
    for (const double edge : {0.0, 0.5, 2.0}) {
        for (const double scale : {0.05, 1.0, 8.0}) {
            const auto samples = samples_of(2, 600, edge, scale);
            BOOST_TEST(std::abs(area(counted(samples, 2)) - by_pairs(samples, 1)) < 2e-3);
        }
    }
}

BOOST_AUTO_TEST_CASE(of_more_classes_it_is_the_mean_of_one_against_the_rest) {
    for (const std::size_t classes : {3U, 10U}) {
        const auto samples = samples_of(classes, 600, 1.0);
        double sum = 0;
        for (std::size_t label = 0; label < classes; ++label) {
            sum += by_pairs(samples, label);
        }
        BOOST_TEST(std::abs(area(counted(samples, classes)) - sum / static_cast<double>(classes)) < 2e-3);
    }
}

BOOST_AUTO_TEST_CASE(parts_add_up_to_the_whole) {
    const auto samples = samples_of(4, 500, 1.0);
    const auto all = counted(samples, 4);
    const auto some = counted({samples.begin(), samples.begin() + 123}, 4);
    auto sum = counted({samples.begin() + 123, samples.end()}, 4);
    auto same = sum;
    sum.add(some);
    BOOST_TEST((sum.occupied() == all.occupied()));
    same.add(some.occupied());
    BOOST_TEST((same.occupied() == all.occupied()));
    same.clear();
    BOOST_TEST(same.occupied().empty());
}

BOOST_AUTO_TEST_CASE(scores_without_an_end_or_a_value_have_a_place) {
    constexpr auto none = std::numeric_limits<float>::quiet_NaN();
    constexpr auto huge = std::numeric_limits<float>::max();
    for (const std::size_t classes : {2U, 3U, 100U}) {
        score_counts counts(classes);
        for (const float value : {0.0F, huge, -huge, none, 1e-30F}) {
            std::vector<float> outputs(classes, 0.0F);
            outputs[1] = value;
            counts.count(loss::cross_entropy, outputs, 1);
            counts.count(loss::mean_squared_error, outputs, 0);
        }
        std::uint64_t all = 0;
        for (const auto& cell : counts.occupied()) {
            BOOST_TEST(cell.place < counts.histograms() * counts.bins());
            all += cell.own + cell.others;
        }
        BOOST_TEST(all == 10 * counts.histograms());
        BOOST_TEST(counts.histograms() * counts.bins() <= score_counts::most_cells);
    }
}

BOOST_AUTO_TEST_CASE(a_perfect_order_is_1_and_none_is_a_half) {
    score_counts counts(2);
    for (int i = 0; i < 10; ++i) {
        const auto height = static_cast<float>(i);
        counts.count(loss::cross_entropy, std::array{0.0F, 1 + height}, 1);
        counts.count(loss::cross_entropy, std::array{0.0F, -1 - height}, 0);
    }
    BOOST_TEST(area(counts) == 1.0);
    counts.clear();
    for (const std::size_t label : {0U, 1U, 1U}) {
        counts.count(loss::cross_entropy, std::array{0.0F, 0.5F}, label);
    }
    BOOST_TEST(area(counts) == 0.5);
}

BOOST_AUTO_TEST_CASE(without_both_there_is_no_area) {
    score_counts counts(2);
    BOOST_TEST(!area_under_roc(counts.occupied(), counts.bins()).has_value());
    counts.count(loss::cross_entropy, std::array{0.0F, 1.0F}, 1);
    BOOST_TEST(!area_under_roc(counts.occupied(), counts.bins()).has_value());
    BOOST_TEST(score_counts(101).histograms() * score_counts(101).bins() == 0U);
    BOOST_TEST(score_counts(1).bins() == 0U);
}

BOOST_AUTO_TEST_CASE(sums_of_values_are_those_of_all_of_them_far_from_zero_too) {
    constexpr double far = 1e8;
    value_sums all;
    value_sums first;
    value_sums second;
    for (int i = 0; i < 100; ++i) {
        const double target = far + i % 7;
        const double output = target + (i % 2 == 0 ? 0.5 : -0.25);
        all.add(output, target);
        (i < 30 ? first : second).add(output, target);
    }
    first.add(second);
    first.add(value_sums());
    BOOST_TEST(all.absolute == 37.5);
    BOOST_TEST(first.absolute == 37.5);
    BOOST_TEST(first.count == 100U);
    double mean = 0;
    for (int i = 0; i < 100; ++i) {
        mean += (i % 7) / 100.0;
    }
    double m2 = 0;
    for (int i = 0; i < 100; ++i) {
        m2 += (i % 7 - mean) * (i % 7 - mean);
    }
    BOOST_TEST(all.label_m2 == m2, boost::test_tools::tolerance(1e-6));
    BOOST_TEST(first.label_m2 == m2, boost::test_tools::tolerance(1e-6));
    BOOST_TEST(first.label_mean - far == mean, boost::test_tools::tolerance(1e-6));
}

BOOST_AUTO_TEST_SUITE_END()
