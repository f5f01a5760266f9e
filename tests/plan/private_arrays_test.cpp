#include <fedasio/plan/arrays_json.hpp>
#include <fedasio/plan/plan.hpp>
#include <fedasio/plan/private_arrays.hpp>
#include <fedasio/text/field_error.hpp>
#include <fedasio/text/json_text.hpp>

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <boost/test/unit_test.hpp>

#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace {

using namespace fedasio;

constexpr std::size_t most = 1000;

nn::model_arrays model() {
    return {{{"body.0.weight", {2}},
             {"head.weight", {3}},
             {"body.1.running_mean", {1}, "float32", nn::array_role::statistic},
             {"head.seen", {}, "int64", nn::array_role::counter},
             {"body.1.seen", {}, "int64", nn::array_role::counter}},
            most};
}

/// Those that stay at the client, in one line.
std::string private_ones(const std::vector<std::string>& names) {
    const auto split = plan::with_private(model(), names);
    std::string result;
    for (const auto& one : split.all()) {
        if (one.role == nn::array_role::at_client) {
            result += one.name + " ";
        }
    }
    return result;
}

std::string objection(const std::vector<std::string>& names) {
    try {
        static_cast<void>(plan::with_private(model(), names));
        return {};
    } catch (const std::invalid_argument& e) {
        return e.what();
    }
}

std::string plan_of(const std::string& model) {
    return R"({"model": )" + model +
           R"(, "clients": 2, "rounds": 1, "data": {"source": {"type": "trainer"}}})";
}

std::string plan_objection(const std::string& model) {
    try {
        static_cast<void>(plan::parse_checked_plan(plan_of(model), "p.json"));
        return {};
    } catch (const text::field_error& e) {
        return e.what();
    }
}

} // namespace

BOOST_AUTO_TEST_SUITE(private_arrays)

BOOST_AUTO_TEST_CASE(a_star_stands_for_any_text) {
    BOOST_TEST(private_ones({"head.weight"}) == "head.weight ");
    BOOST_TEST(private_ones({"head.*"}) == "head.weight head.seen ");
    BOOST_TEST(private_ones({"*d*.s*n", "body.1*"}) == "body.1.running_mean head.seen body.1.seen ");
    BOOST_TEST(private_ones({"head**weight*"}) == "head.weight ");
    BOOST_TEST(private_ones({}).empty());
    // An 'a' after which the rest does not fit is not the last one to try.
    const nn::model_arrays hard({{"aab", {1}}, {"w", {1}}}, most);
    const std::vector<std::string> names{"*ab"};
    BOOST_TEST(plan::with_private(hard, names).shared() == 1U);
}

BOOST_AUTO_TEST_CASE(they_lie_last_in_the_order_that_they_had) {
    const std::vector<std::string> names{"head.*"};
    const auto split = plan::with_private(model(), names);
    BOOST_TEST(split.size() == 8U);
    BOOST_TEST(split.shared() == 4U);
    BOOST_TEST(split.trained() == 2U);
    BOOST_TEST(split.counters() == 3U);
    const std::vector<float> values{1, 2, 3, 4, 5, 6, 7, 8};
    std::vector<float> moved(8);
    plan::rearrange(model(), values, split, moved);
    const std::vector<float> expected{1, 2, 6, 8, 3, 4, 5, 7};
    BOOST_TEST(moved == expected, boost::test_tools::per_element());
    // Messages and files say which they are.
    const auto again = plan::arrays_from_json(plan::to_json(split));
    BOOST_TEST(again.shared() == 4U);
    BOOST_TEST((again.all().back().role == nn::array_role::at_client));
    // Another plan decides anew.
    const auto none = plan::with_private(split, {});
    BOOST_TEST(none.shared() == 8U);
    BOOST_TEST(none.counters() == 6U);
}

BOOST_AUTO_TEST_CASE(names_that_are_none_are_refused_with_those_there_are) {
    BOOST_TEST(objection({"tail"}) ==
               "model.private names \"tail\", which no array of the model is called: name some of "
               "\"body.0.weight\", \"head.weight\", \"body.1.running_mean\", \"head.seen\", \"body.1.seen\"");
    BOOST_TEST(objection({"head.wieght"}).find("is called (did you mean \"head.weight\"?): name") !=
               std::string::npos);
    BOOST_TEST(objection({"head"}).find("\"head\"") != std::string::npos); // no part of a name
    BOOST_TEST(objection({"*weight"}).find("nothing is learned together") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_plan_says_which) {
    const auto read = plan::parse_checked_plan(
        plan_of(R"({"arrays": "a.safetensors", "private": ["head.*", "x"]})"), "p.json");
    const std::vector<std::string> names{"head.*", "x"};
    BOOST_TEST(read.private_arrays == names, boost::test_tools::per_element());
    BOOST_TEST(plan::clients_keep_states(read));
    BOOST_TEST(text::canonical_text(plan::to_json(read).at("model")) ==
               R"({"arrays":"a.safetensors","private":["head.*","x"]})");
    const auto none = plan::parse_checked_plan(plan_of(R"({"from": "trainer"})"), "p.json");
    BOOST_TEST(!plan::clients_keep_states(none));
    const auto empty = plan::parse_checked_plan(plan_of(R"({"from": "trainer", "private": []})"), "p.json");
    BOOST_TEST(plan::plan_digest(empty) == plan::plan_digest(none)); // as before there was the key
    const auto some = plan::parse_checked_plan(plan_of(R"({"from": "trainer", "private": ["a"]})"), "p.json");
    BOOST_TEST(plan::plan_digest(some) != plan::plan_digest(none));
}

BOOST_AUTO_TEST_CASE(a_plan_whose_model_is_a_network_has_none) {
    const std::string network =
        R"({"input": [2], "layers": [{"type": "dense", "units": 2, "activation": "softmax"}])";
    BOOST_TEST(plan_objection(network + "}").empty());
    BOOST_TEST(plan_objection(network + R"(, "private": ["0.dense.bias"]})").find("fedper") !=
               std::string::npos);
    BOOST_TEST(!plan_objection(R"({"arrays": "a", "from": "trainer", "private": ["w"]})").empty());
    BOOST_TEST(plan_objection(R"({"arrays": "a", "private": "w"})").find("model.private") !=
               std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()
