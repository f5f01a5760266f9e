#include <fedasio/net/child_process.hpp>
#include <fedasio/net/local_stream.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/system/system_error.hpp>
#include <boost/test/unit_test.hpp>

#include <csignal>
#include <memory>
#include <net/live_runtime.hpp>
#include <string>
#include <unistd.h>
#include <vector>

using namespace fedasio::net;
using namespace fedasio::net::testing;
using namespace std::chrono_literals;

namespace {

/// Stands still until it is moved.
class still_clock final : public fedasio::net::clock {
public:
    [[nodiscard]] time_point now() const override { return now_; }

    [[nodiscard]] double unix_time() const override { return 0; }

    [[nodiscard]] std::unique_ptr<fedasio::net::alarm> at(time_point, std::function<void()>) override {
        return nullptr;
    }

    void move(duration by) { now_ += by; }

private:
    time_point now_{1h};
};

struct listener {
    still_clock time;
    std::vector<std::string> heard;
    output_lines lines{time, [this](const std::string& line) { heard.push_back(line); }};
};

struct started {
    explicit started(const std::string& command)
        : child(world, command, "CHANNEL", [this](const std::string& line) { heard.push_back(line); }),
          channel(child.take_channel()) {}

    ~started() { pool.join(); }

    void run() { world.run(child.run(pool.get_executor())); }

    live_runtime world;
    asio::thread_pool pool{1};
    std::vector<std::string> heard;
    child_process child;
    std::unique_ptr<stream> channel;
};

} // namespace

BOOST_AUTO_TEST_SUITE(lines_of_output)

BOOST_FIXTURE_TEST_CASE(parts_become_lines, listener) {
    lines.take("one\ntw");
    lines.take("o\n\nthr");
    lines.take("ee");
    lines.end();
    const std::vector<std::string> expected{"one", "two", "three"};
    BOOST_TEST(heard == expected, boost::test_tools::per_element());
    BOOST_TEST(lines.last() == "three");
}

BOOST_FIXTURE_TEST_CASE(a_line_without_end_takes_no_memory, listener) {
    for (int i = 0; i < 1000; ++i) {
        lines.take(std::string(10'000, 'x'));
    }
    lines.take("\n\x1b[2Jevil\n");
    BOOST_TEST_REQUIRE(heard.size() == 2U);
    BOOST_TEST(heard[0] == std::string(output_lines::longest, 'x') + " ...");
    BOOST_TEST(heard[1] == "?[2Jevil");
}

BOOST_FIXTURE_TEST_CASE(of_many_lines_some_are_told_and_the_others_counted, listener) {
    for (int i = 0; i < 1000; ++i) {
        lines.take("again\n");
    }
    BOOST_TEST(heard.size() == output_lines::most);
    time.move(1s);
    lines.take("later\n");
    BOOST_TEST_REQUIRE(heard.size() == output_lines::most + 2);
    BOOST_TEST(heard[output_lines::most] == "(900 more lines are left out here)");
    BOOST_TEST(heard.back() == "later");
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(processes)

BOOST_AUTO_TEST_CASE(a_program_has_its_channel_and_its_output_is_read) {
    started it("echo hello; echo trouble >&2; read line <&$CHANNEL; echo \"got $line\"; echo answer "
               ">&$CHANNEL; exit 3");
    const std::string text = "question\n";
    const asio::const_buffer out(text.data(), text.size());
    auto talk = [](stream& with, asio::const_buffer what) -> awaitable<std::string> {
        static_cast<void>(co_await with.write_some(std::span(&what, 1)));
        std::string answer(64, '\0');
        const auto got = co_await with.read_some(asio::buffer(answer));
        answer.resize(got.bytes);
        co_return answer;
    };
    const auto answer = it.world.run(talk(*it.channel, out));
    BOOST_TEST(answer == "answer\n");
    it.run();
    BOOST_TEST(it.child.has_ended());
    const std::vector<std::string> expected{"hello", "trouble", "got question"};
    BOOST_TEST(it.heard == expected, boost::test_tools::per_element());
    BOOST_TEST(it.child.how_it_ended() == "ended with exit code 3; the last that it printed: got question");
}

BOOST_AUTO_TEST_CASE(what_it_started_ends_with_it) {
    // The second one would hold the pipe of the output open for an hour.
    started it("sleep 3600 & echo $!; exit 0");
    it.run();
    BOOST_TEST_REQUIRE(it.heard.size() == 1U);
    const auto other = static_cast<pid_t>(std::stol(it.heard[0]));
    BOOST_TEST(it.child.how_it_ended().starts_with("ended with exit code 0"));
    while (::kill(other, 0) == 0) { // until its new parent has seen its end
        ::sched_yield();
    }
}

BOOST_AUTO_TEST_CASE(what_it_started_in_a_session_of_its_own_ends_with_it) {
    started it(
        "setsid sh -c 'sleep 3600 & echo $! >&$CHANNEL; exec sleep 3600' & read line <&$CHANNEL; exit 0");
    std::string number(64, '\0');
    number.resize(it.world.run(it.channel->read_some(asio::buffer(number))).bytes);
    const std::string text = "end\n";
    const asio::const_buffer out(text.data(), text.size());
    static_cast<void>(it.world.run(it.channel->write_some(std::span(&out, 1))));
    it.run();
    BOOST_TEST(it.child.how_it_ended().starts_with("ended with exit code 0"));
    const auto other = static_cast<pid_t>(std::stol(number));
    while (::kill(other, 0) == 0) {
        ::sched_yield();
    }
}

BOOST_AUTO_TEST_CASE(what_it_left_is_looked_for_on_the_pool) {
    started it("setsid sh -c 'echo $$ >&$CHANNEL; exec sleep 3600' & read line <&$CHANNEL; exit 0");
    std::string number(64, '\0');
    number.resize(it.world.run(it.channel->read_some(asio::buffer(number))).bytes);
    const auto other = static_cast<pid_t>(std::stol(number));
    asio::io_context pool; // works when this test says so
    const auto waits = asio::make_work_guard(pool);
    asio::co_spawn(it.world.context(), it.child.run(pool.get_executor()), asio::detached);
    it.channel.reset(); // it reads the end of it
    it.world.context().restart();
    int found = -1;
    while (pool.poll_one() == 0) {
        BOOST_TEST_REQUIRE(it.world.context().run_one() > 0U); // nothing else would be to do
        BOOST_TEST_REQUIRE(!it.child.has_ended());
        found = ::kill(other, 0);
    }
    BOOST_TEST(found == 0); // until then it lived
    it.world.run(it.child.ended());
    while (::kill(other, 0) == 0) {
        ::sched_yield();
    }
}

BOOST_AUTO_TEST_CASE(it_can_be_asked_to_end_and_made_to) {
    started asked("exec sleep 3600");
    asked.child.terminate();
    asked.run();
    BOOST_TEST(asked.child.how_it_ended() == "was killed by signal 15 (Terminated)");
    started made("trap '' TERM; echo ready >&$CHANNEL; while :; do sleep 3600; done");
    char ready = 0;
    static_cast<void>(made.world.run(made.channel->read_some(asio::mutable_buffer(&ready, 1))));
    made.child.terminate();
    made.child.kill();
    made.run();
    BOOST_TEST(made.child.how_it_ended().starts_with("was killed by signal 9"));
}

BOOST_AUTO_TEST_CASE(a_command_that_is_none_ends_at_once) {
    started it("/nowhere/program");
    it.run();
    BOOST_TEST(it.child.how_it_ended().starts_with("ended with exit code 127; the last that it printed: "));
}

BOOST_AUTO_TEST_CASE(only_local_sockets_are_adopted) {
    live_runtime world;
    BOOST_CHECK_THROW(static_cast<void>(adopt_local_stream(world, 0x7fff)), boost::system::system_error);
    int ends[2];
    BOOST_TEST_REQUIRE(::pipe(ends) == 0);
    BOOST_CHECK_THROW(static_cast<void>(adopt_local_stream(world, ends[0])), boost::system::system_error);
    BOOST_TEST(::close(ends[0]) == 0); // it was not taken
    BOOST_TEST(::close(ends[1]) == 0);
}

BOOST_AUTO_TEST_SUITE_END()
