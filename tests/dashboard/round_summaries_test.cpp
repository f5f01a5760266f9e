#include <fedasio/dashboard/round_summaries.hpp>
#include <fedasio/text/json_text.hpp>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace {

namespace json = boost::json;
using namespace fedasio::master;
using fedasio::dashboard::round_summaries;

/// Events on a clock of its own.
struct story {
    round_summaries kept;
    std::uint64_t seq = 0;

    template <class What>
    void tell(double time, What what) {
        kept.fold({++seq, time, std::move(what)});
    }

    void open(std::string run) {
        run_opened opened;
        opened.run = std::move(run);
        tell(0, std::move(opened));
    }

    void join(worker_id id, double time = 0) {
        worker_joined joined;
        joined.worker = id;
        tell(time, std::move(joined));
    }

    void state(double time, worker_id id, worker_state now) { tell(time, worker_state_changed{id, now}); }

    /// From `from` on each worker trains so many seconds and sends for a tenth of one; then a second of
    /// testing.
    void round(std::uint32_t number, double from, const std::vector<double>& takes) {
        tell(from, round_started{number, {}, 0});
        double last = 0;
        for (std::size_t i = 0; i < takes.size(); ++i) {
            const auto id = static_cast<worker_id>(i + 1);
            state(from, id, worker_state::training);
            state(from + takes[i], id, worker_state::sending);
            state(from + takes[i] + 0.1, id, worker_state::ready);
            last = std::max(last, takes[i] + 0.1);
        }
        tell(from + last, phase_entered{phase::aggregating, number});
        round_result result;
        result.round = number;
        tell(from + last + 1, round_finished{result});
    }

    [[nodiscard]] json::value told() const { return fedasio::text::parse_json(kept.text()); }
};

double number(const json::value& of, const char* key) {
    return of.at(key).to_number<double>();
}

void is_near(double value, double expected) {
    BOOST_TEST(std::abs(value - expected) < 1e-4, value << " is not " << expected);
}

} // namespace

BOOST_AUTO_TEST_SUITE(summaries_of_rounds)

BOOST_AUTO_TEST_CASE(says_what_each_worker_costs_and_how_time_was_spent) {
    story of;
    of.open("aa");
    for (worker_id id = 1; id <= 4; ++id) {
        of.join(id);
    }
    for (std::uint32_t round = 1; round <= 5; ++round) {
        of.round(round, 10.0 * round, {1, 1, 1, 3});
    }
    const auto told = of.told();
    BOOST_TEST(told.at("run").as_string() == "aa");
    is_near(number(told, "usual"), 3.1);
    BOOST_TEST(number(told, "rounds_looked_at") == 5);
    const auto& workers = told.at("workers").as_array();
    BOOST_REQUIRE(workers.size() == 4U);
    is_near(number(workers[0], "until"), 1.1);
    is_near(number(workers[0], "saves"), 0);
    is_near(number(workers[3], "until"), 3.1);
    is_near(number(workers[3], "computing"), 3);
    is_near(number(workers[3], "moving"), 0.1);
    is_near(number(workers[3], "saves"), 2);
    BOOST_TEST(number(workers[3], "rounds") == 5);
    const auto& rounds = told.at("rounds").as_array();
    BOOST_REQUIRE(rounds.size() == 5U);
    is_near(number(rounds[4], "from"), 50);
    is_near(number(rounds[4], "to"), 54.1);
    is_near(number(rounds[4], "computing"), 6);
    is_near(number(rounds[4], "moving"), 0.4);
    is_near(number(rounds[4], "waiting"), 4 * 4.1 - 6.4);
    // Two rounds make nobody late.
    BOOST_TEST(number(rounds[1], "late") == 0);
    BOOST_TEST(number(rounds[4], "late") == 1);
}

BOOST_AUTO_TEST_CASE(costs_are_of_the_latest_rounds) {
    story of;
    of.open("aa");
    of.join(1);
    of.join(2);
    for (std::uint32_t round = 1; round <= 300; ++round) {
        of.round(round, 10.0 * round, {round <= 280 ? 5.0 : 1.0, 0.5});
    }
    const auto told = of.told();
    is_near(number(told.at("workers").at(0), "until"), 1.1);
    BOOST_TEST(number(told, "rounds_looked_at") == 20);
    BOOST_TEST(told.at("rounds").as_array().size() == 200U);
    BOOST_TEST(number(told.at("rounds").at(0), "round") == 101);
}

BOOST_AUTO_TEST_CASE(who_leaves_counts_until_then_and_a_round_half_seen_not_at_all) {
    story of;
    of.open("aa");
    of.join(1);
    of.join(2);
    // Not begun in this process.
    round_result cut;
    cut.round = 6;
    of.tell(5, round_finished{cut});
    BOOST_TEST(of.told().at("rounds").as_array().empty());
    BOOST_TEST(of.told().at("usual").is_null());
    of.tell(10, round_started{7, {}, 0});
    of.state(10, 1, worker_state::training);
    of.state(10, 2, worker_state::training);
    worker_left left;
    left.worker = 2;
    of.tell(12, std::move(left));
    of.state(14, 1, worker_state::ready);
    of.tell(14, phase_entered{phase::aggregating, 7});
    round_result result;
    result.round = 7;
    of.tell(15, round_finished{result});
    const auto told = of.told();
    is_near(number(told.at("rounds").at(0), "computing"), 6);
    is_near(number(told.at("rounds").at(0), "waiting"), 1);
    is_near(number(told.at("workers").at(1), "until"), 2);
    // Later it is not there.
    of.round(8, 20, {1});
    BOOST_TEST(number(of.told().at("workers").at(1), "rounds") == 1);
    is_near(number(of.told().at("rounds").at(1), "waiting"), 1);
}

BOOST_AUTO_TEST_CASE(who_comes_again_and_again_as_another_leaves_only_its_time) {
    story of;
    of.open("aa");
    of.join(1);
    const auto come_and_go = [&](worker_id id, double time) {
        of.join(id, time);
        worker_left left;
        left.worker = id;
        of.tell(time + 1, std::move(left));
    };
    come_and_go(2, 1);
    BOOST_TEST(of.kept.followed() == 1U);
    of.tell(10, round_started{1, {}, 0});
    of.state(10, 1, worker_state::training);
    come_and_go(3, 11);
    come_and_go(4, 12);
    BOOST_TEST(of.kept.followed() == 1U);
    of.state(15, 1, worker_state::ready);
    of.tell(15, phase_entered{phase::aggregating, 1});
    round_result result;
    result.round = 1;
    of.tell(16, round_finished{result});
    const auto told = of.told();
    is_near(number(told.at("rounds").at(0), "waiting"), 3);
    BOOST_TEST(told.at("workers").as_array().size() == 1U);
    // Nor does one that has worked in a round, and goes after it.
    worker_left left;
    left.worker = 1;
    of.tell(17, std::move(left));
    BOOST_TEST(of.kept.followed() == 0U);
}

BOOST_AUTO_TEST_CASE(another_run_begins_anew_with_the_same_workers) {
    story of;
    of.open("aa");
    of.join(1);
    of.round(1, 10, {1});
    of.tell(30, layers_measured{1, {{"a", 1, 0.5, 0, 0}}});
    of.open("bb");
    BOOST_TEST(of.told().at("rounds").as_array().empty());
    BOOST_TEST(of.told().at("layers").at("rounds").as_array().empty());
    of.round(1, 40, {2});
    is_near(number(of.told().at("workers").at(0), "until"), 2.1);
}

BOOST_AUTO_TEST_CASE(a_run_that_goes_on_tells_what_was_changed_before) {
    story of;
    of.open("aa");
    BOOST_TEST(of.told().at("resumed").is_null());
    run_resumed resumed;
    resumed.run = "bb";
    resumed.round = 7;
    resumed.changes = {
        {.round = 3, .last_round = 50, .target_accuracy = {}, .deadline = 5, .loaded = "best"}};
    of.tell(1, std::move(resumed));
    const auto told = of.told().at("resumed");
    BOOST_TEST(number(told, "round") == 7);
    BOOST_TEST(told.at("changes").at(0).at("loaded").as_string() == "best");
    BOOST_TEST(number(told.at("changes").at(0), "round") == 3);
    of.open("cc");
    BOOST_TEST(of.told().at("resumed").is_null());
}

BOOST_AUTO_TEST_CASE(of_many_rounds_layers_are_told_at_even_distances) {
    story of;
    of.open("aa");
    for (std::uint32_t round = 1; round <= 500; ++round) {
        of.tell(round, layers_measured{round, {{"a", 123.456789, 0.5, 3, 1}, {"b", 1, 0, 0, 0}}});
    }
    const auto layers = of.told().at("layers");
    BOOST_TEST(layers.at("names").at(1).as_string() == "b");
    const auto& rounds = layers.at("rounds").as_array();
    BOOST_REQUIRE(rounds.size() == 167U);
    BOOST_TEST(number(rounds.front(), "round") == 2);
    BOOST_TEST(number(rounds.back(), "round") == 500);
    BOOST_TEST(rounds[0].at("weights").at(0).to_number<double>() == 123.5);
    BOOST_TEST(rounds[0].at("still").at(0).to_number<int>() == 1);
}

BOOST_AUTO_TEST_SUITE_END()
