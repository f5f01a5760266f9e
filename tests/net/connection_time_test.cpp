#include <boost/test/unit_test.hpp>

#include <net/raw_peer.hpp>

using namespace fedasio::net;
using namespace fedasio::net::testing;
using namespace std::chrono_literals;

namespace {

constexpr std::uint16_t notice = 17;

frame control(std::uint16_t type, std::uint64_t number) {
    frame what(type);
    what.correlation = number;
    return what;
}

std::string pings(std::size_t count) {
    const auto one = wire_form(control(frame_type::ping, 7));
    std::string all;
    all.reserve(count * one.size());
    while (count-- > 0) {
        all += one;
    }
    return all;
}

/// Reads until nothing more comes; returns how many bytes had been waiting.
std::size_t drain(virtual_runtime& world, raw_peer& peer) {
    std::size_t total = 0;
    for (auto bytes = peer.out().take(); !bytes.empty(); bytes = peer.out().take()) {
        total += bytes.size();
        world.settle();
    }
    return total;
}

} // namespace

BOOST_AUTO_TEST_SUITE(connection_time)

BOOST_AUTO_TEST_CASE(heartbeats_keep_an_idle_connection) {
    virtual_runtime world;
    const connected_pair pair(world);
    world.run_for(1h);
    BOOST_TEST(pair.near->is_open());
    BOOST_TEST(pair.far->is_open());
    pair.near->close();
    world.run_for(5s);
    BOOST_TEST(!pair.far->is_open());
    BOOST_TEST(world.is_dry());
}

BOOST_AUTO_TEST_CASE(a_ping_is_answered_and_measures) {
    virtual_runtime world;
    raw_peer peer(world);
    peer.say(control(frame_type::ping, 77));
    const auto pongs = peer.hear();
    BOOST_TEST_REQUIRE(pongs.size() == 1U);
    BOOST_TEST(pongs[0].type == frame_type::pong);
    BOOST_TEST(pongs[0].correlation == 77U);

    BOOST_TEST((peer.subject()->round_trip() == 0s));
    world.run_for(1s);
    BOOST_TEST(peer.out().take() == wire_form(control(frame_type::ping, 1)));
    world.run_for(30ms);
    peer.say(control(frame_type::pong, 99));
    BOOST_TEST((peer.subject()->round_trip() == 0s));
    peer.say(control(frame_type::pong, 1));
    BOOST_TEST((peer.subject()->round_trip() == 30ms));
}

BOOST_AUTO_TEST_CASE(where_bytes_go_both_ways_a_ping_is_rare) {
    virtual_runtime world;
    raw_peer peer(world);
    const auto word = wire_form(frame(notice));
    const auto ping = wire_form(control(frame_type::ping, 1)).size();
    const auto pings_in = [&](int seconds, bool we_speak, bool they_speak) {
        std::size_t bytes = 0;
        for (int i = 0; i < 2 * seconds; ++i) {
            world.run_for(500ms);
            if (we_speak) {
                peer.subject()->send(frame(notice));
            }
            if (they_speak) {
                peer.say(word);
            }
            world.settle();
            bytes += peer.out().take().size() - (we_speak ? word.size() : 0);
        }
        return bytes / ping;
    };
    BOOST_TEST(pings_in(1, true, true) == 1U); // how far it is to the peer is known from the first second on
    BOOST_TEST(pings_in(20, true, true) == 4U);
    BOOST_TEST(pings_in(10, false, true) >= 9U);
    BOOST_TEST(pings_in(20, true, true) == 4U);
    BOOST_TEST(pings_in(3, true, false) >= 2U);
    world.run_for(1s);
    BOOST_TEST(peer.end() == make_error_code(errc::heartbeat_lost));
}

BOOST_AUTO_TEST_CASE(a_silent_peer_is_lost_in_time) {
    virtual_runtime world;
    raw_peer peer(world);
    int lost = 0;
    peer.subject()->ask(frame(16), {}, [&](const answer& got) {
        ++lost;
        BOOST_TEST(to_string(got.result) == "lost");
    });
    // Beats at 1, 2, 3 s; at 3 s the timeout is reached but not passed.
    world.run_for(4s - 1ns);
    BOOST_TEST(peer.subject()->is_open());
    world.run_for(1ns);
    BOOST_TEST(peer.end() == make_error_code(errc::heartbeat_lost));
    BOOST_TEST(peer.end_reason_says("4000 ms"));
    BOOST_TEST(lost == 1);
}

BOOST_AUTO_TEST_CASE(any_byte_counts_as_a_sign_of_life) {
    virtual_runtime world;
    raw_peer peer(world);
    const auto slow = wire_form(frame(notice, {{"text", "a frame that takes very long to arrive"}}));
    for (std::size_t i = 0; i < 10; ++i) {
        world.run_for(2500ms);
        peer.say(slow.substr(i, 1));
    }
    peer.say(slow.substr(10));
    BOOST_TEST(peer.subject()->is_open());
    BOOST_TEST(peer.received().size() == 1U);
}

BOOST_AUTO_TEST_CASE(a_frame_that_only_trickles_in_ends_the_connection) {
    virtual_runtime world;
    raw_peer peer(world);
    const auto slow = wire_form(frame(notice, {{"text", std::string(200, 'x')}}));
    std::size_t said = 0;
    while (said < 31) {
        peer.say(slow.substr(said++, 1));
        BOOST_TEST_REQUIRE(peer.subject()->is_open());
        world.run_for(1s);
    }
    BOOST_TEST(peer.end() == make_error_code(errc::slow_writer));
}

BOOST_AUTO_TEST_CASE(a_large_frame_may_take_its_time) {
    virtual_runtime world;
    connection_options options;
    options.limits.body = 200000;
    raw_peer peer(world, options);
    const auto large = wire_form(frame(notice, {}, payload_of(std::string(200000, 'x'))));
    // A little more than 16 KiB in 30 seconds.
    for (std::size_t said = 0; said < large.size(); said += 600) {
        BOOST_TEST_REQUIRE(peer.subject()->is_open());
        peer.say(large.substr(said, 600));
        world.run_for(1s);
    }
    BOOST_TEST(peer.received().size() == 1U);
}

BOOST_AUTO_TEST_CASE(frames_that_follow_each_other_are_not_one_slow_one) {
    virtual_runtime world;
    raw_peer peer(world);
    const auto ping = wire_form(control(frame_type::ping, 1));
    // Each piece ends one frame and begins the next.
    peer.say(ping.substr(0, 10));
    for (int second = 0; second < 60; ++second) {
        peer.say(ping.substr(10) + ping.substr(0, 10));
        world.run_for(1s);
    }
    BOOST_TEST(peer.subject()->is_open());
}

BOOST_AUTO_TEST_CASE(a_suspended_process_gives_a_frame_its_time_anew) {
    virtual_runtime world;
    raw_peer peer(world);
    const auto slow = wire_form(frame(notice));
    peer.say(slow.substr(0, 5));
    world.run_for(1s);
    world.jump(60s);
    peer.say(slow.substr(5, 1));
    world.run_for(1s);
    BOOST_TEST_REQUIRE(peer.subject()->is_open());
    peer.say(slow.substr(6));
    BOOST_TEST(peer.received().size() == 1U);
}

BOOST_AUTO_TEST_CASE(a_held_link_loses_both_ends) {
    virtual_runtime world;
    const connected_pair pair(world);
    world.run_for(10s);
    pair.link.forth->hold(true);
    pair.link.back->hold(true);
    world.run_for(5s);
    BOOST_TEST(world.run(pair.near->ended()) == make_error_code(errc::heartbeat_lost));
    BOOST_TEST(world.run(pair.far->ended()) == make_error_code(errc::heartbeat_lost));
}

BOOST_AUTO_TEST_CASE(a_suspended_process_does_not_blame_its_peer) {
    virtual_runtime world;
    raw_peer peer(world);
    world.run_for(1s);
    world.jump(10s);
    BOOST_TEST(peer.subject()->is_open());
    world.run_for(2s);
    peer.say(control(frame_type::ping, 1));
    world.run_for(2s);
    BOOST_TEST(peer.subject()->is_open());
    // Silence after that is the peer's own again.
    world.run_for(3s);
    BOOST_TEST(peer.end() == make_error_code(errc::heartbeat_lost));
}

BOOST_AUTO_TEST_CASE(a_full_outbox_ends_the_connection) {
    virtual_runtime world;
    connection_options options;
    options.outbox_bytes = 1000;
    raw_peer peer(world, options, {64});
    for (int i = 0; i < 5; ++i) {
        peer.subject()->send(frame(notice, {}, payload_of(std::string(168, 'x'))));
        BOOST_TEST(peer.subject()->is_open());
    }
    peer.subject()->send(frame(notice));
    BOOST_TEST(peer.end() == make_error_code(errc::slow_reader));
    BOOST_TEST(peer.end_reason_says("1000 bytes"));
}

BOOST_AUTO_TEST_CASE(one_frame_over_the_capacity_passes) {
    virtual_runtime world;
    connection_options options;
    options.outbox_bytes = 1000;
    options.limits.body = 100000;
    const connected_pair pair(world, options, {64});
    std::size_t got = 0;
    pair.far->on_frame([&](const frame& one) { got = one.body.size(); });
    pair.near->send(frame(notice, {}, payload_of(std::string(100000, 'x'))));
    world.settle();
    BOOST_TEST(got == 100000U);
}

BOOST_AUTO_TEST_CASE(a_peer_that_takes_nothing_is_dropped) {
    virtual_runtime world;
    connection_options options;
    raw_peer peer(world, options, {64});
    const auto body = payload_of(std::string(100000, 'x'));
    peer.subject()->send(frame(notice, {}, body));
    world.settle();
    const auto live = [&](int seconds) {
        for (int i = 0; i < seconds; ++i) {
            peer.say(control(frame_type::ping, 1));
            world.run_for(1s);
        }
    };
    live(20);
    BOOST_TEST(peer.out().take().size() == 64U);
    world.settle();
    live(30);
    BOOST_TEST(peer.subject()->is_open());
    live(1);
    BOOST_TEST(peer.end() == make_error_code(errc::slow_reader));
    BOOST_TEST(body.use_count() == 1);
}

BOOST_AUTO_TEST_CASE(pings_of_a_peer_that_never_reads_pile_up_little) {
    virtual_runtime world;
    raw_peer peer(world, {}, {64});
    for (int flood = 0; flood < 2; ++flood) {
        peer.say(pings(100000));
        BOOST_TEST_REQUIRE(peer.subject()->is_open());
        const auto waiting = drain(world, peer);
        BOOST_TEST(waiting > 0U);
        BOOST_TEST(waiting <= 8192U);
    }
    // It did not cost the connection anything.
    peer.say(control(frame_type::ping, 8));
    const auto pongs = peer.hear();
    BOOST_TEST_REQUIRE(pongs.size() == 1U);
    BOOST_TEST(pongs[0].type == frame_type::pong);
    BOOST_TEST(pongs[0].correlation == 8U);
}

BOOST_AUTO_TEST_CASE(pings_do_not_keep_a_peer_that_never_reads) {
    virtual_runtime world;
    raw_peer peer(world, {}, {64});
    for (int second = 0; second < 40 && peer.subject()->is_open(); ++second) {
        peer.say(pings(1000));
        world.run_for(1s);
    }
    BOOST_TEST(peer.end() == make_error_code(errc::slow_reader));
    BOOST_TEST(drain(world, peer) == 64U);
}

BOOST_AUTO_TEST_CASE(nothing_waits_for_ever_after_a_goodbye) {
    virtual_runtime world;
    raw_peer peer(world);
    peer.subject()->close("bye");
    world.run_for(2s);
    BOOST_TEST(peer.subject()->end_reason().empty());
    world.run_for(1s);
    BOOST_TEST(peer.end() == make_error_code(errc::closed));
}

BOOST_AUTO_TEST_CASE(a_peer_that_says_goodbye_and_stays_is_sent_away) {
    virtual_runtime world;
    raw_peer peer(world);
    peer.say(frame(frame_type::bye, {{"reason", "tired"}}));
    world.run_for(2s);
    BOOST_TEST(peer.subject()->end_reason().empty());
    world.run_for(1s);
    BOOST_TEST(peer.end() == make_error_code(errc::closed_by_peer));
    BOOST_TEST(peer.subject()->end_reason() == "the peer said goodbye: tired");
}

BOOST_AUTO_TEST_SUITE_END()
