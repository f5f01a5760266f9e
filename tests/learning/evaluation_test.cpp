#include <fedasio/learning/evaluation.hpp>

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <string>
#include <vector>

using namespace fedasio;

namespace {

/// What comes in goes out: the larger of two inputs is the class.
nn::network mirror(nn::loss objective = nn::loss::cross_entropy) {
    nn::model_spec spec;
    spec.input = {1, 1, 2};
    spec.objective = objective;
    const auto last = objective == nn::loss::cross_entropy ? nn::activation::softmax : nn::activation::linear;
    spec.layers = {nn::dense{.units = objective == nn::loss::cross_entropy ? 2U : 1U, .act = last}};
    return nn::network(spec);
}

data::dataset::feature_values rows(std::size_t count) {
    std::vector<float> values;
    for (std::size_t i = 0; i < count; ++i) {
        values.push_back(i % 3 == 0 ? 1.0F : 0.0F);
        values.push_back(i % 3 == 0 ? 0.0F : 1.0F);
    }
    return values;
}

/// Every third sample is of class 0, and looks like it; of the others, every fifth is told wrong.
data::dataset labelled(std::size_t count) {
    std::vector<std::int32_t> classes;
    for (std::size_t i = 0; i < count; ++i) {
        classes.push_back(i % 3 == 0 || i % 5 == 0 ? 0 : 1);
    }
    return {{2}, rows(count), std::move(classes), {"zero", "one"}};
}

const std::vector<float> identity{1, 0, 0, 1, 0, 0};

std::vector<std::uint32_t> all_of(const data::dataset& samples) {
    std::vector<std::uint32_t> indices(samples.size());
    std::iota(indices.begin(), indices.end(), 0U);
    return indices;
}

const auto never = [] { return false; };

} // namespace

BOOST_AUTO_TEST_SUITE(evaluations)

BOOST_AUTO_TEST_CASE(classes_are_counted_where_there_is_room) {
    const auto samples = labelled(100);
    learning::evaluation subject(mirror(), 7);
    learning::evaluation_sums sums;
    BOOST_TEST(subject.add(samples, all_of(samples), identity, never, sums));
    const auto wrong = static_cast<std::uint64_t>(
        std::ranges::count_if(all_of(samples), [](std::uint32_t i) { return i % 3 != 0 && i % 5 == 0; }));
    const std::uint64_t thirds = 34;
    BOOST_TEST(sums.samples == 100U);
    BOOST_TEST(sums.correct == 100U - wrong);
    BOOST_TEST(sums.loss_sum > 0.0);
    BOOST_TEST(sums.confusion.empty());

    learning::evaluation_sums counted;
    counted.confusion.resize(4);
    counted.scores = nn::score_counts(2);
    BOOST_TEST(subject.add(samples, all_of(samples), identity, never, counted));
    BOOST_TEST(counted.loss_sum == sums.loss_sum);
    const std::vector<std::uint64_t> expected{thirds, wrong, 0, 100 - thirds - wrong};
    BOOST_TEST(counted.confusion == expected, boost::test_tools::per_element());
    std::uint64_t own = 0;
    for (const auto& cell : counted.scores.occupied()) {
        own += cell.own;
    }
    BOOST_TEST(own == 100U - thirds - wrong);
}

BOOST_AUTO_TEST_CASE(sums_grow_from_one_list_to_the_next) {
    const auto samples = labelled(30);
    learning::evaluation subject(mirror(), 64);
    learning::evaluation_sums both;
    const std::vector<std::uint32_t> first{0, 1, 2};
    const std::vector<std::uint32_t> second{29, 5};
    BOOST_TEST(subject.add(samples, first, identity, never, both));
    BOOST_TEST(subject.add(samples, second, identity, never, both));
    BOOST_TEST(both.samples == 5U);
    BOOST_TEST(both.correct == 4U); // sample 5 is told wrong
}

BOOST_AUTO_TEST_CASE(who_watches_sees_each_sample_once_in_order) {
    const auto samples = labelled(20);
    learning::evaluation subject(mirror(), 6);
    learning::evaluation_sums sums;
    std::vector<std::uint32_t> seen;
    BOOST_TEST(
        subject.add(samples, all_of(samples), identity, never, sums,
                    [&](std::span<const std::uint32_t> indices, std::span<const nn::prediction> predictions) {
                        BOOST_TEST_REQUIRE(indices.size() == predictions.size());
                        for (std::size_t i = 0; i < indices.size(); ++i) {
                            seen.push_back(indices[i]);
                            BOOST_TEST(predictions[i].top == (indices[i] % 3 == 0 ? 0U : 1U));
                        }
                    }));
    BOOST_TEST(seen == all_of(samples), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(it_stops_before_the_next_block) {
    const auto samples = labelled(20);
    learning::evaluation subject(mirror(), 6);
    learning::evaluation_sums sums;
    int asked = 0;
    BOOST_TEST(!subject.add(samples, all_of(samples), identity, [&] { return ++asked == 3; }, sums));
    BOOST_TEST(sums.samples == 12U);
}

BOOST_AUTO_TEST_CASE(values_are_summed_in_a_regression) {
    const std::vector<float> targets{1, 3, 5};
    const data::dataset samples({2}, rows(3), targets);
    learning::evaluation subject(mirror(nn::loss::mean_squared_error), 2);
    learning::evaluation_sums sums;
    const std::vector<float> weights{2, 3, 0}; // says 2, 3, 3
    BOOST_TEST(subject.add(samples, all_of(samples), weights, never, sums));
    BOOST_TEST(sums.loss_sum == 5.0);
    BOOST_TEST(sums.correct == 0U);
    BOOST_TEST(sums.values.absolute == 3.0);
    BOOST_TEST(sums.values.label_mean == 3.0);
    BOOST_TEST(sums.values.label_m2 == 8.0);
    BOOST_TEST(!sums.histogram.has_value());

    learning::evaluation_sums counted;
    counted.histogram.emplace();
    BOOST_TEST(subject.add(samples, all_of(samples), weights, never, counted));
    BOOST_TEST(counted.values.absolute == 3.0);
    // (1, 2), (3, 3) and (5, 3)
    const std::vector<nn::value_histogram::cell> expected{{16 * 24 + 20, 1}, {23 * 24 + 23, 2}};
    BOOST_TEST((counted.histogram->occupied() == expected));
}

BOOST_AUTO_TEST_SUITE_END()
