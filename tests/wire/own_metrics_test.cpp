// The metrics that a trainer of one's own tells with its updates and evaluations.

#include <fedasio/text/field_error.hpp>
#include <fedasio/text/json_text.hpp>
#include <fedasio/wire/evaluate.hpp>
#include <fedasio/wire/train.hpp>

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <boost/test/unit_test.hpp>

#include <limits>
#include <optional>
#include <string>

namespace {

using namespace fedasio;
using boost::json::object;

object update_with(const std::string& metrics) {
    return text::parse_json(
               R"({"round": 3, "client": 0, "samples": 134, "loss": 0.5, "seconds": 1, "metrics": )" +
               metrics + "}")
        .as_object();
}

object evaluation_with(const std::string& metrics) {
    return text::parse_json(R"({"client": 0, "samples": 33, "loss_sum": 9.5, "metrics": )" + metrics + "}")
        .as_object();
}

std::string many(std::size_t count, const std::string& begin = "m") {
    std::string all;
    for (std::size_t i = 0; i < count; ++i) {
        all += (i == 0 ? "{\"" : ", \"") + begin + std::to_string(i) + "\": " + std::to_string(i);
    }
    return all + "}";
}

/// What is said of it, in an update and in an evaluation.
void check_refused(const std::string& metrics, const std::string& problem) {
    const auto says = [&](const std::string& where) {
        return [&problem, where](const text::field_error& error) {
            const std::string said = error.what();
            BOOST_TEST(said.starts_with(where), said);
            BOOST_TEST(said.find(problem) != std::string::npos, said << " lacks " << problem);
            BOOST_TEST(said.size() < 400U);
            return true;
        };
    };
    BOOST_CHECK_EXCEPTION((void)wire::read_update(update_with(metrics)), text::field_error,
                          says("update.metrics"));
    BOOST_CHECK_EXCEPTION((void)wire::read_evaluation(evaluation_with(metrics)), text::field_error,
                          says("evaluation.metrics"));
}

} // namespace

BOOST_AUTO_TEST_SUITE(own_metrics)

BOOST_AUTO_TEST_CASE(they_travel_with_updates_and_evaluations) {
    const plan::own_metrics told{{"auc", 0.1}, {"f1@0.5/macro", -1e100}, {"n", 3}};
    wire::update update{3, 0, 134, 0.5, std::nullopt, 1};
    update.metrics = told;
    BOOST_TEST((wire::read_update(wire::to_meta(update)).metrics == told));
    wire::evaluation evaluation;
    evaluation.samples = 33;
    evaluation.metrics = told;
    BOOST_TEST((wire::read_evaluation(wire::to_meta(evaluation)).metrics == told));
    // By the names that the protocol says.
    BOOST_TEST(wire::to_meta(update).at("metrics").at("auc").as_double() == 0.1);
    BOOST_TEST(
        (wire::read_update(update_with(R"({"auc": 0.1, "f1@0.5/macro": -1e100, "n": 3})")).metrics == told));
}

BOOST_AUTO_TEST_CASE(none_is_as_it_was_before_there_were_any) {
    const wire::update update{3, 0, 134, 0.5, std::nullopt, 1};
    BOOST_TEST(!wire::to_meta(update).contains("metrics"));
    BOOST_TEST(!wire::to_meta(wire::evaluation()).contains("metrics"));
    BOOST_TEST(wire::read_update(wire::to_meta(update)).metrics.empty());
    BOOST_TEST(wire::read_update(update_with("{}")).metrics.empty());
    BOOST_TEST(wire::read_update(update_with("null")).metrics.empty());
}

BOOST_AUTO_TEST_CASE(there_are_few) {
    BOOST_TEST(wire::read_update(update_with(many(16))).metrics.size() == 16U);
    check_refused(many(17), "at most 16 numbers");
    check_refused(many(2000), "at most 16 numbers");
    for (const auto* const none : {"[]", "[1]", "3", "true", R"("auc")"}) {
        check_refused(none, "at most 16 numbers");
    }
}

BOOST_AUTO_TEST_CASE(names_are_short_and_plain) {
    const std::string longest(64, 'x');
    BOOST_TEST(wire::read_update(update_with("{\"" + longest + "\": 1}")).metrics.size() == 1U);
    for (const std::string& name :
         {std::string(), longest + "x", std::string(10'000, 'x'), std::string("_auc"), std::string(".auc"),
          std::string("a b"), std::string("a\\nb"), std::string("a\\u0000"), std::string("\\u202eauc"),
          std::string("größe"), std::string("a\\\"b"), std::string("{a}"), std::string("a=b")}) {
        check_refused("{\"" + name + "\": 1}", "a name is 1 to 64 letters");
    }
}

BOOST_AUTO_TEST_CASE(values_are_numbers_of_bounded_magnitude) {
    BOOST_TEST(wire::read_update(update_with(R"({"a": 1e100, "b": -1e100})")).metrics.size() == 2U);
    for (const auto* const value :
         {"1.1e100", "-1e101", "1e308", "null", R"("0.5")", "[0.5]", "{}", "true"}) {
        check_refused(std::string("{\"auc\": ") + value + "}", ".auc");
    }
    // No text can say these; whoever makes a message of them is told.
    wire::update update{3, 0, 134, 0.5, std::nullopt, 1};
    for (const double value :
         {std::numeric_limits<double>::infinity(), std::numeric_limits<double>::quiet_NaN()}) {
        update.metrics = {{"auc", value}};
        BOOST_CHECK_THROW((void)wire::read_update(wire::to_meta(update)), text::field_error);
    }
}

BOOST_AUTO_TEST_SUITE_END()
