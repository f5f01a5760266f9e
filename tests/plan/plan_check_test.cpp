#include <fedasio/plan/plan_check.hpp>

#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <ostream>
#include <string>

namespace {

namespace plan = fedasio::plan;

constexpr auto sound = R"(// a plan
{
  "model": {
    "layers": [
      {"type": "dense", "units": 16}, /* hidden: "}" */
      {"type": "dense", "units": 3, "activation": "softmax"},
    ],
  },
  "data": {"source": {"type": "csv", "label": "species",
           "columns": {"a.b[0]": "ignored", "a": "numeric"}},
           "partition": {"scheme": "local"}},
  "rounds": 20,
})";

struct mistake {
    const char* what;
    const char* instead;
    std::size_t line;
    std::size_t column;
    const char* path;
    const char* says;
};

std::ostream& operator<<(std::ostream& out, const mistake& it) {
    return out << it.instead;
}

const mistake mistakes[] = {
    {"\"units\": 3", "\"units\": -3", 6, 25, "model.layers[1].units", "whole number"},
    {"\"units\": 3", "\"unit\": 3", 6, 25, "model.layers[1].unit", "did you mean `units`"},
    {"\"units\": 16", "\"unit\\u0073\": \"16\"", 5, 25, "model.layers[0].units", "whole number"},
    {"\"model\": {", "\"model\": {\"input\": [4, 4],", 5, 7, "model.layers[0]", "flatten"},
    {"\"softmax\"", "\"softmx\"", 6, 37, "model.layers[1].activation", "did you mean \"softmax\""},
    {"{\"type\": \"dense\", \"units\": 16}", "7", 5, 7, "model.layers[0]", "object"},
    {"\"a.b[0]\": \"ignored\"", "\"a.b[0]\": \"ignord\"", 10, 24, "data.source.columns.a.b[0]", "ignored"},
    {"\"a\": \"numeric\"", "\"a\": 3", 10, 45, "data.source.columns.a", "numeric"},
    {"\"local\"", "\"iid\"", 9, 12, "data.source.train", "is missing"},
    {"\"rounds\": 20,", "", 2, 1, "rounds", "is missing"},
    {"\"rounds\": 20,", "\"rounds\": 20, \"rounds\": 3", 12, 24, "", "twice"},
    {"\"rounds\": 20,", "\"rounds\": 20, \"deadlin\": 3", 12, 17, "deadlin", "did you mean `deadline`"},
    {"\"rounds\": 20,", "\"rounds\": 20x", 12, 15, "", "not valid JSON"},
    {"\"rounds\": 20,", "\"rounds\": [20", 13, 1, "", "JSON"},
};

std::string replaced(const mistake& it) {
    std::string text = sound;
    text.replace(text.find(it.what), std::string(it.what).size(), it.instead);
    return text;
}

} // namespace

BOOST_AUTO_TEST_SUITE(plan_checks)

BOOST_AUTO_TEST_CASE(a_sound_plan_is_given_back) {
    const auto check = plan::check_plan(sound);
    BOOST_TEST_REQUIRE(check.sound.has_value());
    BOOST_TEST(check.sound->rounds == 20U);
    BOOST_TEST(plan::plan_digest(*check.sound) == plan::plan_digest(plan::parse_plan(sound, "other")));
}

BOOST_DATA_TEST_CASE(a_mistake_has_a_place, boost::unit_test::data::make(mistakes), it) {
    const auto check = plan::check_plan(replaced(it));
    BOOST_TEST_REQUIRE(!check.sound.has_value());
    BOOST_TEST(check.fault.path == it.path);
    BOOST_TEST(check.fault.line == it.line);
    BOOST_TEST(check.fault.column == it.column);
    BOOST_TEST(check.fault.message.find(it.says) != std::string::npos, check.fault.message);
}

BOOST_AUTO_TEST_CASE(what_is_no_plan_at_all_is_said_at_its_beginning) {
    for (const std::string text : {"", "[]", "3", "null", "{}", "\"x\""}) {
        const auto check = plan::check_plan(text);
        BOOST_TEST(!check.sound.has_value());
        BOOST_TEST(!check.fault.message.empty());
        BOOST_TEST(check.fault.line == 1U);
        BOOST_TEST(check.fault.column == 1U);
    }
}

BOOST_AUTO_TEST_SUITE_END()
