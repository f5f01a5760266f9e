#include <fedasio/net/json_text.hpp>
#include <fedasio/random.hpp>

#include <boost/json.hpp>
#include <boost/test/unit_test.hpp>

#include <bit>
#include <cmath>
#include <string>

using namespace fedasio::net;

namespace {

std::string error_of(const std::string& text, const json_limits& limits = {}) {
    try {
        static_cast<void>(parse_json(text, limits));
    } catch (const json_error& error) {
        return error.what();
    }
    return "no error";
}

bool has(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

} // namespace

BOOST_AUTO_TEST_SUITE(json_text)

BOOST_AUTO_TEST_CASE(all_kinds_of_values) {
    const std::string text =
        R"({"a":[null,true,false,-1,18446744073709551615,0.1,1e+300,"text"],"":{},"\u0001\"\\é":[[]]})";
    BOOST_TEST(canonical_text(parse_json(text)) == text);
    BOOST_TEST(parse_json(text).as_object().at("a").as_array().at(4).as_uint64() == 18446744073709551615U);
}

BOOST_AUTO_TEST_CASE(every_double_comes_back_bit_for_bit) {
    fedasio::random_stream random(7, fedasio::purpose::weights);
    for (int i = 0; i < 20000; ++i) {
        const std::uint64_t bits = std::uint64_t{random()} << 32U | random();
        const auto number = std::bit_cast<double>(bits);
        if (!std::isfinite(number) || number == std::trunc(number)) {
            continue;
        }
        const boost::json::value read = parse_json("[" + canonical_text(number) + "]").at(0);
        BOOST_REQUIRE(std::bit_cast<std::uint64_t>(read.as_double()) == bits);
    }
}

BOOST_AUTO_TEST_CASE(errors_have_line_and_column) {
    BOOST_TEST(error_of("{\n  \"a\": 1,\n  \"b\": ?\n}").starts_with("3:8: not valid JSON"));
    BOOST_TEST(error_of("[1] 2").starts_with("1:5: more text after the end"));
    BOOST_TEST(error_of("").starts_with("1:1: the text ends too early"));
    BOOST_TEST(error_of("{\"a\":\n[1,").starts_with("2:4: the text ends too early"));
}

BOOST_AUTO_TEST_CASE(a_repeated_key_is_an_error) {
    BOOST_TEST(has(error_of(R"({"a": {"b": 1, "b": 2}})"), "the key `b` appears twice"));
    BOOST_TEST(has(error_of(R"({"a": 1, "\u0061": 2})"), "the key `a` appears twice"));
    BOOST_TEST(error_of(R"({"a": {"b": 1}, "c": {"b": 2, "a": [{"a": 1}, {"a": 2}]}})") == "no error");
}

BOOST_AUTO_TEST_CASE(numbers_that_do_not_fit_are_errors) {
    BOOST_TEST(has(error_of("[1e400]"), "1e400 does not fit"));
    BOOST_TEST(error_of("[NaN]") != "no error");
    BOOST_TEST(parse_json("[123456789012345678901234567890]").at(0).is_double());
}

BOOST_AUTO_TEST_CASE(limits_hold) {
    const json_limits small{.bytes = 10, .depth = 3};
    BOOST_TEST(error_of("[[[1]]]", small) == "no error");
    BOOST_TEST(has(error_of("[[[[]]]]", small), "nested too deeply"));
    BOOST_TEST(error_of("[12345678]", small) == "no error");
    BOOST_TEST(has(error_of("[123456789]", small), "11 bytes"));
    BOOST_TEST(has(error_of(std::string(1000000, '[')), "nested too deeply"));
}

BOOST_AUTO_TEST_CASE(comments_only_where_allowed) {
    const std::string text = "// one\n{\"a\": [1, 2,], /* two */}";
    BOOST_TEST(error_of(text) != "no error");
    BOOST_TEST(error_of("[1,]") != "no error");
    BOOST_TEST(canonical_text(parse_json(text, {.comments = true})) == "{\"a\":[1,2]}");
}

BOOST_AUTO_TEST_SUITE_END()
