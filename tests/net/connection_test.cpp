#include <boost/asio/detached.hpp>
#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <cstdint>
#include <net/raw_peer.hpp>

using namespace fedasio::net;
using namespace fedasio::net::testing;
using namespace std::chrono_literals;

namespace {

constexpr std::uint16_t question = 16;
constexpr std::uint16_t notice = 17;

frame numbered(std::int64_t number) {
    return frame(notice, {{"number", number}});
}

std::int64_t number_of(const frame& what) {
    return what.meta.at("number").as_int64();
}

/// Keeps what an ask was answered.
struct answers {
    std::vector<answer> all;

    connection::answer_handler keep() {
        return [this](answer got) { all.push_back(std::move(got)); };
    }
};

std::string long_text(std::size_t size) {
    std::string text(size, ' ');
    for (std::size_t i = 0; i < size; ++i) {
        text[i] = static_cast<char>(i * 2654435761U >> 13);
    }
    return text;
}

} // namespace

BOOST_AUTO_TEST_SUITE(connections)

BOOST_AUTO_TEST_CASE(a_request_is_replied_to_or_refused) {
    virtual_runtime world;
    const connected_pair pair(world);
    pair.far->on_frame([far = pair.far.get()](const frame& got) {
        BOOST_TEST(got.is_request());
        if (got.meta.contains("please")) {
            far->reply(got, {{"answer", 42}}, payload_of("body"));
        } else {
            far->refuse(got, "rude", "say please");
        }
    });
    const auto deadline = world.now() + 1s;
    const auto good = world.run(pair.near->request(frame(question, {{"please", true}}), {4096, 4}, deadline));
    BOOST_TEST(to_string(good.result) == "reply");
    BOOST_TEST(good.reply.meta.at("answer").as_int64() == 42);
    BOOST_TEST(good.reply.type == question);
    BOOST_TEST(to_text(good.reply.body.bytes()) == "body");
    const auto bad = world.run(pair.near->request(frame(question), {}, deadline));
    BOOST_TEST(to_string(bad.result) == "refused");
    BOOST_TEST(bad.code == "rude");
    BOOST_TEST(bad.reason == "say please");
    BOOST_TEST(pair.near->unanswered() == 0U);
    pair.far->on_frame({});
    const auto unhandled = world.run(pair.near->request(frame(question), {}, deadline));
    BOOST_TEST(unhandled.code == "unexpected");
}

BOOST_AUTO_TEST_CASE(a_request_times_out) {
    virtual_runtime world;
    const connected_pair pair(world);
    pair.far->on_frame([](const frame&) {});
    const auto start = world.now();
    const auto none = world.run(pair.near->request(frame(question), {}, start + 1500ms));
    BOOST_TEST(to_string(none.result) == "timed_out");
    BOOST_TEST((world.now() - start == 1500ms));
    BOOST_TEST(pair.near->unanswered() == 0U);
}

// Replies may overtake each other.
BOOST_AUTO_TEST_CASE(each_answer_finds_its_question) {
    virtual_runtime world;
    raw_peer peer(world);
    std::vector<int> order;
    for (int i = 0; i < 3; ++i) {
        peer.subject()->ask(frame(question), {}, [&order, i](const answer&) { order.push_back(i); });
    }
    world.settle();
    const auto asked = peer.hear();
    BOOST_TEST_REQUIRE(asked.size() == 3U);
    peer.say(reply_to(asked[2]));
    peer.say(reply_to(asked[0]));
    peer.say(reply_to(asked[1]));
    BOOST_TEST(order == (std::vector<int>{2, 0, 1}), boost::test_tools::per_element());
}

const std::vector<memory_pipe_options> pipe_shapes{
    {}, {65536, 1, 1}, {65536, 7, 5}, {1, 1, 1}, {33, memory_pipe_options::any, memory_pipe_options::any}};

BOOST_DATA_TEST_CASE(frames_arrive_whole_and_in_order, boost::unit_test::data::xrange(pipe_shapes.size())) {
    virtual_runtime world;
    connection_options options;
    options.limits.body = 10000;
    const connected_pair pair(world, options, pipe_shapes[sample]);
    std::vector<frame> got;
    pair.far->on_frame([&](frame one) { got.push_back(std::move(one)); });
    for (std::int64_t i = 0; i < 24; ++i) {
        auto one = numbered(i);
        one.body = payload_of(long_text(static_cast<std::size_t>(i) * 220));
        pair.near->send(std::move(one));
    }
    world.settle();
    BOOST_TEST_REQUIRE(got.size() == 24U);
    for (std::int64_t i = 0; i < 24; ++i) {
        const auto& one = got[static_cast<std::size_t>(i)];
        BOOST_TEST(number_of(one) == i);
        BOOST_TEST(one.correlation == 0U);
        BOOST_TEST(to_text(one.body.bytes()) == long_text(static_cast<std::size_t>(i) * 220));
    }
    BOOST_TEST(pair.near->bytes_sent() == pair.far->bytes_received());
}

BOOST_AUTO_TEST_CASE(a_large_body_is_never_copied_and_arrives_aligned) {
    virtual_runtime world;
    connection_options options;
    options.limits.body = std::size_t{8} << 20;
    const connected_pair one(world, options);
    const connected_pair two(world, options);
    std::vector<frame> got;
    for (const auto* pair : {&one, &two}) {
        pair->far->on_frame([&](frame arrived) { got.push_back(std::move(arrived)); });
    }
    const auto text = long_text(std::size_t{8} << 20);
    const auto body = payload_of(text);
    one.near->send(frame(notice, {}, body));
    two.near->send(frame(notice, {}, body));
    BOOST_TEST(body.use_count() == 3);
    world.settle();
    BOOST_TEST(body.use_count() == 1);
    BOOST_TEST_REQUIRE(got.size() == 2U);
    for (const auto& arrived : got) {
        BOOST_TEST(reinterpret_cast<std::uintptr_t>(arrived.body.bytes().data()) % 64 == 0U);
        BOOST_TEST((to_text(arrived.body.bytes()) == text));
    }
}

BOOST_AUTO_TEST_CASE(a_handler_may_put_another_in_its_place) {
    virtual_runtime world;
    raw_peer peer(world);
    std::vector<std::string> order;
    const std::string first_word(100, 'a');
    peer.subject()->on_frame([&order, &peer, first_word](const frame&) {
        peer.subject()->on_frame([&order](const frame&) { order.emplace_back("second"); });
        order.push_back(first_word);
    });
    peer.say(wire_form(numbered(1)) + wire_form(numbered(2)));
    BOOST_TEST(order == (std::vector<std::string>{first_word, "second"}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(new_limits_hold_from_the_next_frame_on) {
    virtual_runtime world;
    raw_peer peer(world);
    int got = 0;
    peer.subject()->on_frame([&](const frame&) {
        ++got;
        peer.subject()->set_limits({4096, 5});
    });
    peer.say(wire_form(frame(notice)) + wire_form(frame(notice, {}, payload_of("12345"))));
    BOOST_TEST(got == 2);
    BOOST_TEST(peer.subject()->is_open());
}

BOOST_AUTO_TEST_CASE(a_forgotten_reply_is_read_past) {
    virtual_runtime world;
    raw_peer peer(world);
    const frame_limits limits{4096, 100000};
    answers got;
    const auto ticket = peer.subject()->ask(frame(question), limits, got.keep());
    world.settle();
    BOOST_TEST(peer.subject()->unanswered() == 1U);
    peer.subject()->forget(ticket);
    peer.subject()->forget(ticket);
    peer.subject()->forget(ticket + 1);
    BOOST_TEST(peer.subject()->unanswered() == 0U);
    const auto asked = peer.hear();
    BOOST_TEST_REQUIRE(asked.size() == 1U);
    const auto late = wire_form(reply_to(asked[0], {{"late", true}}, payload_of(long_text(100000))));
    peer.say(late + wire_form(numbered(7)));
    BOOST_TEST(got.all.empty());
    BOOST_TEST_REQUIRE(peer.received().size() == 1U);
    BOOST_TEST(number_of(peer.received()[0]) == 7);
    BOOST_TEST(peer.subject()->unanswered() == 0U);
    BOOST_TEST(peer.subject()->is_open());
}

BOOST_AUTO_TEST_CASE(the_arrival_of_a_body_is_told_before_its_end) {
    virtual_runtime world;
    raw_peer peer(world);
    const frame_limits limits{4096, 100000};
    answers got;
    int arrivals = 0;
    const auto count = [&arrivals] { ++arrivals; };
    peer.subject()->ask(frame(question), limits, got.keep(), count);
    const auto forgotten = peer.subject()->ask(frame(question), limits, got.keep(), count);
    peer.subject()->ask(frame(question), limits, got.keep(), count);
    world.settle();
    const auto asked = peer.hear();
    BOOST_TEST_REQUIRE(asked.size() == 3U);
    const auto whole = wire_form(reply_to(asked[0], {}, payload_of(long_text(100000))));
    peer.say(whole.substr(0, 5000));
    BOOST_TEST(arrivals == 1);
    BOOST_TEST(got.all.empty());
    peer.say(whole.substr(5000));
    BOOST_TEST(arrivals == 1);
    BOOST_TEST(got.all.size() == 1U);
    peer.subject()->forget(forgotten);
    peer.say(wire_form(reply_to(asked[1], {}, payload_of(long_text(5000)))));
    BOOST_TEST(arrivals == 1); // nobody waits for it
    peer.say(wire_form(reply_to(asked[2])));
    BOOST_TEST(arrivals == 1); // it has no body
    BOOST_TEST(got.all.size() == 2U);
}

BOOST_AUTO_TEST_CASE(forgetting_while_the_body_arrives) {
    virtual_runtime world;
    raw_peer peer(world);
    answers got;
    const auto ticket = peer.subject()->ask(frame(question), {4096, 100}, got.keep());
    world.settle();
    const auto asked = peer.hear();
    const auto whole = wire_form(reply_to(asked.at(0), {}, payload_of(long_text(100))));
    peer.say(whole.substr(0, 80));
    peer.subject()->forget(ticket);
    peer.say(whole.substr(80) + wire_form(numbered(1)));
    BOOST_TEST(got.all.empty());
    BOOST_TEST(peer.received().size() == 1U);
    BOOST_TEST(peer.subject()->is_open());
}

BOOST_AUTO_TEST_CASE(a_peer_that_owes_too_many_answers_is_dropped) {
    virtual_runtime world;
    connection_options options;
    options.outbox_bytes = std::size_t{1} << 30;
    raw_peer peer(world, options);
    answers got;
    for (int i = 0; i <= 65536; ++i) {
        const auto ticket = peer.subject()->ask(frame(question), {}, got.keep());
        world.settle();
        static_cast<void>(peer.out().take()); // what has not been sent is not owed
        peer.subject()->forget(ticket);
    }
    BOOST_TEST(peer.subject()->is_open());
    peer.subject()->ask(frame(question), {}, got.keep());
    BOOST_TEST_REQUIRE(got.all.size() == 1U);
    BOOST_TEST(to_string(got.all[0].result) == "lost");
    BOOST_TEST(peer.end() == make_error_code(errc::slow_reader));
}

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
