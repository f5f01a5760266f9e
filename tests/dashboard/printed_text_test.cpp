#include <fedasio/text/json_text.hpp>

#include <boost/json/value.hpp>
#include <boost/test/unit_test.hpp>

#include "status_text.hpp"

namespace {

using fedasio::steering::event_line;
using fedasio::steering::status_text;

boost::json::object parse(std::string_view text) {
    return fedasio::text::parse_json(text).as_object();
}

std::string line(std::string_view text) {
    return event_line(parse(text)).value_or("(none)");
}

} // namespace

BOOST_AUTO_TEST_SUITE(fedasio_printed_text)

BOOST_AUTO_TEST_CASE(a_terminal_is_never_commanded) {
    BOOST_TEST(line(R"({"type":"notice","level":"info","text":"a\u001bb\u009bc\u202ed"})") ==
               "info: a?b?c?d");
}

BOOST_AUTO_TEST_CASE(rounds) {
    BOOST_TEST(line(R"({"type":"round_finished","result":{"round":3,"train_loss":0.5,"train_accuracy":null,)"
                    R"("test_loss":null,"test_accuracy":0.875,"dropped":[{"client":1,"reason":"lost"}]}})") ==
               "round 3, train loss 0.5000, test accuracy 87.50 %, 1 dropped");
    BOOST_TEST(line(R"({"type":"round_finished","result":{"round":3,"test_loss":0.25,"test_r2":0.75,)"
                    R"("test_rmse":12.5,"test_mae":10,"test_auc":null,"test_partial":true,"dropped":[]}})") ==
               "round 3, test loss 0.2500, R² 0.7500, RMSE 12.5000, MAE 10.0000, of a part of the clients");
}

BOOST_AUTO_TEST_CASE(ends) {
    BOOST_TEST(line(R"({"type":"training_finished","outcome":"target_reached","round":3,"detail":""})") ==
               "training ended after round 3: the target accuracy is reached");
    BOOST_TEST(line(R"({"type":"training_finished","outcome":"failed","round":3,"detail":"no workers"})") ==
               "training ended after round 3: it failed (no workers)");
}

BOOST_AUTO_TEST_CASE(what_is_not_worth_a_line) {
    BOOST_TEST(line(R"({"type":"worker_stats"})") == "(none)");
    BOOST_TEST(line(R"({"type":"phase","phase":"training","round":1})") == "(none)");
    BOOST_TEST(line(R"({"type":"phase","phase":"paused","round":1})") == "paused at round 1");
    BOOST_TEST(line("{}") == "(none)");
}

BOOST_AUTO_TEST_CASE(status) {
    const auto text = status_text(parse(
        R"({"plan":"digits","task":"classification","parameters":10,"seed":1,"phase":"training","pausing":true,)"
        R"("round":3,"last_round":15,"target_accuracy":0.5,"workers":2,"min_workers":1,"clients":3,)"
        R"("clients_planned":4,"models":["a","b"],"version":"0.1.0","instruction_set":"x86-64-v3",)"
        R"("started":10,"now":15})"));
    BOOST_TEST(text == "plan     digits (classification, 10 parameters, seed 1)\n"
                       "phase    training, pausing after this round\n"
                       "round    3 of 15, until the test accuracy is 50.00 %\n"
                       "workers  2 (at least 1 needed), hosting 3 of 4 clients\n"
                       "models   a, b\n"
                       "master   fedasio 0.1.0, x86-64-v3, up 5 s");
    BOOST_CHECK_NO_THROW(status_text({}));
}

BOOST_AUTO_TEST_SUITE_END()
