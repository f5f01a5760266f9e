// What an evaluation tells of a regression's values beside sums.

#include <fedasio/text/field_error.hpp>
#include <fedasio/text/json_text.hpp>
#include <fedasio/wire/evaluate.hpp>

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>
#include <boost/test/unit_test.hpp>

#include <string>

namespace {

using namespace fedasio;

wire::evaluation with_histogram(const std::string& histogram) {
    const auto meta =
        text::parse_json(R"({"client": 0, "samples": 33, "loss_sum": 9.5, "histogram": )" + histogram + "}");
    return wire::read_evaluation(meta.as_object());
}

} // namespace

BOOST_AUTO_TEST_SUITE(evaluations)

BOOST_AUTO_TEST_CASE(a_histogram_travels_where_it_is_asked_for) {
    wire::evaluate asks{3, 0, 7};
    BOOST_TEST(!wire::to_meta(asks).contains("histogram"));
    BOOST_TEST(!wire::read_evaluate(wire::to_meta(asks)).histogram);
    asks.histogram = true;
    BOOST_TEST(wire::read_evaluate(wire::to_meta(asks)).histogram);

    wire::evaluation told{0, 33, 9.5};
    BOOST_TEST(!wire::to_meta(told).contains("histogram"));
    told.histogram = {{0, 30}, {575, 3}};
    BOOST_TEST(boost::json::serialize(wire::to_meta(told).at("histogram")) == "[0,30,575,3]");
    BOOST_TEST((wire::read_evaluation(wire::to_meta(told)).histogram == told.histogram));
    BOOST_TEST(with_histogram("[]").histogram.empty());
}

BOOST_AUTO_TEST_CASE(of_cells_nothing_is_taken_on_a_strangers_word) {
    std::string many = "[";
    for (int i = 0; i < 1200; ++i) {
        many += (i == 0 ? "" : ",") + std::to_string(i);
    }
    many += "]";
    for (const std::string& lie :
         {std::string("7"), std::string("{}"), std::string("[1]"), std::string("[1,2,3]"),
          std::string("[576,1]"), std::string("[4294967872,1]"), std::string("[-1,1]"), std::string("[1,-1]"),
          std::string("[1,1.5]"), std::string("[1,\"1\"]"), std::string("[1,1e300]"),
          std::string("[1,18446744073709551615]"), std::string("[3,1,3,1]"), std::string("[3,1,2,1]"),
          many}) {
        BOOST_CHECK_EXCEPTION((void)with_histogram(lie), text::field_error,
                              [&](const text::field_error& error) {
                                  const std::string said = error.what();
                                  BOOST_TEST(said.starts_with("evaluation.histogram"), said);
                                  BOOST_TEST(said.size() < 400U);
                                  return true;
                              });
    }
}

BOOST_AUTO_TEST_SUITE_END()
