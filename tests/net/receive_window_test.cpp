#include <fedasio/net/receive_window.hpp>

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <memory>
#include <net/raw_peer.hpp>
#include <vector>

using namespace fedasio::net;
using namespace fedasio::net::testing;
using namespace std::chrono_literals;

namespace {

constexpr std::uint16_t notice = 17;

struct fixture {
    virtual_runtime world;
    std::shared_ptr<receive_window> window = std::make_shared<receive_window>(world.get(), 1000, 4000);

    connection_options options() {
        connection_options what;
        what.limits.body = std::size_t{1} << 20;
        what.window = window;
        return what;
    }
};

frame with_body(std::size_t bytes) {
    return frame(notice, {}, payload_of(std::string(bytes, 'b')));
}

} // namespace

BOOST_AUTO_TEST_SUITE(receiving_by_a_window)

BOOST_FIXTURE_TEST_CASE(first_come_first_served, fixture) {
    auto one = window->enter(600);
    auto two = window->enter(600);
    const auto three = window->enter(100); // there would be room for it
    BOOST_TEST(one->has_room());
    BOOST_TEST(!two->has_room());
    BOOST_TEST(!three->has_room());
    BOOST_TEST(window->waiting() == 2U);
    one.reset();
    BOOST_TEST(two->has_room());
    BOOST_TEST(two->turn().is_set());
    BOOST_TEST(three->has_room());
    BOOST_TEST(window->bytes() == 700U);
}

BOOST_FIXTURE_TEST_CASE(who_gives_up_keeps_nobody_waiting, fixture) {
    const auto one = window->enter(900);
    auto two = window->enter(900);
    const auto three = window->enter(100);
    two.reset();
    BOOST_TEST(three->has_room());
    BOOST_TEST(window->bytes() == 1000U);
}

BOOST_FIXTURE_TEST_CASE(what_is_larger_than_all_room_comes_alone, fixture) {
    auto one = window->enter(1);
    auto large = window->enter(50'000);
    const auto after = window->enter(1);
    BOOST_TEST(!large->has_room());
    one.reset();
    BOOST_TEST(large->has_room());
    BOOST_TEST(!after->has_room());
    large.reset();
    BOOST_TEST(after->has_room());
    BOOST_TEST(window->bytes() == 1U);
}

BOOST_FIXTURE_TEST_CASE(there_is_more_room_where_nothing_comes_and_never_too_much, fixture) {
    std::vector<std::shared_ptr<receive_window::place>> all;
    all.reserve(10);
    for (int i = 0; i < 10; ++i) {
        all.push_back(window->enter(1000));
    }
    BOOST_TEST(window->bytes() == 1000U);
    world.run_for(500ms);
    BOOST_TEST(window->bytes() == 2000U);
    world.run_for(1h);
    BOOST_TEST(window->bytes() == 4000U);
    all.clear();
    world.run_for(500ms); // nobody waits
    BOOST_TEST(window->room() == 1000U);
    BOOST_TEST(world.is_dry());
}

BOOST_FIXTURE_TEST_CASE(there_is_no_more_room_while_bytes_come_fast, fixture) {
    const auto inside = window->enter(100'000);
    const auto waits = window->enter(1000);
    window = {}; // they hold it
    for (int i = 0; i < 15; ++i) {
        inside->came(5000);
        world.run_for(500ms);
        BOOST_TEST(!waits->has_room());
    }
}

// Each line brings so much, whoever else does. Bodies may be larger than all room, too.
BOOST_FIXTURE_TEST_CASE(lines_that_are_slow_are_read_side_by_side, fixture) {
    for (const std::size_t size : {500U, 1000U, 3000U}) {
        window = std::make_shared<receive_window>(world.get(), 1000, 40'000);
        std::vector<std::shared_ptr<receive_window::place>> all;
        for (int i = 0; i < 12; ++i) {
            all.push_back(window->enter(size));
        }
        for (int second = 0; second < 10; ++second) {
            for (int half = 0; half < 2; ++half) {
                for (const auto& one : all) {
                    if (one->has_room()) {
                        one->came(10);
                    }
                }
                world.run_for(500ms);
            }
        }
        BOOST_TEST(window->waiting() == 0U);
    }
}

// As when all of them share a line, or this machine's other work: what comes is the same, however many bring
// it.
BOOST_FIXTURE_TEST_CASE(lines_that_are_one_are_not, fixture) {
    for (const std::size_t size : {1000U, 3000U}) {
        window = std::make_shared<receive_window>(world.get(), 1000, 400'000);
        std::vector<std::shared_ptr<receive_window::place>> all;
        for (int i = 0; i < 200; ++i) {
            all.push_back(window->enter(size));
        }
        std::size_t most = 0;
        std::size_t left = size;
        for (int half = 0; half < 2000; ++half) {
            all[0]->came(std::min<std::size_t>(left, 10));
            left -= std::min<std::size_t>(left, 10);
            if (left == 0) { // it is here, and worked on
                all.erase(all.begin());
                left = size;
            }
            world.run_for(500ms);
            most = std::max(most, window->bytes());
        }
        BOOST_TEST(most > size); // it was tried
        BOOST_TEST(most <= 8 * size);
    }
}

BOOST_FIXTURE_TEST_CASE(a_vain_try_is_repeated_after_five_seconds, fixture) {
    window = std::make_shared<receive_window>(world.get(), 1000, 40'000);
    std::vector<std::shared_ptr<receive_window::place>> all;
    for (int i = 0; i < 40; ++i) {
        all.push_back(window->enter(1000));
    }
    std::vector<std::size_t> rooms;
    for (int i = 0; i < 14; ++i) {
        all[0]->came(10);
        world.run_for(500ms);
        rooms.push_back(window->room());
    }
    BOOST_TEST(rooms[0] == 2000U);
    BOOST_TEST(rooms[1] == 2000U);
    BOOST_TEST(std::ranges::count(rooms, 1000U) == 10);
    BOOST_TEST(rooms[12] > 1000U);
}

BOOST_FIXTURE_TEST_CASE(there_is_no_more_room_where_it_is_the_work_that_takes_time, fixture) {
    const auto inside = window->enter(100'000);
    const auto waits = window->enter(1000);
    inside->came(100'000);
    world.run_for(1min);
    BOOST_TEST(window->room() == 1000U);
    BOOST_TEST(!waits->has_room());
}

BOOST_FIXTURE_TEST_CASE(a_body_waits_until_the_one_before_is_gone, fixture) {
    raw_peer one(world, options());
    raw_peer two(world, options());
    one.say(with_body(800));
    two.say(with_body(700));
    BOOST_TEST_REQUIRE(one.received().size() == 1U);
    BOOST_TEST(two.received().empty());
    BOOST_TEST(window->bytes() == 800U);
    one.received().clear(); // it is worked on no more
    world.settle();
    BOOST_TEST_REQUIRE(two.received().size() == 1U);
    BOOST_TEST(to_text(two.received()[0].body.bytes()) == std::string(700, 'b'));
    BOOST_TEST(window->bytes() == 700U);
    two.received()[0].body.leave_window();
    BOOST_TEST(window->bytes() == 0U);
    BOOST_TEST(two.received()[0].body.size() == 700U);
}

BOOST_FIXTURE_TEST_CASE(who_waits_for_room_is_neither_lost_nor_slow, fixture) {
    const auto full = window->enter(4000); // for ever
    raw_peer peer(world, options());
    peer.say(wire_form(with_body(3000)).substr(0, 100)); // and then nothing, which nobody would notice
    world.run_for(10min);
    BOOST_TEST(peer.subject()->is_open());
}

BOOST_FIXTURE_TEST_CASE(who_got_room_must_go_on, fixture) {
    auto full = window->enter(4000);
    raw_peer peer(world, options());
    peer.say(wire_form(with_body(3000)).substr(0, 100));
    world.run_for(8s);
    full.reset();
    world.settle();
    BOOST_TEST(window->bytes() == 3000U);
    world.run_for(10s); // its TCP may try again so late, after it has waited for 8 s
    BOOST_TEST(peer.subject()->is_open());
    world.run_for(2s);
    BOOST_TEST(peer.end() == make_error_code(errc::heartbeat_lost));
    world.settle();
    BOOST_TEST(window->bytes() == 0U);
}

BOOST_FIXTURE_TEST_CASE(who_has_gone_on_is_waited_for_no_longer_than_others, fixture) {
    auto full = window->enter(4000);
    raw_peer peer(world, options());
    const auto bytes = wire_form(with_body(3000));
    peer.say(bytes.substr(0, 100));
    world.run_for(20s);
    full.reset();
    world.run_for(5s);
    peer.say(bytes.substr(100));
    BOOST_TEST_REQUIRE(peer.received().size() == 1U);
    world.run_for(5s);
    BOOST_TEST(peer.end() == make_error_code(errc::heartbeat_lost));
}

BOOST_FIXTURE_TEST_CASE(nor_within_its_body, fixture) {
    auto full = window->enter(4000);
    raw_peer peer(world, options());
    const auto bytes = wire_form(with_body(std::size_t{300} << 10));
    peer.say(bytes.substr(0, 100));
    world.run_for(20s);
    full.reset();
    world.run_for(5s);
    peer.say(bytes.substr(100, std::size_t{280} << 10));
    BOOST_TEST(peer.subject()->is_open());
    world.run_for(5s);
    BOOST_TEST(peer.end() == make_error_code(errc::heartbeat_lost));
}

// It would take this side for dead otherwise.
BOOST_FIXTURE_TEST_CASE(who_waits_is_read_from_now_and_then, fixture) {
    const auto full = window->enter(4000);
    const auto size = std::size_t{900} << 10;
    memory_pipe_options pipes;
    pipes.capacity = 1000;
    connected_pair pair(world, options(), pipes);
    std::vector<frame> got;
    pair.far->on_frame([&](frame what) { got.push_back(std::move(what)); });
    pair.near->send(with_body(size));
    world.run_for(35s); // over the time in which a side that takes nothing is dropped
    BOOST_TEST(pair.near->is_open());
    BOOST_TEST(got.empty());
    world.run_for(5min);
    BOOST_TEST(pair.near->is_open());
    BOOST_TEST(pair.far->is_open());
    BOOST_TEST_REQUIRE(got.size() == 1U);
    BOOST_TEST((to_text(got[0].body.bytes()) == std::string(size, 'b')));
    got.clear();
    BOOST_TEST(window->bytes() == 4000U);
    BOOST_TEST(window->waiting() == 0U);
}

BOOST_FIXTURE_TEST_CASE(a_reply_that_nobody_waits_for_any_more_takes_no_room, fixture) {
    const auto full = window->enter(4000);
    raw_peer peer(world, options());
    frame_limits limits;
    limits.body = 5000;
    const auto ticket =
        peer.subject()->ask(frame(notice), limits, [](const answer&) { BOOST_ERROR("nobody waits"); });
    world.settle();
    const auto asked = peer.hear();
    BOOST_TEST_REQUIRE(asked.size() == 1U);
    peer.say(reply_to(asked[0], {}, payload_of(std::string(3000, 'b'))));
    BOOST_TEST(window->waiting() == 1U);
    peer.subject()->forget(ticket);
    world.settle();
    BOOST_TEST(window->waiting() == 0U);
    peer.say(frame(notice));
    BOOST_TEST(peer.received().size() == 1U); // it goes on behind it
}

BOOST_FIXTURE_TEST_CASE(whoever_ends_while_it_waits_leaves_the_line, fixture) {
    const auto full = window->enter(4000);
    raw_peer peer(world, options());
    peer.say(wire_form(with_body(3000)));
    BOOST_TEST(window->waiting() == 1U);
    peer.subject()->abort(errc::closed);
    world.settle();
    BOOST_TEST(window->waiting() == 0U);
}

BOOST_AUTO_TEST_SUITE_END()
