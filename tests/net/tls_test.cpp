#include "tls_meeting.hpp"

using namespace fedasio::net;
using namespace fedasio::net::testing;
using namespace fedasio::net::testing::tls_meeting;
using namespace std::chrono_literals;

BOOST_FIXTURE_TEST_SUITE(tls_handshakes, fixture)

BOOST_AUTO_TEST_CASE(both_sides_learn_who_the_other_is) {
    established pair;
    BOOST_TEST(pair.at_master->peer_name() == "ward-3");
    BOOST_TEST(pair.at_worker->peer_name() == "master.example");
    BOOST_TEST(pair.at_master->remote() == "memory:first");
    BOOST_TEST(pair.worker.own_name() == "ward-3");
    write_text(pair.world, *pair.at_worker, "hello");
    const auto wire = pair.link.forth->unread();
    BOOST_TEST(wire > 5U);
    BOOST_TEST(read_text(pair.world, *pair.at_master) == "hello");
    write_text(pair.world, *pair.at_master, "welcome");
    const auto on_the_way = pair.link.back->take();
    BOOST_TEST(on_the_way.find("welcome") == std::string::npos);
    pair.link.back->inject(on_the_way);
    BOOST_TEST(read_text(pair.world, *pair.at_worker) == "welcome");
}

BOOST_AUTO_TEST_CASE(nothing_to_resume_from_is_sent) {
    established pair;
    BOOST_TEST(pair.link.back->unread() == 0U); // where session tickets would be
}

BOOST_AUTO_TEST_CASE(a_large_message_in_small_pieces) {
    memory_pipe_options pipes;
    pipes.read_chunk = 100;
    pipes.write_chunk = 777;
    pipes.capacity = 2000;
    established pair(pipes);
    std::string text;
    for (int i = 0; i < 30000; ++i) {
        text += std::to_string(i);
    }
    std::string got;
    const auto receive = [](stream& from, std::string& into, std::size_t bytes) -> awaitable<void> {
        std::string part(5000, ' ');
        while (into.size() < bytes) {
            const auto now = co_await from.read_some(asio::buffer(part));
            BOOST_TEST_REQUIRE(!now.error);
            into.append(part, 0, now.bytes);
        }
    };
    nursery children(pair.world.executor());
    children.spawn(receive(*pair.at_master, got, text.size()));
    std::string_view left(text);
    while (!left.empty()) {
        const std::array parts{
            asio::const_buffer(left.data(), left.size() / 2),
            asio::const_buffer(left.data() + left.size() / 2, left.size() - left.size() / 2)};
        const auto sent = pair.world.run(pair.at_worker->write_some(parts));
        BOOST_TEST_REQUIRE(!sent.error);
        BOOST_TEST(sent.bytes <= 65536U);
        left.remove_prefix(sent.bytes);
    }
    pair.world.run(children.join());
    BOOST_TEST((got == text));
}

BOOST_AUTO_TEST_CASE(connections_speak_over_it_and_say_goodbye) {
    established pair;
    const auto near = std::make_shared<connection>(pair.world.get(), std::move(pair.at_worker));
    const auto far = std::make_shared<connection>(pair.world.get(), std::move(pair.at_master));
    far->on_frame([&far](const frame& got) { far->reply(got); });
    near->start();
    far->start();
    const auto answer =
        pair.world.run(near->request(frame(frame_type::first_free), {}, pair.world.now() + 1s));
    BOOST_TEST((answer.result == outcome::reply));
    near->close("enough");
    BOOST_TEST(pair.world.run(near->ended()) == error_code(errc::closed));
    BOOST_TEST(pair.world.run(far->ended()) == error_code(errc::closed_by_peer));
}

BOOST_AUTO_TEST_CASE(an_orderly_end_comes_after_what_was_written) {
    established pair;
    write_text(pair.world, *pair.at_worker, "last words");
    pair.at_worker->shutdown_send();
    pair.world.settle();
    BOOST_TEST(pair.link.forth->has_ended());
    BOOST_TEST(read_text(pair.world, *pair.at_master) == "last words");
    BOOST_TEST(read_error(pair.world, *pair.at_master) == error_code(asio::error::eof));
    write_text(pair.world, *pair.at_master, "still there");
    BOOST_TEST(read_text(pair.world, *pair.at_worker) == "still there");
}

BOOST_AUTO_TEST_CASE(a_changed_bit_is_noticed) {
    established pair;
    write_text(pair.world, *pair.at_worker, "weights");
    auto bytes = pair.link.forth->take();
    bytes[10] = static_cast<char>(bytes[10] ^ 1);
    pair.link.forth->inject(bytes);
    BOOST_TEST(read_error(pair.world, *pair.at_master) == error_code(tls_errc::damaged));
}

BOOST_AUTO_TEST_CASE(what_was_recorded_is_worth_nothing) {
    tls master(world, master_kit());
    tls worker(world, worker_kit());
    memory_link link(world.executor());
    memory_link other(world.executor());
    meeting connected(world, worker.connect(std::move(link.first), "master.example"));
    meeting accepted(world, master.accept(std::move(other.second)));
    std::string said;
    for (int i = 0; i < 4; ++i) {
        world.settle();
        const auto from_worker = link.forth->take();
        said += from_worker;
        other.forth->inject(from_worker);
        world.settle();
        link.back->inject(other.back->take());
    }
    BOOST_TEST(!accepted.error());
    memory_link again(world.executor());
    meeting replayed(world, master.accept(std::move(again.second)));
    again.forth->inject(said);
    world.run_for(2s);
    BOOST_TEST(replayed.error() == error_code(tls_errc::handshake_failed));
}

BOOST_AUTO_TEST_CASE(ten_seconds_and_no_more) {
    tls master(world, master_kit());
    tls worker(world, worker_kit());
    memory_link one(world.executor());
    memory_link two(world.executor());
    meeting accepted(world, master.accept(std::move(one.second)));
    meeting connected(world, worker.connect(std::move(two.first), "master.example"));
    world.run_for(5s);
    one.forth->inject("\x16\x03\x01");
    world.run_for(4999ms);
    BOOST_TEST(!accepted.over);
    BOOST_TEST(!connected.over);
    world.run_for(1ms);
    BOOST_TEST(accepted.error() == error_code(errc::handshake_timeout));
    BOOST_TEST(connected.error() == error_code(errc::handshake_timeout));
}

BOOST_AUTO_TEST_CASE(what_others_begin_with) {
    const auto master = master_kit();
    const auto worker = worker_kit();
    using namespace std::string_literals;
    const std::pair<std::string, error_code> cases[] = {
        {"FDIO" + std::string(40, 'x'), errc::peer_is_unprotected},
        {"FDK1" + std::string(40, 'x'), errc::peer_uses_key},
        {"GET / HTTP/1.1\r\n\r\n", errc::peer_uses_http},
        {"\x16\x03\x01\x00\x20\x01\xff\xff\xff"s, tls_errc::handshake_failed}, // announces 16 MiB
        {"\x16\x03\x01\x00\x20\x02\x00\x00\x10"s, tls_errc::handshake_failed}, // not a client's
        {"\x16\x03\x01\x00\x05\x01\x00\x00\x01\x00"s, tls_errc::handshake_failed}};
    for (const auto& [text, expected] : cases) {
        tls own(world, master);
        memory_link link(world.executor());
        meeting accepted(world, own.accept(std::move(link.second)));
        link.forth->inject(text);
        world.run_for(2s);
        BOOST_TEST(accepted.error() == expected, to_hex(text) << ": " << accepted.error().message());
    }
    for (const auto& [text, expected] : std::span(cases).first(3)) {
        tls own(world, worker);
        memory_link link(world.executor());
        meeting connected(world, own.connect(std::move(link.first), "master.example"));
        link.back->inject(text);
        world.run_for(2s);
        BOOST_TEST(connected.error() == expected);
    }
}

BOOST_AUTO_TEST_CASE(every_end_and_every_wrong_byte_of_the_workers_words) {
    const auto masters = master_kit();
    tls master(world, masters);
    tls worker(world, worker_kit());
    memory_link spoken(world.executor());
    meeting connected(world, worker.connect(std::move(spoken.first), "master.example"));
    world.settle();
    const auto hello = spoken.forth->take();
    for (std::size_t bytes = 0; bytes < hello.size(); ++bytes) {
        memory_link cut(world.executor());
        meeting accepted(world, master.accept(std::move(cut.second)));
        cut.forth->inject(hello.substr(0, bytes));
        cut.forth->end();
        world.run_for(2s);
        BOOST_TEST(accepted.error() == error_code(errc::not_authenticated));

        memory_link damaged(world.executor());
        meeting other(world, master.accept(std::move(damaged.second)));
        auto text = hello;
        text[bytes] = static_cast<char>(text[bytes] ^ 0x41);
        damaged.forth->inject(text);
        world.run_for(11s);
        BOOST_TEST(other.error().failed());
    }
}

BOOST_AUTO_TEST_CASE(cancelled_while_it_waits) {
    tls master(world, master_kit());
    memory_link link(world.executor());
    nursery children(world.executor());
    opened result;
    const auto keep = [](awaitable<opened> work, opened* into) -> awaitable<void> {
        *into = co_await std::move(work);
    };
    children.spawn(keep(master.accept(std::move(link.second)), &result));
    world.settle();
    children.cancel();
    world.settle();
    BOOST_TEST(children.size() == 0U);
    BOOST_TEST(result.error == error_code(asio::error::operation_aborted));
}

BOOST_AUTO_TEST_SUITE_END()
