#include <fedasio/plan/plan.hpp>
#include <fedasio/simulation/grid.hpp>
#include <fedasio/text/field_error.hpp>
#include <fedasio/text/json_text.hpp>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/test/unit_test.hpp>

#include <stdexcept>
#include <string>

using namespace fedasio::simulation;
namespace text = fedasio::text;
namespace json = boost::json;

namespace {

std::string shown(const std::vector<json::value>& values) {
    return json::serialize(json::array(values.begin(), values.end()));
}

auto says(const std::string& part) {
    return [part](const std::exception& error) {
        BOOST_TEST_MESSAGE(error.what());
        return std::string(error.what()).find(part) != std::string::npos;
    };
}

json::value changed(const std::string& plan, const std::string& what) {
    json::value content = json::parse(plan);
    apply(parse_setting(what), content, "p.json");
    return content;
}

} // namespace

BOOST_AUTO_TEST_SUITE(grid)

BOOST_AUTO_TEST_CASE(values_are_json_or_words) {
    const auto value = [](const std::string& text) { return json::serialize(parse_setting(text).value); };
    BOOST_TEST(parse_setting("local.epochs=5").path == "local.epochs");
    BOOST_TEST(value("a=5") == "5");
    BOOST_TEST(value("a=-1") == "-1");
    BOOST_TEST(value("a=null") == "null");
    BOOST_TEST(value("a=true") == "true");
    BOOST_TEST(value("a=shards") == R"("shards")");
    BOOST_TEST(value("a=data/x=y.gz") == R"("data/x=y.gz")");
    BOOST_TEST(value("a=./x") == R"("./x")");
    BOOST_TEST(value("a=\"5\"") == R"("5")");
    BOOST_TEST(value(R"(a={"type":"sgd","momentum":0})") == R"({"type":"sgd","momentum":0})");
    BOOST_TEST(parse_setting("a=0.1").value.as_double() == 0.1);
}

BOOST_AUTO_TEST_CASE(a_list_is_divided_at_its_outer_commas) {
    BOOST_TEST(shown(parse_axis("a=1,2,20").values) == "[1,2,20]");
    BOOST_TEST(shown(parse_axis("a=iid,shards").values) == R"(["iid","shards"])");
    BOOST_TEST(shown(parse_axis(R"(a="x,\"y",{"b":[1,2]},[3,4],5)").values) ==
               R"(["x,\"y",{"b":[1,2]},[3,4],5])");
    BOOST_TEST(shown(parse_axis("a=7").values) == "[7]");
}

BOOST_AUTO_TEST_CASE(what_cannot_be_read_says_what_to_write) {
    BOOST_CHECK_EXCEPTION((void)parse_setting("local.epochs"), std::invalid_argument, says("local.epochs=5"));
    BOOST_CHECK_EXCEPTION((void)parse_setting("=5"), std::invalid_argument, says("KEY="));
    BOOST_CHECK_EXCEPTION((void)parse_setting("a..b=5"), std::invalid_argument, says("empty key"));
    BOOST_CHECK_EXCEPTION((void)parse_setting(".b=5"), std::invalid_argument, says("empty key"));
    BOOST_CHECK_EXCEPTION((void)parse_setting("b.=5"), std::invalid_argument, says("empty key"));
    BOOST_CHECK_EXCEPTION((void)parse_setting("a="), std::invalid_argument, says("for a is not JSON"));
    BOOST_CHECK_EXCEPTION((void)parse_setting("a=0.1x"), std::invalid_argument, says("0.1x"));
    BOOST_CHECK_EXCEPTION((void)parse_axis("a=1,,2"), std::invalid_argument, says("not JSON"));
    BOOST_CHECK_EXCEPTION((void)parse_axis("a=[1,2"), std::invalid_argument, says("not JSON"));
}

BOOST_AUTO_TEST_CASE(every_combination_comes_once_the_last_axis_fastest) {
    const std::vector<axis> axes{parse_axis("a=1,2"), parse_axis("b=x,y,z")};
    std::string all;
    for (const auto& combination : combinations(axes)) {
        BOOST_REQUIRE(combination.size() == 2U);
        BOOST_TEST(combination[0].path == "a");
        BOOST_TEST(combination[1].path == "b");
        all += json::serialize(combination[0].value) + json::serialize(combination[1].value);
    }
    BOOST_TEST(all == R"(1"x"1"y"1"z"2"x"2"y"2"z")");
    BOOST_TEST(combinations({}).size() == 1U);
}

BOOST_AUTO_TEST_CASE(a_grid_that_makes_no_sense_is_refused) {
    const std::vector<axis> twice{parse_axis("a=1"), parse_axis("b=1"), parse_axis("a=2")};
    BOOST_CHECK_EXCEPTION((void)combinations(twice), std::invalid_argument, says("a twice"));
    const std::vector<axis> empty{{"a", {}}};
    BOOST_CHECK_EXCEPTION((void)combinations(empty), std::invalid_argument, says("no values for a"));
    const std::vector<json::value> many(400, 1);
    const std::vector<axis> large{{"a", many}, {"b", many}};
    BOOST_CHECK_EXCEPTION((void)combinations(large), std::invalid_argument, says("fewer"));
}

BOOST_AUTO_TEST_CASE(a_setting_lands_where_its_path_leads) {
    BOOST_TEST(changed(R"({"a":{"b":1}})", "a.b=2") == json::parse(R"({"a":{"b":2}})"));
    BOOST_TEST(changed(R"({"a":{"b":1}})", "a=2") == json::parse(R"({"a":2})"));
    BOOST_TEST(changed(R"({"l":[{"u":1},{"u":2}]})", "l.1.u=3") == json::parse(R"({"l":[{"u":1},{"u":3}]})"));
    BOOST_TEST(changed("{}", "a.b.c=1") == json::parse(R"({"a":{"b":{"c":1}}})"));
}

BOOST_AUTO_TEST_CASE(a_path_that_leads_nowhere_says_where_it_ends) {
    BOOST_CHECK_EXCEPTION(changed(R"({"l":[1,2]})", "l.2=3"), text::field_error,
                          says("p.json: l: is an array of 2 items"));
    BOOST_CHECK_EXCEPTION(changed(R"({"l":[1,2]})", "l.x=3"), text::field_error, says("no item \"x\""));
    BOOST_CHECK_EXCEPTION(changed(R"({"l":[1,2]})", "l.-1=3"), text::field_error, says("no item \"-1\""));
    BOOST_CHECK_EXCEPTION(changed(R"({"m":{"s":"fedavg"}})", "m.s.x=3"), text::field_error,
                          says("p.json: m.s: is \"fedavg\", which has no \"x\" inside; set m.s as a whole"));
}

BOOST_AUTO_TEST_CASE(seeds_are_numbers_and_ranges) {
    using seeds = std::vector<std::uint64_t>;
    BOOST_TEST((parse_seeds("1,2,3") == seeds{1, 2, 3}));
    BOOST_TEST((parse_seeds("1-3") == seeds{1, 2, 3}));
    BOOST_TEST((parse_seeds("7,1-2,4") == seeds{7, 1, 2, 4}));
    BOOST_TEST((parse_seeds("5-5") == seeds{5}));
    BOOST_TEST((parse_seeds("18446744073709551614-18446744073709551615") ==
                seeds{18446744073709551614U, 18446744073709551615U}));
    for (const std::string wrong : {"", "one", "1,", "1-", "-1", "3-1", "1-2-3", "1.5", "1,1", "1-3,2",
                                    "0-18446744073709551615", "1-100001"}) {
        BOOST_CHECK_THROW((void)parse_seeds(wrong), std::invalid_argument);
    }
    BOOST_TEST(parse_seeds("1-100000").size() == 100000U);
}

BOOST_AUTO_TEST_CASE(a_value_is_found_where_it_was_put) {
    auto plan = fedasio::text::parse_json(R"({"a": {"b": [1, {"c": 2}]}, "n": null})");
    BOOST_TEST(value_at(plan, "a.b.1.c").value() == 2);
    BOOST_TEST(value_at(plan, "n").value().is_null());
    for (const auto* absent : {"x", "a.x", "a.b.2", "a.b.c", "a.b.1.c.d", "n.x", ""}) {
        BOOST_TEST(!value_at(plan, absent).has_value(), absent);
    }
}

BOOST_AUTO_TEST_SUITE_END()
