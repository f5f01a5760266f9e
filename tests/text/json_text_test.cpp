#include <fedasio/random.hpp>
#include <fedasio/text/json_text.hpp>

#include <boost/json.hpp>
#include <boost/test/unit_test.hpp>

#include <array>
#include <bit>
#include <cmath>
#include <string>

using namespace fedasio::text;

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

BOOST_AUTO_TEST_CASE(errors_say_what_was_expected_and_what_was_found) {
    struct fault {
        const char* text;
        const char* error;
    };

    const std::array<fault, 25> faults{{
        {"", "1:1: the text ends too early: expected a value"},
        {"{\"a\": 1", "1:8: the text ends too early: expected `}` for the `{` of line 1"},
        {"{\"a\"",
         "1:5: the text ends too early: expected `:` after the key `a` and `}` for the `{` of line 1"},
        {"{\"a\":\n[1,", "2:4: the text ends too early: expected `]` for the `[` of line 2"},
        {"{\n\"a\": \"b", "2:6: the text ends too early: expected a closing quote for this one"},
        {"[1] 2", "1:5: more text after the end of the JSON value: expected nothing, but found `2`"},
        {"{} }", "1:4: more text after the end of the JSON value: expected nothing, but found `}`"},
        {"{\"a\": 1\n \"b\": 2}",
         "2:2: not valid JSON: expected `,` or the `}` for the `{` of line 1, but found `\"b\"`; is a comma "
         "missing before it?"},
        {"{\"a\": [1, 2}",
         "1:12: not valid JSON: expected `,` or the `]` for the `[` of line 1, but found `}`"},
        {"{\"a\" 1}", "1:6: not valid JSON: expected `:` after the key `a`, but found `1`"},
        {"{\"a\" = 1}", "1:6: not valid JSON: expected `:` after the key `a`, but found `=`"},
        {"{a: 1}", "1:2: not valid JSON: expected a key in double quotes, but found `a`; write \"a\""},
        {"{'a': 1}", "1:2: not valid JSON: expected a key in double quotes, but found `'a'`"},
        {"{\"a\": 1,}",
         "1:9: not valid JSON: expected another key after the comma, but found `}`; remove the comma"},
        {"[1,]",
         "1:4: not valid JSON: expected another value after the comma, but found `]`; remove the comma"},
        {"[True]", "1:2: not valid JSON: expected a value, but found `True`; write true"},
        {"[None]", "1:2: not valid JSON: expected a value, but found `None`; write null"},
        {"[-Infinity]",
         "1:3: not valid JSON: expected a digit, but found `Infinity`; JSON has no such number"},
        {"[relu]",
         "1:2: not valid JSON: expected a value, but found `relu`; text stands in double quotes: \"relu\""},
        {"[.5]",
         "1:2: not valid JSON: expected a value, but found `.`; a number begins with a digit or with -"},
        {"[1.]", "1:4: not valid JSON: expected a digit after the point, but found `]`"},
        {"[007]", "1:2: not valid JSON: a number has no zeros in front; remove them"},
        {"[\"C:\\data\"]", "1:5: not valid JSON: a backslash in a string; write it twice"},
        {"[\"a\nb\"]", "1:2: not valid JSON: expected a closing quote in the same line as this one"},
        {"[1 // one\n]", "1:4: not valid JSON: comments are not allowed here; remove it"},
    }};
    for (const auto& [text, error] : faults) {
        BOOST_TEST(error_of(text) == error);
    }
    BOOST_TEST(error_of("[1, /* one\n]", {.comments = true}) ==
               "1:5: the text ends too early: expected */ at the end of this comment");
    BOOST_TEST(error_of("{\"a\": 1, // one\n}}", {.comments = true}) ==
               "2:2: more text after the end of the JSON value: expected nothing, but found `}`");
}

/// Whatever the parser refuses has a place and a reason that are not the parser's.
BOOST_AUTO_TEST_CASE(every_cut_and_every_changed_byte_has_a_reason) {
    const std::string good =
        R"({"a": [1, -2.5e3, true, null, "t\u00e9\n"], "b": {"c": "d", "e": []}, "f": 0})";
    for (std::size_t i = 0; i < good.size(); ++i) {
        const auto cut = error_of(good.substr(0, i));
        BOOST_TEST(!has(cut, "not valid JSON ("), cut);
        BOOST_TEST(has(cut, "expected "), good.substr(0, i) << " " << cut);
        for (const char c : {'}', ']', ',', ':', '"', 'x', '\\', '\'', '.', '\n', '\t'}) {
            auto text = good;
            text[i] = c;
            const auto error = error_of(text);
            BOOST_TEST(!has(error, "not valid JSON ("), text << " " << error);
        }
    }
}

BOOST_AUTO_TEST_CASE(a_repeated_key_is_an_error) {
    BOOST_TEST(has(error_of(R"({"a": {"b": 1, "b": 2}})"), "the key `b` appears twice"));
    BOOST_TEST(has(error_of(R"({"a": 1, "\u0061": 2})"), "the key `a` appears twice"));
    BOOST_TEST(error_of(R"({"a": {"b": 1}, "c": {"b": 2, "a": [{"a": 1}, {"a": 2}]}})") == "no error");
    for (int keys = 1; keys <= 40; ++keys) {
        std::string text = "{";
        for (int i = 0; i < keys; ++i) {
            text += "\"key " + std::to_string(i) + "\":0,";
        }
        BOOST_TEST(error_of(text + "\"another\":0}") == "no error");
        for (const auto i : {0, keys / 2, keys - 1}) {
            const auto twice = "key " + std::to_string(i);
            BOOST_TEST(has(error_of(text + "\"" + twice + "\":0}"), "the key `" + twice + "` appears twice"));
        }
    }
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
