// A whole run under a virtual clock: one training after the other.

#include <fedasio/data/csv.hpp>
#include <fedasio/net/memory_stream.hpp>
#include <fedasio/net/nursery.hpp>
#include <fedasio/wire/hello.hpp>
#include <fedasio/wire/message_type.hpp>
#include <fedasio/wire/survey.hpp>

#include <boost/asio/this_coro.hpp>
#include <boost/json/object.hpp>
#include <boost/test/unit_test.hpp>

#include "master/machine.hpp"
#include "parts.hpp"
#include <algorithm>
#include <optional>

using namespace std::chrono_literals;
using namespace fedasio;
using namespace fedasio::master;

namespace {

/// The machine, with workers that do as they are asked.
struct shop {
    explicit shop(const std::string& plan, run_options options = {}) {
        options.state_dir = folder.path();
        events.subscribe([this](const event& happened) { told.push_back(happened); });
        const auto table = folder.write("train.csv", "x,y,label\n1,2,over\n3,1,under\n2,2,over\n5,4,under\n");
        data::csv_source source;
        source.label = "label";
        summary = wire::to_meta(data::survey_csv(table, source, false).summary);
        all.emplace(world, world.executor(), plan::parse_plan(plan, "plan"), options, events);
    }

    ~shop() {
        for (const auto& peer : workers) {
            peer->abort(net::errc::closed);
        }
        serving.cancel();
        world.run(serving.join());
        sessions.cancel();
        world.run(sessions.join());
    }

    shop(const shop&) = delete;
    shop& operator=(const shop&) = delete;

    void open() { serving.spawn(serve(*this)); }

    void come(const std::string& name) {
        auto ends = net::make_memory_streams(world.executor());
        net::runtime& rt = world;
        net::connection_options options;
        options.limits = {1U << 20, 1U << 20};
        auto peer = std::make_shared<net::connection>(rt, std::move(ends.first), options);
        peer->on_frame([this, self = peer.get()](net::frame asked) {
            if (asked.type == wire::message_type::survey) {
                self->reply(asked, summary);
            } else if (asked.type == wire::message_type::train) { // so that a round takes its time
                const auto request = std::make_shared<net::frame>(std::move(asked));
                alarms.push_back(world.time().at(world.now() + 1s,
                                                 [self, request] { parts::do_as_asked(*self, *request); }));
            } else {
                parts::do_as_asked(*self, asked);
            }
        });
        peer->start();
        workers.push_back(peer);
        sessions.spawn(all->doors().admit(std::move(ends.second)));
        wire::hello hello;
        hello.name = name;
        peer->ask(net::frame(wire::message_type::hello, wire::to_meta(hello)), {1U << 16, 0},
                  [](const net::answer&) {});
        world.settle();
    }

    command_answer order(command::kind what, const std::function<void(command&)>& more = {}) {
        command wanted;
        wanted.what = what;
        if (more) {
            more(wanted);
        }
        return world.run(all->wheel().execute(std::move(wanted)));
    }

    /// Lets the world go on, a handler at a time, until this is so.
    void until(const std::function<bool()>& condition) {
        for (int steps = 0; !condition(); ++steps) {
            BOOST_REQUIRE_MESSAGE(steps < 100'000, "nothing comes of it");
            BOOST_REQUIRE(all->broken_invariant() == "");
            if (!world.step()) {
                world.run_for(100ms);
            }
        }
    }

    template <class Event>
    [[nodiscard]] std::vector<Event> all_of() const {
        std::vector<Event> found;
        for (const auto& happened : told) {
            if (const auto* one = std::get_if<Event>(&happened.what)) {
                found.push_back(*one);
            }
        }
        return found;
    }

    test::scratch_directory folder;
    net::testing::virtual_runtime world;
    event_source events{world.time()};
    std::vector<event> told;
    std::optional<machine> all;
    boost::json::object summary; ///< of the workers' table
    std::vector<std::unique_ptr<net::alarm>> alarms;
    std::vector<net::connection_ptr> workers;
    net::nursery sessions{world.executor()};
    net::nursery serving{world.executor()};
    std::optional<bool> served;

private:
    static net::awaitable<void> serve(shop& in) {
        co_await boost::asio::this_coro::throw_if_cancelled(false);
        in.served = co_await in.all->serve();
    }
};

/// Nobody tests.
std::string plan_of(std::uint32_t rounds, const std::string& more = {}) {
    auto text = parts::plan_text(more);
    const auto replace = [&](const std::string& what, const std::string& with) {
        text.replace(text.find(what), what.size(), with);
    };
    replace(R"("rounds": 10)", R"("rounds": )" + std::to_string(rounds));
    replace(R"("partition": {"scheme": "iid"})", R"("partition": {"scheme": "iid"}, "test_fraction": 0)");
    return text;
}

run_options once() {
    run_options options;
    options.autostart = options.exit_when_done = true;
    return options;
}

} // namespace

BOOST_AUTO_TEST_SUITE(a_run)

BOOST_AUTO_TEST_CASE(that_nobody_comes_to_has_failed_after_its_patience) {
    shop on(plan_of(10), once());
    const auto began = on.world.now();
    on.open();
    on.until([&] { return on.served.has_value(); });
    BOOST_TEST(!*on.served);
    BOOST_TEST((on.world.now() - began >= 5min));
    BOOST_TEST((on.world.now() - began < 5min + 1s));
    const auto ends = on.all_of<training_finished>();
    BOOST_TEST_REQUIRE(ends.size() == 1U);
    BOOST_TEST((ends[0].outcome == training_outcome::failed));
    BOOST_TEST(ends[0].detail.find("the workers did not come") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(waits_for_an_order_and_serves_one_training_after_the_other) {
    shop on(plan_of(10, R"(, "checkpoint_every": 1)"));
    on.open();
    on.world.settle();
    BOOST_TEST(on.all_of<training_started>().empty());
    BOOST_TEST(on.all_of<run_opened>().size() == 1U);
    BOOST_TEST(!on.order(command::kind::train).accepted); // there is nobody
    on.come("north");
    const auto of = [](std::uint32_t rounds) { return [rounds](command& it) { it.rounds = rounds; }; };
    for (std::size_t done = 1; done <= 2; ++done) {
        BOOST_TEST(on.order(command::kind::train, of(2)).accepted);
        on.until([&] { return on.all_of<training_finished>().size() == done; });
    }
    const auto ends = on.all_of<training_finished>();
    BOOST_TEST(ends[0].round == 2U);
    BOOST_TEST(ends[1].round == 4U);
    BOOST_TEST((ends[1].outcome == training_outcome::rounds_done));
    BOOST_TEST(!ends[1].weights_sha256.empty());
    BOOST_TEST(on.all->unsafe() == "");
    BOOST_TEST(!on.served.has_value());
}

BOOST_AUTO_TEST_CASE(that_is_asked_to_end_leaves_its_last_round_safe) {
    auto options = once();
    shop on(plan_of(1000, R"(, "checkpoint_every": 400)"), options);
    on.open();
    on.come("north");
    on.until([&] { return on.all_of<round_finished>().size() >= 3; });
    on.serving.cancel();
    on.until([&] { return on.served.has_value(); });
    BOOST_TEST(*on.served);
    const auto ends = on.all_of<training_finished>();
    BOOST_TEST_REQUIRE(ends.size() == 1U);
    BOOST_TEST((ends[0].outcome == training_outcome::stopped), ends[0].detail);
    const auto safe = on.all_of<checkpoint_written>();
    BOOST_TEST_REQUIRE(!safe.empty());
    BOOST_TEST(safe.back().round == ends[0].round);
}

BOOST_AUTO_TEST_CASE(that_stops_at_once_gives_its_round_up_and_goes_on_when_it_is_asked_to) {
    shop on(plan_of(1000));
    on.open();
    on.come("north");
    BOOST_TEST(on.order(command::kind::train).accepted);
    on.until([&] { return on.all_of<round_started>().size() == 2U; });
    BOOST_TEST(on.order(command::kind::stop, [](command& it) { it.now = true; }).accepted);
    on.until([&] { return on.all_of<training_finished>().size() == 1U; });
    BOOST_TEST(on.all_of<training_finished>()[0].round == 1U);
    // No round is open any more: a change counts for the next one.
    on.order(command::kind::change, [](command& it) { it.deadline = 30; });
    BOOST_TEST(on.all_of<plan_changed>().back().round == 2U);
    BOOST_TEST(on.order(command::kind::train, [](command& it) { it.rounds = 1; }).accepted);
    on.until([&] { return on.all_of<training_finished>().size() == 2U; });
    BOOST_TEST(on.all_of<training_finished>()[1].round == 2U);
}

BOOST_AUTO_TEST_CASE(of_another_plan_begins_with_nothing_of_the_one_before) {
    shop on(plan_of(10));
    on.open();
    on.come("north");
    BOOST_TEST(on.order(command::kind::train, [](command& it) { it.rounds = 1; }).accepted);
    on.until([&] { return on.all_of<training_finished>().size() == 1U; });
    const auto other = plan_of(10, R"(, "name": "other", "seed": 5)");
    BOOST_TEST(on.order(command::kind::start, [&](command& it) { it.plan = other; }).accepted);
    on.until([&] { return on.all_of<round_finished>().size() == 2U; });
    BOOST_TEST(on.all_of<round_finished>()[1].result.round == 1U);
    const auto runs = on.all_of<run_opened>();
    BOOST_TEST_REQUIRE(runs.size() == 2U);
    BOOST_TEST(runs[0].run != runs[1].run);
    BOOST_TEST(runs[1].plan == "other");
}

BOOST_AUTO_TEST_SUITE_END()
