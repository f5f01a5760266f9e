#include <boost/asio/detached.hpp>
#include <boost/test/unit_test.hpp>

#include <net/numbered_frames.hpp>
#include <net/raw_peer.hpp>

using namespace fedasio::net;
using namespace fedasio::net::testing;
using namespace std::chrono_literals;

BOOST_AUTO_TEST_SUITE(connections_that_end)

BOOST_AUTO_TEST_CASE(asks_are_lost_with_the_connection) {
    virtual_runtime world;
    raw_peer peer(world);
    answers got;
    peer.subject()->ask(frame(question), {}, got.keep());
    peer.subject()->ask(frame(question), {}, got.keep());
    world.settle();
    peer.in().break_off();
    world.settle();
    BOOST_TEST_REQUIRE(got.all.size() == 2U);
    peer.subject()->ask(frame(question), {}, got.keep());
    BOOST_TEST_REQUIRE(got.all.size() == 3U);
    for (const auto& lost : got.all) {
        BOOST_TEST(to_string(lost.result) == "lost");
        BOOST_TEST(lost.reason == peer.subject()->end_reason());
        BOOST_TEST(!lost.reason.empty());
    }
    BOOST_TEST(peer.end() == error_code(asio::error::connection_reset));
}

BOOST_AUTO_TEST_CASE(a_loss_may_make_others_forget) {
    virtual_runtime world;
    raw_peer peer(world);
    std::vector<std::uint64_t> tickets;
    tickets.reserve(10);
    int calls = 0;
    for (int i = 0; i < 10; ++i) {
        tickets.push_back(peer.subject()->ask(frame(question), {}, [&](const answer&) {
            ++calls;
            for (const auto ticket : tickets) {
                peer.subject()->forget(ticket);
            }
        }));
    }
    peer.subject()->abort(errc::closed);
    BOOST_TEST(calls == 1);
}

// The last bytes of a frame may have been taken already when the connection ends.
BOOST_AUTO_TEST_CASE(a_reply_that_completes_as_the_connection_ends) {
    virtual_runtime world;
    memory_pipe_options pipes;
    pipes.late_reads = true;
    raw_peer peer(world, {}, pipes);
    answers got;
    peer.subject()->ask(frame(question), {4096, 8192}, got.keep());
    world.settle();
    const auto asked = peer.hear();
    const auto whole = wire_form(reply_to(asked.at(0), {}, payload_of(long_text(8192))));
    peer.say(whole.substr(0, 100));
    peer.in().inject(whole.substr(100));
    while (peer.in().unread() > 0) {
        BOOST_TEST_REQUIRE(world.step());
    }
    peer.subject()->abort(errc::closed, "test");
    world.settle();
    BOOST_TEST_REQUIRE(got.all.size() == 1U);
    BOOST_TEST(to_string(got.all[0].result) == "lost");
    BOOST_TEST(peer.received().empty());
}

BOOST_AUTO_TEST_CASE(a_notice_that_completes_as_the_connection_ends) {
    virtual_runtime world;
    memory_pipe_options pipes;
    pipes.late_reads = true;
    raw_peer peer(world, {}, pipes);
    peer.in().inject(wire_form(numbered(1)));
    while (peer.in().unread() > 0) {
        BOOST_TEST_REQUIRE(world.step());
    }
    peer.subject()->abort(errc::closed, "test");
    world.settle();
    BOOST_TEST(peer.received().empty());
}

BOOST_AUTO_TEST_CASE(a_graceful_end_drains_the_queue) {
    virtual_runtime world;
    const connected_pair pair(world, {}, {64, 10, 10});
    std::vector<std::int64_t> got;
    pair.far->on_frame([&](const frame& one) { got.push_back(number_of(one)); });
    for (std::int64_t i = 0; i < 50; ++i) {
        pair.near->send(numbered(i));
    }
    pair.near->close("all is said");
    pair.near->close("twice");
    pair.near->send(numbered(50));
    const auto near_end = world.run(pair.near->ended());
    const auto far_end = world.run(pair.far->ended());
    BOOST_TEST(got.size() == 50U);
    BOOST_TEST(near_end == make_error_code(errc::closed));
    BOOST_TEST(far_end == make_error_code(errc::closed_by_peer));
    BOOST_TEST(pair.near->end_reason() == "closed on this side");
    BOOST_TEST(pair.far->end_reason() == "the peer said goodbye: all is said");
}

BOOST_AUTO_TEST_CASE(both_may_close_at_once) {
    virtual_runtime world;
    const connected_pair pair(world);
    pair.near->close("a");
    pair.far->close("b");
    const auto near_end = world.run(pair.near->ended());
    const auto far_end = world.run(pair.far->ended());
    for (const auto& end : {near_end, far_end}) {
        const bool graceful =
            end == make_error_code(errc::closed) || end == make_error_code(errc::closed_by_peer);
        BOOST_TEST(graceful);
    }
}

BOOST_AUTO_TEST_CASE(no_questions_after_a_goodbye) {
    virtual_runtime world;
    raw_peer peer(world);
    answers got;
    peer.say(frame(frame_type::bye, {{"reason", "tired"}}));
    peer.subject()->ask(frame(question), {}, got.keep());
    BOOST_TEST_REQUIRE(got.all.size() == 1U);
    BOOST_TEST(got.all[0].reason == make_error_code(errc::closed_by_peer).message());
    peer.in().end();
    world.settle();
    BOOST_TEST(peer.end() == make_error_code(errc::closed_by_peer));
    BOOST_TEST(peer.out().has_ended());
}

BOOST_AUTO_TEST_CASE(eof_between_frames_is_no_goodbye) {
    virtual_runtime world;
    raw_peer peer(world);
    peer.say(numbered(1));
    peer.in().end();
    world.settle();
    BOOST_TEST(peer.received().size() == 1U);
    BOOST_TEST(peer.end() == error_code(asio::error::eof));
}

BOOST_AUTO_TEST_CASE(a_cancelled_run_says_goodbye) {
    virtual_runtime world;
    memory_link link(world.executor());
    const auto subject = std::make_shared<connection>(world.get(), std::move(link.first));
    nursery owner(world.executor());
    auto serve = [](connection_ptr who) -> awaitable<void> { co_await who->run(); };
    owner.spawn(serve(subject));
    world.settle();
    owner.cancel();
    world.settle();
    BOOST_TEST(!subject->is_open());
    BOOST_TEST(link.forth->take().find("stopped") != std::string::npos);
    link.back->end();
    world.run(owner.join());
    BOOST_TEST(world.run(subject->ended()) == make_error_code(errc::closed));
}

BOOST_AUTO_TEST_CASE(a_connection_that_never_ran_can_be_asked_and_aborted) {
    virtual_runtime world;
    memory_link link(world.executor());
    answers got;
    const auto subject = std::make_shared<connection>(world.get(), std::move(link.first));
    subject->ask(frame(question), {}, got.keep());
    subject->abort(errc::handshake_timeout, "after 5 s");
    BOOST_TEST(got.all.size() == 1U);
    BOOST_TEST(subject->end_reason() == "the peer did not introduce itself in time: after 5 s");
    subject->start();
    BOOST_TEST(world.run(subject->ended()) == make_error_code(errc::handshake_timeout));
    BOOST_TEST(world.is_dry());
}

BOOST_AUTO_TEST_CASE(who_sends_much_can_wait_for_room) {
    virtual_runtime world;
    connection_options options;
    options.outbox_bytes = 1000;
    raw_peer peer(world, options, {64});
    int sent = 0;
    auto pour = [](connection_ptr to, int* count) -> awaitable<void> {
        for (; *count < 100; ++*count) {
            co_await to->writable();
            to->send(frame(notice, {}, payload_of(std::string(500, 'x'))));
        }
    };
    // Two, because what wakes both has room for one.
    asio::co_spawn(world.executor(), pour(peer.subject(), &sent), asio::detached);
    asio::co_spawn(world.executor(), pour(peer.subject(), &sent), asio::detached);
    world.settle();
    BOOST_TEST(sent < 40);
    std::size_t heard = 0;
    for (int turn = 0; turn < 10000 && heard < 100; ++turn) {
        heard += peer.hear().size();
        world.settle();
    }
    BOOST_TEST(heard >= 100U);
    BOOST_TEST(peer.subject()->is_open());
}

// Under ASan: whatever is under way when everything is torn down, nothing leaks and nothing is used again.
BOOST_AUTO_TEST_CASE(the_context_may_go_at_any_moment) {
    for (std::size_t steps = 0; steps < 60; ++steps) {
        int answered = 0;
        asio::io_context context;
        virtual_clock time(context.get_executor());
        runtime rt{context.get_executor(), time, [] { return 4U; }};
        auto ask = [](connection_ptr who, clock::time_point deadline, int* count) -> awaitable<void> {
            const auto got = co_await who->request(frame(question), {}, deadline);
            *count += got.result == outcome::lost ? 0 : 1;
        };
        for (int i = 0; i < 3; ++i) {
            memory_link link(context.get_executor(), {50});
            const auto near = std::make_shared<connection>(rt, std::move(link.first));
            const auto far = std::make_shared<connection>(rt, std::move(link.second));
            far->on_frame([raw = far.get()](const frame& got) { raw->reply(got); });
            near->start();
            far->start();
            asio::co_spawn(context, ask(near, time.now() + 1h, &answered), asio::detached);
        }
        for (std::size_t step = 0; step < steps; ++step) {
            context.poll_one();
        }
        BOOST_TEST(answered <= 3);
    }
}

BOOST_AUTO_TEST_SUITE_END()
