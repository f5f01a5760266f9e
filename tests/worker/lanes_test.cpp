#include <fedasio/wire/evaluate.hpp>
#include <fedasio/wire/message_type.hpp>
#include <fedasio/wire/refusal_code.hpp>
#include <fedasio/wire/train.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/json/object.hpp>
#include <boost/test/unit_test.hpp>

#include "net/raw_peer.hpp"
#include "net/virtual_runtime.hpp"
#include "worker/federation_of_two.hpp"
#include "worker/lanes.hpp"
#include <vector>

namespace {

using namespace fedasio::worker;
namespace wire = fedasio::wire;
namespace net = fedasio::net;

/// A worker's lanes, and a pool that works when it is told to.
struct place_of_work : fedasio::worker::testing::federation_of_two {
    explicit place_of_work(std::size_t keep_bytes = 1 << 20, std::uint32_t threads = 1) {
        options.keep_bytes = keep_bytes;
        options.threads = threads;
        work.emplace(world.get(), pool.get_executor(), options, log);
        hear(1);
    }

    ~place_of_work() {
        bool ended = false;
        auto end = [](lanes& all, bool& done) -> net::awaitable<void> {
            co_await all.end(fedasio::worker::ending());
            done = true;
        };
        boost::asio::co_spawn(world.executor(), end(*work, ended), boost::asio::detached);
        while (!ended) { // NOLINT(bugprone-infinite-loop): the coroutine sets it
            world.settle();
            compute();
        }
    }

    /// A new session, in which the master tells everything.
    void hear(float scale) {
        master.emplace(world, net::connection_options{.limits = {1000, 100000}, .window = {}});
        answers.clear();
        work->begin_session();
        work->use(samples, "data");
        const auto what = setup();
        work->use(what, "model");
        auto weights = initial(*what);
        for (float& one : weights.floats()) {
            one *= scale;
        }
        work->use(net::payload(std::move(weights)), 7);
    }

    void ask(bool train, std::uint32_t round = 3, std::uint32_t client = 1) {
        net::frame request(train ? wire::message_type::train : wire::message_type::evaluate,
                           train ? wire::to_meta(wire::train{round, client, 7})
                                 : wire::to_meta(wire::evaluate{round, client, 7, false}));
        master->far->ask(request, {1000, 100000},
                         [this](net::answer got) { answers.push_back(std::move(got)); });
        master->near->on_frame([this](net::frame asked) { work->take(master->near, std::move(asked)); });
        world.settle();
    }

    void lose_master() {
        master->near->abort(net::errc::heartbeat_lost);
        work->end_session();
        world.settle();
    }

    /// Runs what waits for the pool; returns how many jobs that were.
    std::size_t compute() {
        pool.restart();
        const auto jobs = pool.poll();
        world.settle();
        return jobs;
    }

    net::testing::virtual_runtime world;
    boost::asio::io_context pool;
    worker_options options;
    log_handler log = [](severity, const std::string&) {};
    std::optional<lanes> work;
    std::optional<net::testing::connected_pair> master;
    std::vector<net::answer> answers;
};

struct forgetful : place_of_work {
    forgetful() : place_of_work(0) {}
};

struct two_lanes : place_of_work {
    two_lanes() : place_of_work(1 << 20, 2) {}
};

BOOST_AUTO_TEST_SUITE(working_lanes)

BOOST_FIXTURE_TEST_CASE(a_client_is_trained_and_answered, place_of_work) {
    ask(true);
    BOOST_TEST(answers.empty());
    BOOST_TEST(compute() == 1U);
    BOOST_TEST_REQUIRE(answers.size() == 1U);
    BOOST_TEST((answers[0].result == net::outcome::reply));
}

BOOST_FIXTURE_TEST_CASE(what_was_finished_is_handed_in_again, place_of_work) {
    ask(true);
    compute();
    const auto first = answers.at(0).reply.body;
    lose_master();
    hear(1);
    ask(true);
    BOOST_TEST(compute() == 0U);
    BOOST_TEST_REQUIRE(answers.size() == 1U);
    BOOST_TEST(std::ranges::equal(answers[0].reply.body.bytes(), first.bytes()));
}

BOOST_FIXTURE_TEST_CASE(what_was_being_trained_goes_on_while_the_master_is_away, place_of_work) {
    ask(true);
    lose_master();
    BOOST_TEST(compute() == 1U);
    hear(1);
    ask(true);
    BOOST_TEST(compute() == 0U);
    BOOST_TEST_REQUIRE(answers.size() == 1U);
    BOOST_TEST((answers[0].result == net::outcome::reply));
}

BOOST_FIXTURE_TEST_CASE(what_is_still_being_trained_is_not_trained_twice, two_lanes) {
    ask(true);
    lose_master();
    hear(1);
    ask(true);
    BOOST_TEST(compute() == 1U);
    BOOST_TEST_REQUIRE(answers.size() == 1U);
    BOOST_TEST((answers[0].result == net::outcome::reply));
}

BOOST_FIXTURE_TEST_CASE(another_round_is_another_training, two_lanes) {
    ask(true, 3);
    ask(true, 4);
    BOOST_TEST(compute() == 2U);
    BOOST_TEST_REQUIRE(answers.size() == 2U);
    BOOST_TEST(wire::read_update(answers[0].reply.meta).round == 3U);
    BOOST_TEST(wire::read_update(answers[1].reply.meta).round == 4U);
}

BOOST_FIXTURE_TEST_CASE(a_new_master_must_say_everything_anew, place_of_work) {
    lose_master();
    hear(1);
    work->begin_session();
    ask(true);
    BOOST_TEST(compute() == 0U);
    BOOST_TEST_REQUIRE(answers.size() == 1U);
    BOOST_TEST(answers[0].code == wire::refusal_code::unexpected);
}

BOOST_FIXTURE_TEST_CASE(other_weights_stop_what_nobody_wants, place_of_work) {
    ask(true);
    lose_master();
    hear(2);
    ask(true);
    compute();
    BOOST_TEST(answers.empty()); // the first gave up
    BOOST_TEST(compute() == 1U);
    BOOST_TEST_REQUIRE(answers.size() == 1U);
    BOOST_TEST((answers[0].result == net::outcome::reply));
}

BOOST_FIXTURE_TEST_CASE(another_round_is_trained_anew, place_of_work) {
    ask(true, 3);
    compute();
    lose_master();
    hear(1);
    ask(true, 4);
    BOOST_TEST(compute() == 1U);
    BOOST_TEST(wire::read_update(answers.at(0).reply.meta).round == 4U);
}

BOOST_FIXTURE_TEST_CASE(what_waits_when_the_master_goes_is_dropped, place_of_work) {
    ask(true, 3, 1);
    ask(true, 3, 0);
    lose_master();
    BOOST_TEST(compute() == 1U);
    BOOST_TEST(compute() == 0U);
}

BOOST_FIXTURE_TEST_CASE(an_evaluation_is_not_kept, place_of_work) {
    ask(false);
    lose_master();
    hear(1);
    ask(false);
    compute();
    BOOST_TEST(answers.empty()); // that of before gave up
    BOOST_TEST(compute() == 1U);
    BOOST_TEST(answers.size() == 1U);
}

BOOST_FIXTURE_TEST_CASE(a_round_that_was_given_up_is_refused, place_of_work) {
    ask(true, 3, 1);
    ask(true, 3, 0);
    work->cancel(3);
    compute();
    BOOST_TEST(compute() == 0U);
    BOOST_TEST_REQUIRE(answers.size() == 2U);
    BOOST_TEST((answers[0].result == net::outcome::refused));
    BOOST_TEST((answers[1].result == net::outcome::refused));
}

BOOST_FIXTURE_TEST_CASE(without_memory_nothing_goes_on, forgetful) {
    ask(true);
    lose_master();
    hear(1);
    ask(true);
    compute();
    BOOST_TEST(answers.empty()); // that of before gave up
    BOOST_TEST(compute() == 1U);
    BOOST_TEST(answers.size() == 1U);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace
