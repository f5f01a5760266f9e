// The process that tests the global model, played by the other end of its socket.

#include <fedasio/net/connection.hpp>
#include <fedasio/net/local_stream.hpp>
#include <fedasio/wire/evaluate.hpp>
#include <fedasio/wire/hello.hpp>
#include <fedasio/wire/message_type.hpp>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/test/unit_test.hpp>

#include "master/cancelled.hpp"
#include "master/evaluator.hpp"
#include "net/live_runtime.hpp"
#include "parts.hpp"
#include <array>
#include <optional>
#include <stdexcept>
#include <sys/socket.h>

using namespace parts;
using namespace std::chrono_literals;

namespace message = wire::message_type;

namespace {

struct examined {
    examined() {
        std::array<int, 2> pair{};
        BOOST_TEST_REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair.data()) == 0);
        auto& how = given.options.evaluator.emplace();
        how.descriptor = pair[0];
        how.grace = 20ms;
        state.progress.begin_anew();
        state.progress.asked.begin_round();
        state.model.build(make_initial_model(given.plan.model, given.plan, 0));
        asked.emplace(given);
        net::connection_options options;
        options.limits = {1U << 20, 1U << 20};
        net::runtime& rt = world;
        other = std::make_shared<net::connection>(rt, net::adopt_local_stream(rt, pair[1]), options,
                                                  [this](const net::frame& question) {
                                                      heard.push_back(question.type);
                                                      if (question.type != message::evaluate || answers) {
                                                          do_as_asked(*other, question);
                                                      } else {
                                                          on_evaluate();
                                                      }
                                                  });
        other->start();
        other->ask(net::frame(message::hello, wire::to_meta(wire::hello{"it", 0, 1, {}, {}})), {},
                   [](const net::answer& /*got*/) {});
        asked->start();
    }

    ~examined() {
        world.run(asked->end());
        other->abort(net::errc::closed);
        world.run(gone());
    }

    examined(const examined&) = delete;
    examined& operator=(const examined&) = delete;

    net::awaitable<void> gone() { static_cast<void>(co_await other->ended()); }

    wire::evaluation test(net::clock::duration patience = 1min) {
        return world.run(asked->test(state, 3, world.now() + patience));
    }

    net::testing::live_runtime world;
    event_source events{static_cast<net::runtime&>(world).time};
    setting given{world,
                  world.context().get_executor(),
                  events,
                  {},
                  plan::parse_plan(plan_text(R"(, "deadline": 0.05)"), "plan"),
                  {}};
    run_state state{given};
    std::optional<evaluator> asked;
    std::shared_ptr<net::connection> other;
    std::vector<std::uint16_t> heard;
    bool answers = true;
    std::function<void()> on_evaluate = [] {};
};

} // namespace

BOOST_AUTO_TEST_SUITE(an_evaluator)

BOOST_FIXTURE_TEST_CASE(is_told_of_the_model_once_and_of_no_data, examined) {
    BOOST_TEST(asked->is_asked());
    BOOST_TEST(test().samples == 2U);
    BOOST_TEST(test().samples == 2U);
    const std::vector<std::uint16_t> expected{message::model, message::weights, message::evaluate,
                                              message::evaluate};
    BOOST_TEST(heard == expected, boost::test_tools::per_element());
    asked->begin_anew();
    heard.clear();
    BOOST_TEST(test().samples == 2U);
    BOOST_TEST(heard.front() == message::model);
}

BOOST_FIXTURE_TEST_CASE(is_not_asked_where_the_plan_has_test_files, examined) {
    std::get<data::csv_source>(given.plan.source).test = "test.csv";
    BOOST_TEST(!asked->is_asked());
}

BOOST_FIXTURE_TEST_CASE(has_until_the_deadline_and_is_told_then, examined) {
    static_cast<void>(test()); // what it must know before takes none of the time then
    answers = false;
    const auto is_the_deadline = [](const std::runtime_error& e) {
        return std::string(e.what()) == "the evaluator did not answer within the plan's deadline of 0.05 s";
    };
    BOOST_CHECK_EXCEPTION(static_cast<void>(test(50ms)), std::runtime_error, is_the_deadline);
    BOOST_TEST(heard.back() == message::cancel);
}

BOOST_FIXTURE_TEST_CASE(is_given_up_with_its_training, examined) {
    answers = false;
    boost::asio::cancellation_signal end;
    on_evaluate = [&] { end.emit(boost::asio::cancellation_type::terminal); };
    bool was_cancelled = false;
    bool is_over = false;
    auto run = [](examined& all, bool& cancelled_there, bool& over) -> net::awaitable<void> {
        co_await boost::asio::this_coro::throw_if_cancelled(false);
        try {
            static_cast<void>(co_await all.asked->test(all.state, 3, all.world.now() + 1min));
        } catch (const cancelled&) {
            cancelled_there = true;
        }
        over = true;
    };
    const auto executor = world.context().get_executor();
    boost::asio::co_spawn(executor, run(*this, was_cancelled, is_over),
                          boost::asio::bind_cancellation_slot(end.slot(), [](std::exception_ptr) {}));
    world.context().restart();
    while (!is_over) {
        BOOST_TEST_REQUIRE(world.context().run_one_for(1min) > 0U);
    }
    BOOST_TEST(was_cancelled);
    BOOST_TEST(heard.back() == message::cancel);
}

BOOST_FIXTURE_TEST_CASE(that_has_gone_says_so, examined) {
    answers = false;
    on_evaluate = [this] { other->abort(net::errc::closed); };
    const auto is_gone = [](const std::runtime_error& e) {
        return std::string(e.what()).starts_with("the evaluator has gone");
    };
    BOOST_CHECK_EXCEPTION(static_cast<void>(test()), std::runtime_error, is_gone);
}

BOOST_AUTO_TEST_SUITE_END()
