#include <fedasio/history/past_runs.hpp>

#include <boost/test/unit_test.hpp>

#include "history/recorded.hpp"
#include <cmath>

namespace {

namespace history = fedasio::history;
using namespace history::testing;

} // namespace

BOOST_FIXTURE_TEST_SUITE(spread, recorded)

BOOST_AUTO_TEST_CASE(how_clients_were_served_is_summed_up_by_round) {
    process master(*this, "aa");
    master.events.publish(training_started{1, 3, {}});
    clients_evaluated found{1, {}};
    for (unsigned client = 0; client < 11; ++client) {
        test_metrics metrics;
        metrics.accuracy = 0.1 * client;
        found.clients.push_back({client, 4 + client, metrics, ""});
    }
    test_metrics best;
    best.accuracy = 0;
    found.clients.push_back({11, 4, best, "timed_out"});
    found.clients.push_back({12, 0, {}, "away"});
    master.events.publish(found);
    master.round(1);
    // A regression's errors: more is worse.
    clients_evaluated errors{2, {}};
    for (unsigned client = 0; client < 2; ++client) {
        test_metrics metrics;
        metrics.rmse = 1 + client;
        errors.clients.push_back({client, 4, metrics, ""});
    }
    master.events.publish(errors);
    master.round(2);
    master.events.publish(clients_evaluated{3, {found.clients[3]}});
    master.round(3);
    master.write();
    const auto spreads = parsed(history::spreads_text(file, "aa").value()).as_array();
    BOOST_REQUIRE(spreads.size() == 2U);
    const auto number = [](const json::value& of, const char* key) { return of.at(key).to_number<double>(); };
    BOOST_TEST(number(spreads[0], "round") == 1);
    BOOST_TEST(number(spreads[0], "clients") == 11);
    BOOST_TEST(spreads[0].at("of").as_string() == "accuracy");
    BOOST_TEST(std::abs(number(spreads[0], "low") - 0.1) < 1e-12);
    BOOST_TEST(std::abs(number(spreads[0], "median") - 0.5) < 1e-12);
    BOOST_TEST(std::abs(number(spreads[0], "high") - 0.9) < 1e-12);
    const auto& worst = spreads[0].at("worst").as_array();
    BOOST_REQUIRE(worst.size() == 5U);
    BOOST_TEST(number(worst[0], "client") == 0);
    BOOST_TEST(number(worst[4], "client") == 4);
    BOOST_TEST(number(worst[4], "samples") == 8);
    BOOST_TEST(spreads[1].at("of").as_string() == "rmse");
    BOOST_TEST(std::abs(number(spreads[1], "low") - 1.1) < 1e-12);
    BOOST_TEST(number(spreads[1].at("worst").at(0), "client") == 1);
    BOOST_TEST(!history::spreads_text(file, "bb").has_value());
}

BOOST_AUTO_TEST_CASE(of_many_rounds_some_at_even_distances_are_summed_up) {
    process master(*this, "aa");
    master.events.publish(training_started{1, 300, {}});
    test_metrics metrics;
    metrics.accuracy = 0.5;
    for (unsigned round = 1; round <= 300; ++round) {
        master.events.publish(clients_evaluated{round, {{0, 4, metrics, ""}, {1, 4, metrics, ""}}});
        master.round(round);
    }
    master.write();
    const auto spreads = parsed(history::spreads_text(file, "aa").value()).as_array();
    BOOST_REQUIRE(spreads.size() == 100U);
    BOOST_TEST(spreads.front().at("round").to_number<int>() == 3);
    BOOST_TEST(spreads[1].at("round").to_number<int>() == 6);
    BOOST_TEST(spreads.back().at("round").to_number<int>() == 300);
}

BOOST_AUTO_TEST_SUITE_END()
