#include <fedasio/nn/array_place.hpp>
#include <fedasio/nn/model_arrays.hpp>
#include <fedasio/nn/network.hpp>

#include <boost/test/unit_test.hpp>

#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace {

using namespace fedasio::nn;

constexpr std::size_t most = 1000;

std::string objection(std::vector<model_array> all) {
    try {
        const model_arrays made(std::move(all), most);
        return {};
    } catch (const std::invalid_argument& e) {
        return e.what();
    }
}

} // namespace

BOOST_AUTO_TEST_SUITE(arrays_of_a_model)

BOOST_AUTO_TEST_CASE(trained_ones_lie_first_then_statistics_then_counters) {
    const model_arrays arrays({{"mean", {4}, "float32", array_role::statistic},
                               {"seen", {}, "int64", array_role::counter},
                               {"w", {2, 3}},
                               {"none", {0, 7}, "float16"},
                               {"var", {4}, "float64", array_role::statistic},
                               {"b", {}}},
                              most);
    std::vector<std::string> names;
    for (const auto& one : arrays.all()) {
        names.push_back(one.name + " " + std::to_string(one.offset) + " " + std::to_string(one.size));
    }
    const std::vector<std::string> expected{"w 0 6",    "none 6 0", "b 6 1",
                                            "mean 7 4", "var 11 4", "seen 15 1"};
    BOOST_TEST(names == expected, boost::test_tools::per_element());
    BOOST_TEST(arrays.size() == 16U);
    BOOST_TEST(arrays.trained() == 7U);
    BOOST_TEST(arrays.counters() == 15U);
}

BOOST_AUTO_TEST_CASE(a_value_has_a_place_in_one_of_them) {
    const model_arrays arrays(
        {{"mean", {4}, "float32", array_role::statistic}, {"w", {2, 1, 3}}, {"none", {0, 7}}, {"b", {}}},
        most);
    BOOST_TEST(place_of(arrays, 0) == "'w'[0, 0, 0]");
    BOOST_TEST(place_of(arrays, 5) == "'w'[1, 0, 2]");
    BOOST_TEST(place_of(arrays, 6) == "'b'");
    BOOST_TEST(place_of(arrays, 10) == "'mean'[3]");
    BOOST_TEST(place_of(arrays, 11).empty());
}

BOOST_AUTO_TEST_CASE(without_statistics_and_counters_all_is_trained) {
    const model_arrays arrays({{"w", {5}}}, most);
    BOOST_TEST(arrays.trained() == 5U);
    BOOST_TEST(arrays.counters() == 5U);
    BOOST_TEST(arrays.shared() == 5U);
    const network plain({{1, 1, 2}, {dense{3}, dense{1}}, loss::mean_squared_error});
    const model_arrays of_network(plain);
    BOOST_TEST(of_network.size() == plain.parameter_count());
    BOOST_TEST(of_network.trained() == plain.parameter_count());
    BOOST_TEST(of_network.shared() == plain.parameter_count());
    BOOST_TEST(of_network.all()[1].name == "0.dense.bias");
    BOOST_TEST(of_network.all()[1].offset == 6U);
}

BOOST_AUTO_TEST_CASE(what_stays_at_the_client_lies_last_whatever_its_type) {
    const model_arrays arrays({{"own", {2}, "float32", array_role::at_client},
                               {"own.seen", {}, "int64", array_role::at_client},
                               {"seen", {}, "int64", array_role::counter},
                               {"w", {3}}},
                              most);
    BOOST_TEST(arrays.size() == 7U);
    BOOST_TEST(arrays.shared() == 4U);
    BOOST_TEST(arrays.counters() == 3U);
    BOOST_TEST(arrays.all()[2].offset == 4U);
    const model_arrays without({{"own", {2}, "float32", array_role::at_client}, {"w", {3}}}, most);
    BOOST_TEST(without.counters() == 3U);
    BOOST_TEST(objection({{"own", {2}, "float32", array_role::at_client}}).find("no value that is trained") !=
               std::string::npos);
}

BOOST_AUTO_TEST_CASE(what_makes_no_model_is_refused) {
    BOOST_TEST(objection({{"w", {1}}, {"w", {2}}}).find("\"w\" is named twice") != std::string::npos);
    BOOST_TEST(objection({{"w", {1}, "complex64"}}).find("complex64") != std::string::npos);
    BOOST_TEST(objection({{"w", {1}}, {"n", {1}, "int64"}}).find("cannot be averaged") != std::string::npos);
    BOOST_TEST(objection({{"w", {1}, "float32", array_role::counter}}).find("cannot be \"counter\"") !=
               std::string::npos);
    BOOST_TEST(objection({{"n", {1}, "int64", array_role::counter}}).find("no value that is trained") !=
               std::string::npos);
    BOOST_TEST(objection({{"w", {600}}, {"v", {600}}}).find("more than 1000") != std::string::npos);
    // A product that would overflow is never made.
    const std::size_t large = std::size_t{1} << 33U;
    BOOST_TEST(objection({{"w", {large, large}}}).find("\"w\" has more than 1000") != std::string::npos);
    BOOST_TEST(objection({}).find("no value") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_role_that_nobody_says_is_guessed) {
    BOOST_TEST((usual_role("bn.running_var", "float32") == array_role::statistic));
    BOOST_TEST((usual_role("bn.moving_mean", "float32") == array_role::statistic));
    BOOST_TEST((usual_role("bn.num_batches_tracked", "int64") == array_role::counter));
    BOOST_TEST((usual_role("bn.weight", "bfloat16") == array_role::trained));
}

BOOST_AUTO_TEST_SUITE_END()
