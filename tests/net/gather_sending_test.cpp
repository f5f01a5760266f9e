#include "scripted_peers.hpp"

namespace net = fedasio::net;
using namespace fedasio::net;
using namespace fedasio::net::testing;
using namespace std::chrono_literals;

BOOST_AUTO_TEST_SUITE(gathering_and_sending)

BOOST_AUTO_TEST_CASE(one_peer_may_be_asked_many_times) {
    virtual_runtime world;
    const auto all = make_peers(world, {behaviour::answers});
    std::vector<call> calls;
    calls.reserve(100);
    for (std::size_t i = 0; i < 100; ++i) {
        calls.emplace_back(all[0]->near(), frame(question, {{"index", i}}), frame_limits{});
    }
    const auto results =
        world.run(gather(world, std::move(calls), gather_policy(), [&](std::size_t i, frame& reply) {
            const bool own = reply.meta.at("echo").at("index").to_number<std::size_t>() == i;
            return std::string(own ? "" : "mixed up");
        }));
    BOOST_TEST(results_of(results) == names(100, "reply"), boost::test_tools::per_element());
}

// Weights go first, and who has not taken them yet holds nobody who has answered what came after them.
BOOST_AUTO_TEST_CASE(a_quorum_counts_what_it_is_told_to) {
    virtual_runtime world;
    const auto all = make_peers(world, {behaviour::silent, behaviour::answers});
    std::vector<call> calls;
    for (int again = 0; again < 2; ++again) {
        for (const auto& one : all) {
            calls.emplace_back(one->near(), frame(question), frame_limits{4096, 4096});
        }
    }
    gather_policy policy(world.now() + 10s, 1);
    policy.counted_from = 2;
    const auto begun = world.now();
    const auto results = world.run(gather(world, std::move(calls), policy));
    const std::vector<std::string> expected{"not_needed", "reply", "not_needed", "reply"};
    BOOST_TEST(results_of(results) == expected, boost::test_tools::per_element());
    BOOST_TEST((world.now() - begun < 1s));
    BOOST_TEST(!results[0].withdrawn); // it was sent
}

// A newer version replaces one that is not under way yet.
BOOST_AUTO_TEST_CASE(what_was_not_sent_when_a_gather_ends_is_never_sent) {
    virtual_runtime world;
    raw_peer slow(world, {}, {1});
    std::vector<call> calls;
    for (int i = 0; i < 3; ++i) {
        calls.emplace_back(slow.subject(), frame(question, {}, payload_of(std::string(200'000, 'w'))),
                           frame_limits{});
    }
    const auto results = world.run(gather(world, std::move(calls), gather_policy(world.now() + 2s)));
    BOOST_TEST(results_of(results) == names(3, "timed_out"), boost::test_tools::per_element());
    BOOST_TEST(!results[0].withdrawn);
    BOOST_TEST(results[1].withdrawn);
    BOOST_TEST(results[2].withdrawn);
    BOOST_TEST(slow.subject()->bytes_queued() < 1000U);
}

// Requests wait where they cost nothing, not in a queue that ends the connection when it is full.
BOOST_AUTO_TEST_CASE(a_peer_that_takes_nothing_is_asked_no_more_than_fits) {
    virtual_runtime world;
    connection_options options;
    options.outbox_bytes = 200;
    raw_peer slow(world, options, {1});
    std::vector<call> calls;
    calls.reserve(20);
    for (int i = 0; i < 20; ++i) {
        calls.emplace_back(slow.subject(), frame(question), frame_limits{});
    }
    const auto results = world.run(gather(world, std::move(calls), gather_policy(world.now() + 2s)));
    BOOST_TEST(results_of(results) == names(20, "timed_out"), boost::test_tools::per_element());
    BOOST_TEST(slow.subject()->is_open());
    BOOST_TEST(slow.subject()->unanswered() == 0U);
    world.run_for(10s);
    BOOST_TEST(slow.end() == make_error_code(errc::heartbeat_lost));
}

BOOST_AUTO_TEST_CASE(a_great_many_calls_to_one_peer_are_sent_as_there_is_room) {
    constexpr std::size_t count = 3 * connection::most_unanswered;
    virtual_runtime world;
    connection_options options;
    options.outbox_bytes = 1000;
    memory_link link(world.executor());
    const auto near = std::make_shared<connection>(world.get(), std::move(link.first), options);
    const auto far = std::make_shared<connection>(world.get(), std::move(link.second));
    far->on_frame([&far](const frame& got) { far->reply(got, {{"echo", got.meta}}); });
    near->start();
    far->start();
    world.settle();
    std::size_t made = 0;
    std::size_t replies = 0;
    std::size_t most_waiting = 0;
    std::size_t most_queued = 0;
    auto make = [&](std::size_t i) {
        most_waiting = std::max(most_waiting, ++made - replies);
        most_queued = std::max(most_queued, near->bytes_queued());
        return frame(question, {{"index", i}});
    };
    const auto results =
        world.run(gather(world, std::vector<connection_ptr>(count, near), make, {}, gather_policy(),
                         [&](std::size_t i, frame& reply) {
                             ++replies;
                             const auto& echo = reply.meta.at("echo").at("index");
                             return std::string(echo.to_number<std::size_t>() == i ? "" : "mixed up");
                         }));
    BOOST_TEST(results_of(results) == names(count, "reply"), boost::test_tools::per_element());
    BOOST_TEST(most_waiting <= connection::most_unanswered);
    BOOST_TEST(most_queued < 1000U);
    BOOST_TEST(near->is_open());
    far->on_frame({});
    far->abort(errc::closed);
    near->abort(errc::closed);
    world.settle();
}

BOOST_AUTO_TEST_CASE(what_was_not_sent_yet_ends_like_the_rest) {
    constexpr std::size_t count = connection::most_unanswered + 10;
    for (const auto what : {behaviour::silent, behaviour::dies}) {
        virtual_runtime world;
        scripted_peer peer(world, what);
        world.settle();
        auto make = [](std::size_t) { return frame(question); };
        const auto results = world.run(gather(world, std::vector<connection_ptr>(count, peer.near()), make,
                                              {}, gather_policy(world.now() + 5s)));
        const auto* const expected = what == behaviour::silent ? "timed_out" : "lost";
        BOOST_TEST(results_of(results) == names(count, expected), boost::test_tools::per_element());
        world.run_for(1s);
        BOOST_TEST(peer.asked() == static_cast<int>(connection::most_unanswered));
    }
}

// What is left over of one gather must not wait for room that comes later.
BOOST_AUTO_TEST_CASE(nothing_is_sent_for_a_gather_that_is_over) {
    virtual_runtime world;
    scripted_peer peer(world, behaviour::late);
    world.settle();
    std::size_t made = 0;
    auto make = [&](std::size_t) {
        ++made;
        return frame(question);
    };
    const std::vector<connection_ptr> many(connection::most_unanswered + 10, peer.near());
    world.run(gather(world, many, make, {1000, 1000}, gather_policy(world.now() + 1s)));
    world.run_for(30s); // the last one asked is answered
    BOOST_TEST(made == connection::most_unanswered);
    BOOST_TEST(peer.near()->is_open());
}

BOOST_AUTO_TEST_CASE(one_body_goes_to_all_without_a_copy) {
    virtual_runtime world;
    connection_options options;
    options.limits.body = 100000;
    peers all;
    for (int i = 0; i < 50; ++i) {
        all.push_back(std::make_unique<scripted_peer>(world, behaviour::silent, options));
    }
    const auto weights = payload_of(std::string(100000, 'w'));
    std::vector<call> calls;
    calls.reserve(all.size());
    for (const auto& one : all) {
        calls.emplace_back(one->near(), frame(question, {}, weights));
    }
    world.run(gather(world, std::move(calls), gather_policy(world.now() + 1s)));
    for (const auto& one : all) {
        BOOST_TEST(one->asked() == 1);
    }
    BOOST_TEST(weights.use_count() == 1);
}

BOOST_AUTO_TEST_SUITE_END()
