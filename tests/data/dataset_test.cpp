#include <fedasio/data/dataset.hpp>

#include <boost/test/unit_test.hpp>

#include <array>
#include <stdexcept>

using fedasio::data::dataset;
using fedasio::data::table_rows;
using bytes = std::vector<std::uint8_t>;
using floats = std::vector<float>;

BOOST_AUTO_TEST_SUITE(dataset_of_samples)

BOOST_AUTO_TEST_CASE(batch_has_the_asked_samples_in_the_asked_order_scaled_from_bytes) {
    const dataset set({1, 2}, bytes{0, 255, 51, 102, 3, 1}, std::vector<std::int32_t>{2, 0, 1},
                      {"a", "b", "c"});
    BOOST_TEST(set.size() == 3U);
    BOOST_TEST(set.feature_count() == 2U);
    BOOST_TEST(set.feature_dims() == (std::vector<std::uint32_t>{1, 2}), boost::test_tools::per_element());
    BOOST_TEST(set.class_count() == 3U);
    BOOST_TEST(set.class_names()[1] == "b");
    BOOST_TEST(set.targets().empty());

    const std::array<std::uint32_t, 3> indices{1, 0, 1};
    floats features(6);
    set.copy_features(indices, features);
    BOOST_TEST(features == (floats{51 / 255.0F, 102 / 255.0F, 0.0F, 1.0F, 51 / 255.0F, 102 / 255.0F}),
               boost::test_tools::per_element());
    std::vector<std::int32_t> classes(3);
    set.copy_classes(indices, classes);
    BOOST_TEST(classes == (std::vector<std::int32_t>{0, 2, 0}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(floats_and_targets_are_copied_as_they_are) {
    const dataset set({2}, floats{-3.5F, 1e30F, 7.0F, 300.0F}, floats{10.5F, -2.0F});
    BOOST_TEST(set.class_count() == 0U);
    BOOST_TEST(set.classes().empty());
    const std::array<std::uint32_t, 2> indices{1, 0};
    floats features(4);
    set.copy_features(indices, features);
    BOOST_TEST(features == (floats{7.0F, 300.0F, -3.5F, 1e30F}), boost::test_tools::per_element());
    floats targets(2);
    set.copy_targets(indices, targets);
    BOOST_TEST(targets == (floats{-2.0F, 10.5F}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(wrong_indices_and_sizes_are_refused_before_anything_is_written) {
    const dataset set({1}, floats{1, 2}, std::vector<std::int32_t>{0, 1}, {"a", "b"});
    const dataset line({1}, floats{1, 2}, floats{3, 4});
    const std::array<std::uint32_t, 2> indices{0, 2};
    const std::array<std::uint32_t, 2> good{0, 1};
    floats out{9, 9};
    std::vector<std::int32_t> classes{9, 9};
    BOOST_CHECK_THROW(set.copy_features(indices, out), std::out_of_range);
    BOOST_CHECK_THROW(set.copy_classes(indices, classes), std::out_of_range);
    BOOST_CHECK_THROW(line.copy_targets(indices, out), std::out_of_range);
    BOOST_CHECK_THROW(set.copy_features(good, std::span(out).first(1)), std::invalid_argument);
    BOOST_CHECK_THROW(set.copy_classes(good, std::span(classes).first(1)), std::invalid_argument);
    BOOST_CHECK_THROW(line.copy_targets(good, std::span(out).first(1)), std::invalid_argument);
    BOOST_CHECK_THROW(line.copy_classes(good, classes), std::invalid_argument);
    BOOST_CHECK_THROW(set.copy_targets(good, out), std::invalid_argument);
    BOOST_TEST(out == (floats{9, 9}), boost::test_tools::per_element());
    BOOST_TEST(classes == (std::vector<std::int32_t>{9, 9}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(parts_that_do_not_fit_together_are_refused) {
    const std::vector<std::int32_t> two{0, 1};
    const std::vector<std::string> names{"a", "b"};
    BOOST_CHECK_THROW(dataset({2}, floats{1, 2, 3}, two, names), std::invalid_argument);
    BOOST_CHECK_THROW(dataset({3}, floats{1, 2, 3, 4}, two, names), std::invalid_argument);
    BOOST_CHECK_THROW(dataset({1}, floats{1, 2, 3, 4}, two, names), std::invalid_argument);
    BOOST_CHECK_THROW(dataset({0}, floats{}, two, names), std::invalid_argument);
    BOOST_CHECK_THROW(dataset({}, floats{1, 2}, two, names), std::invalid_argument);
    BOOST_CHECK_THROW(dataset({1}, floats{}, floats{}), std::invalid_argument);
    BOOST_CHECK_THROW(dataset({1}, floats{1, 2}, std::vector<std::int32_t>{0, 2}, names),
                      std::invalid_argument);
    BOOST_CHECK_THROW(dataset({1}, floats{1, 2}, std::vector<std::int32_t>{0, -1}, names),
                      std::invalid_argument);
    BOOST_CHECK_NO_THROW(dataset({1}, floats{1, 2}, two, names));
}

BOOST_AUTO_TEST_CASE(rows_of_a_table_are_encoded_as_they_are_copied) {
    const auto table = [] {
        table_rows rows;
        rows.inputs = 6;
        rows.number_inputs = {0, 4};
        rows.category_columns = {{1, 3}, {5, 1}};
        rows.numbers = {0.5F, -1.0F, 2.0F, 3.0F};
        rows.places = {3, 0, 1, 1};
        return rows;
    };
    const dataset set({6}, table(), std::vector<float>{1, 2});
    BOOST_TEST(set.size() == 2U);
    BOOST_TEST(set.feature_count() == 6U);
    std::vector<float> out(18, 7.0F);
    set.copy_features(std::vector<std::uint32_t>{1, 0, 1}, out);
    const std::vector<float> second{2, 1, 0, 0, 3, 1};
    std::vector<float> expected = second;
    expected.insert(expected.end(), {0.5F, 0, 0, 1, -1, 0});
    expected.insert(expected.end(), second.begin(), second.end());
    BOOST_TEST(out == expected, boost::test_tools::per_element());
    const auto refused = [&](auto change) {
        auto rows = table();
        change(rows);
        BOOST_CHECK_THROW(dataset({6}, std::move(rows), std::vector<float>{1, 2}), std::invalid_argument);
    };
    refused([](table_rows& rows) { rows.places[0] = 4; });
    refused([](table_rows& rows) { rows.places.pop_back(); });
    refused([](table_rows& rows) { rows.numbers.push_back(0); });
    refused([](table_rows& rows) { rows.number_inputs[1] = 6; });
    refused([](table_rows& rows) { rows.category_columns[0].categories = 6; });
    refused([](table_rows& rows) { rows.category_columns[1].first_input = 7; });
    refused([](table_rows& rows) { rows.inputs = 7; });
}

BOOST_AUTO_TEST_SUITE_END()
