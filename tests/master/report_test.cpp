#include <fedasio/master/report.hpp>

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <boost/test/unit_test.hpp>

#include <limits>

namespace {

namespace master = fedasio::master;
using fedasio::net::clock;

class hand_clock final : public clock {
public:
    time_point time;

    [[nodiscard]] time_point now() const override { return time; }

    [[nodiscard]] double unix_time() const override { return 0; }

    [[nodiscard]] std::unique_ptr<fedasio::net::alarm> at(time_point, std::function<void()>) override {
        return nullptr;
    }
};

} // namespace

BOOST_AUTO_TEST_SUITE(report)

BOOST_AUTO_TEST_CASE(a_round_has_every_key_of_the_report) {
    master::round_result round;
    round.round = 3;
    round.cohort = {0, 2};
    round.dropped = {{2, "lost"}};
    round.train_loss = 0.5;
    round.test_accuracy = 0.75;
    round.seconds[static_cast<std::size_t>(master::phase::training)] = 1.5;
    round.seconds[static_cast<std::size_t>(master::phase::waiting)] = 9;
    const auto json = master::to_json(round);
    BOOST_TEST(json.at("round").to_number<int>() == 3);
    BOOST_TEST(json.at("cohort").as_array().size() == 2U);
    BOOST_TEST(json.at("dropped").as_array().at(0).at("reason").as_string() == "lost");
    BOOST_TEST(json.at("dropped").as_array().at(0).at("client").to_number<int>() == 2);
    BOOST_TEST(json.at("train_loss").as_double() == 0.5);
    BOOST_TEST(json.at("test_accuracy").as_double() == 0.75);
    BOOST_TEST(json.at("train_accuracy").is_null());
    BOOST_TEST(json.at("test_loss").is_null());
    BOOST_TEST(json.at("seconds").at("training").as_double() == 1.5);
    BOOST_TEST(json.at("seconds").as_object().size() == 6U);
    BOOST_TEST(!json.at("seconds").as_object().contains("waiting"));
    BOOST_TEST(json.contains("bytes_sent"));
    BOOST_TEST(json.contains("bytes_received"));
}

BOOST_AUTO_TEST_CASE(a_number_that_json_cannot_express_is_null) {
    master::round_result result;
    result.train_loss = std::numeric_limits<double>::infinity();
    result.test_loss = std::numeric_limits<double>::quiet_NaN();
    const auto json = master::to_json(result);
    BOOST_TEST(json.at("train_loss").is_null());
    BOOST_TEST(json.at("test_loss").is_null());
}

BOOST_AUTO_TEST_CASE(it_collects_a_run) {
    hand_clock time;
    master::report report(time);
    const auto take = [&](master::event::content what) { report.take(master::event{1, 0, std::move(what)}); };
    master::run_opened opened;
    opened.plan_digest = "abc";
    opened.seed = 18446744073709551615U;
    opened.instruction_set = "x86-64-v3";
    take(opened);
    take(master::model_built{77});
    BOOST_TEST(report.to_json().at("outcome").is_null());
    time.time += std::chrono::seconds(5);
    take(master::training_started{1, 2, {}});
    master::round_finished finished;
    finished.result.round = 1;
    take(finished);
    finished.result.round = 2;
    take(finished);
    time.time += std::chrono::seconds(3);
    take(master::training_finished{master::training_outcome::target_reached, "why", 2, "deadbeef"});
    const auto json = report.to_json();
    BOOST_TEST(json.at("plan_digest").as_string() == "abc");
    BOOST_TEST(json.at("seed").to_number<std::uint64_t>() == 18446744073709551615U);
    BOOST_TEST(json.at("instruction_set").as_string() == "x86-64-v3");
    BOOST_TEST(json.at("parameters").to_number<int>() == 77);
    BOOST_TEST(json.at("outcome").as_string() == "target_reached");
    BOOST_TEST(json.at("weights_sha256").as_string() == "deadbeef");
    BOOST_TEST(json.at("rounds").as_array().size() == 2U);
    BOOST_TEST(json.at("seconds_total").as_double() == 3.0);
}

BOOST_AUTO_TEST_SUITE_END()
