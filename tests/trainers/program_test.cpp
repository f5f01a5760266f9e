#include <fedasio/net/clock.hpp>
#include <fedasio/net/connection.hpp>
#include <fedasio/net/event.hpp>
#include <fedasio/trainers/trainer_command.hpp>

#include <boost/asio/thread_pool.hpp>
#include <boost/test/unit_test.hpp>

#include "trainers/program.hpp"
#include <net/live_runtime.hpp>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

using namespace fedasio;
using namespace std::chrono_literals;

struct started {
    /// What ends by itself must never be ended for its silence, however busy the machine.
    explicit started(const std::string& command, bool evaluates_only,
                     net::clock::duration patience_for_hello = 5min) {
        how.command = command;
        how.first_pause = 1ms;
        how.patience_for_hello = patience_for_hello;
        how.grace = 50ms;
        trainers::trainer_place where{world, how, log, 4};
        where.evaluates_only = evaluates_only;
        program.emplace(where, pool.get_executor());
    }

    ~started() {
        world.run(program->end(true, "the test is over"));
        pool.join();
    }

    std::string why_not_ready() {
        try {
            world.run(program->be_ready());
        } catch (const std::runtime_error& e) {
            return e.what();
        }
        return "it is ready";
    }

    net::testing::live_runtime world;
    boost::asio::thread_pool pool{1};
    trainers::trainer_command how;
    std::vector<std::string> heard;
    trainers::log_handler log = [this](trainers::severity, const std::string& line) {
        heard.push_back(line);
    };
    std::optional<trainers::trainer_program> program;
};

} // namespace

BOOST_AUTO_TEST_SUITE(a_program_is_started)

BOOST_AUTO_TEST_CASE(each_is_called_what_it_is) {
    started trainer("echo words; exit 3", false);
    BOOST_TEST(trainer.why_not_ready() ==
               "the trainer ended with exit code 3; the last that it printed: words");
    BOOST_TEST_REQUIRE(trainer.heard.size() == 2U);
    BOOST_TEST(trainer.heard[0] == "trainer 4: words");
    BOOST_TEST(trainer.heard[1] == "trainer 4 ended with exit code 3; the last that it printed: words");
    started evaluator("echo words; exit 3", true);
    BOOST_TEST(evaluator.why_not_ready() ==
               "the evaluator ended with exit code 3; the last that it printed: words");
    BOOST_TEST(evaluator.heard.at(0) == "evaluator: words");
}

BOOST_AUTO_TEST_CASE(one_that_has_ended_is_started_again) {
    started it("exit 3", true);
    BOOST_TEST(it.why_not_ready() == "the evaluator ended with exit code 3");
    BOOST_TEST(it.why_not_ready() == "the evaluator ended with exit code 3");
    BOOST_TEST(it.heard.size() == 2U);
}

BOOST_AUTO_TEST_CASE(one_that_does_not_greet_is_ended) {
    started it("trap '' TERM; while :; do sleep 3600; done", true, 100ms);
    BOOST_TEST(it.why_not_ready() == "the evaluator was ended: it did not say hello in 0 s");
    BOOST_TEST(it.why_not_ready() ==
               "the evaluator was ended: it did not say hello in 0 s"); // after the kill
}

BOOST_AUTO_TEST_SUITE_END()
