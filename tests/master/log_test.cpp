#include <fedasio/master/log.hpp>

#include <boost/test/unit_test.hpp>

namespace {

namespace master = fedasio::master;

std::optional<master::log_line> describe(master::log_writer& log, master::event::content what) {
    return log.describe(master::event{1, 0, std::move(what)});
}

} // namespace

BOOST_AUTO_TEST_SUITE(log_lines)

BOOST_AUTO_TEST_CASE(a_round_is_one_line_with_its_numbers) {
    master::log_writer log;
    BOOST_TEST(!describe(log, master::training_started{1, 15, 0.9})->detail);
    master::round_finished finished;
    finished.result.round = 2;
    finished.result.cohort = {0, 1, 2};
    finished.result.dropped = {{1, "lost"}};
    finished.result.test_accuracy = 0.8765;
    const auto line = describe(log, finished);
    BOOST_REQUIRE(line);
    BOOST_TEST(!line->detail);
    BOOST_TEST(line->event == "round_finished");
    BOOST_TEST(line->text.find("round 2/15") != std::string::npos, line->text);
    BOOST_TEST(line->text.find("87.65 %") != std::string::npos, line->text);
    BOOST_TEST(line->text.find("2/3 clients") != std::string::npos, line->text);
    BOOST_TEST(line->text.find("train loss -") != std::string::npos, line->text);
    BOOST_TEST(line->text.find('\n') == std::string::npos, line->text);
}

BOOST_AUTO_TEST_CASE(what_a_client_does_is_detail_and_what_goes_wrong_is_not) {
    master::log_writer log;
    BOOST_TEST(describe(log, master::client_updated{})->detail);
    BOOST_TEST(describe(log, master::phase_entered{})->detail);
    const auto dropped = describe(log, master::client_dropped{3, 1, 2, "timed_out", "late"});
    BOOST_TEST(!dropped->detail);
    BOOST_TEST((dropped->level == master::noticed::severity::warning));
    BOOST_TEST(dropped->text == "round 3: client 1 dropped: timed_out: late");
    const auto late = describe(log, master::client_dropped{3, 1, 2, "not_needed", ""});
    BOOST_TEST(late->detail);
    BOOST_TEST((late->level == master::noticed::severity::info));
    const auto failed =
        describe(log, master::training_finished{master::training_outcome::failed, "no data", 0, ""});
    BOOST_TEST((failed->level == master::noticed::severity::error));
    BOOST_TEST(!describe(log, master::worker_measured{}));

    master::log_writer brief(false);
    BOOST_TEST(!describe(brief, master::client_updated{}));
    BOOST_TEST(!describe(brief, master::phase_entered{}));
    BOOST_TEST(!describe(brief, master::client_dropped{3, 1, 2, "not_needed", ""}));
    BOOST_TEST(describe(brief, master::client_dropped{3, 1, 2, "timed_out", "late"})->text == dropped->text);
}

BOOST_AUTO_TEST_SUITE_END()
