#include <boost/asio/detached.hpp>
#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <net/numbered_frames.hpp>
#include <net/raw_peer.hpp>

using namespace fedasio::net;
using namespace fedasio::net::testing;
using namespace std::chrono_literals;

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

BOOST_AUTO_TEST_SUITE_END()
