#include <fedasio/net/nursery.hpp>
#include <fedasio/net/outbox.hpp>

#include <boost/asio/error.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/test/unit_test.hpp>

#include <net/bytes.hpp>
#include <net/virtual_runtime.hpp>
#include <string>
#include <vector>

using namespace fedasio::net;
using namespace fedasio::net::testing;
using namespace std::chrono_literals;

namespace {

encoded_frame sized(std::size_t bytes) {
    return encoded_frame(frame(17, {}, payload_of(std::string(bytes - frame_header::size, 'x'))));
}

awaitable<bool> pop_one(outbox& from, std::vector<encoded_frame>& into) {
    co_return co_await from.pop(into, 1);
}

} // namespace

BOOST_AUTO_TEST_SUITE(outboxes)

BOOST_AUTO_TEST_CASE(an_outbox_is_bounded_by_bytes) {
    virtual_runtime world;
    outbox box(world.executor(), 100);
    BOOST_TEST(box.empty());
    BOOST_TEST(box.push(sized(99)));
    BOOST_TEST(box.push(sized(500)));
    BOOST_TEST(box.bytes() == 599U);
    BOOST_TEST(!box.push(sized(32)));
    BOOST_TEST(box.bytes() == 599U);
    std::vector<encoded_frame> out;
    BOOST_TEST(world.run(box.pop(out, 16)));
    BOOST_TEST(out.size() == 2U);
    BOOST_TEST(out[0].size() == 99U);
    BOOST_TEST(box.bytes() == 0U);
    BOOST_TEST(box.push(sized(32)));
    BOOST_TEST(box.push(sized(33)));
    BOOST_TEST(world.run(pop_one(box, out)));
    BOOST_TEST(out.size() == 3U);
    BOOST_TEST(box.bytes() == 33U);
}

BOOST_AUTO_TEST_CASE(what_is_not_on_its_way_can_be_withdrawn) {
    virtual_runtime world;
    outbox box(world.executor(), 400'000);
    std::vector<std::uint64_t> places;
    for (const std::size_t size : {100'000U, 200U, 200'000U, 50U}) {
        BOOST_TEST(box.push(sized(size)));
        places.push_back(box.last_place());
    }
    std::vector<encoded_frame> out;
    // What is large goes alone, so that what stands behind it can still be taken out.
    BOOST_TEST(world.run(box.pop(out, 16)));
    BOOST_TEST(out.size() == 1U);
    BOOST_TEST(!box.withdraw(places[0]));
    BOOST_TEST(box.withdraw(places[2]));
    BOOST_TEST(box.bytes() == 250U);
    BOOST_TEST(box.withdraw(places[1]));
    BOOST_TEST(box.bytes() == 50U);
    BOOST_TEST(!box.withdraw(places[3] + 1));
    out.clear();
    BOOST_TEST(world.run(box.pop(out, 16)));
    BOOST_TEST(out.size() == 1U);
    BOOST_TEST(out[0].size() == 50U);
    BOOST_TEST(box.empty());
    BOOST_TEST(!box.withdraw(places[3]));
    // And it makes room.
    BOOST_TEST(box.push(sized(400'000)));
    BOOST_TEST(!box.push(sized(50)));
    BOOST_TEST(box.withdraw(box.last_place()));
    BOOST_TEST(box.push(sized(50)));
}

BOOST_AUTO_TEST_CASE(closing_an_outbox_drains_and_aborting_drops) {
    virtual_runtime world;
    std::vector<encoded_frame> out;
    outbox closed(world.executor(), 100);
    BOOST_TEST(closed.push(sized(40)));
    BOOST_TEST(closed.push(sized(40)));
    closed.close();
    BOOST_TEST(closed.is_closed());
    BOOST_TEST(!closed.push(sized(40)));
    BOOST_TEST(world.run(pop_one(closed, out)));
    BOOST_TEST(world.run(pop_one(closed, out)));
    BOOST_TEST(!world.run(pop_one(closed, out)));
    BOOST_TEST(out.size() == 2U);

    outbox aborted(world.executor(), 100);
    BOOST_TEST(aborted.push(sized(40)));
    aborted.abort();
    BOOST_TEST(aborted.bytes() == 0U);
    BOOST_TEST(!world.run(pop_one(aborted, out)));
}

BOOST_AUTO_TEST_CASE(an_outbox_wakes_its_reader) {
    virtual_runtime world;
    outbox box(world.executor(), 100);
    nursery readers(world.executor());
    std::size_t popped = 0;
    bool ended = false;
    auto read = [](outbox& from, std::size_t& count, bool& end) -> awaitable<void> {
        co_await asio::this_coro::throw_if_cancelled(false);
        std::vector<encoded_frame> out;
        for (bool more = true; more;) {
            more = co_await from.pop(out, 1);
            count = out.size();
        }
        end = true;
    };
    readers.spawn(read(box, popped, ended));
    for (std::size_t i = 1; i <= 5; ++i) {
        world.settle();
        BOOST_TEST(box.push(sized(40)));
        world.settle();
        BOOST_TEST(popped == i);
    }
    readers.cancel();
    world.run(readers.join());
    BOOST_TEST(ended);
}

BOOST_AUTO_TEST_SUITE_END()
