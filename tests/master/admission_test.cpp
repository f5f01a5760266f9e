#include <fedasio/net/memory_stream.hpp>
#include <fedasio/net/nursery.hpp>
#include <fedasio/wire/hello.hpp>
#include <fedasio/wire/measurements.hpp>
#include <fedasio/wire/message_type.hpp>
#include <fedasio/wire/refusal_code.hpp>

#include <boost/asio/this_coro.hpp>
#include <boost/json/object.hpp>
#include <boost/test/unit_test.hpp>

#include "master/admission.hpp"
#include "parts.hpp"
#include <optional>

using namespace parts;
using namespace std::chrono_literals;

namespace message = wire::message_type;

namespace {

/// A stream whose other side has proved a name; tells how much may wait in it.
class proved final : public net::stream {
public:
    proved(std::unique_ptr<net::stream> inner, std::string name, std::size_t& unread)
        : inner_(std::move(inner)), name_(std::move(name)), unread_(unread) {}

    net::awaitable<net::transferred> read_some(boost::asio::mutable_buffer into) override {
        return inner_->read_some(into);
    }

    net::awaitable<net::transferred> write_some(std::span<const boost::asio::const_buffer> from) override {
        return inner_->write_some(from);
    }

    void limit_unread(std::size_t bytes) override { unread_ = bytes; }

    void shutdown_send() override { inner_->shutdown_send(); }

    void close() override { inner_->close(); }

    [[nodiscard]] std::string remote() const override { return inner_->remote(); }

    [[nodiscard]] std::string peer_name() const override { return name_; }

private:
    std::unique_ptr<net::stream> inner_;
    std::string name_;
    std::size_t& unread_;
};

/// The master's door, and who comes to it.
struct door : ground {
    explicit door(const std::string& plan = plan_text()) : ground(plan) {}

    ~door() {
        sessions.cancel();
        world.run(sessions.join());
    }

    door(const door&) = delete;
    door& operator=(const door&) = delete;

    net::connection& come(const std::string& proved_name = {}) {
        auto ends = net::make_memory_streams(world.executor(), "stranger", "master");
        net::runtime& rt = world;
        auto visitor = std::make_shared<net::connection>(rt, std::move(ends.first));
        visitor->start();
        scripted.push_back(visitor);
        sessions.spawn(doors.admit(std::make_unique<proved>(std::move(ends.second), proved_name, unread)));
        world.settle();
        return *visitor;
    }

    /// What the master answers to the first request of this visitor.
    net::answer ask(net::connection& visitor, std::uint16_t type, boost::json::object meta) {
        std::optional<net::answer> answered;
        visitor.ask(net::frame(type, std::move(meta)), {1U << 16, 0},
                    [&](net::answer given_answer) { answered = std::move(given_answer); });
        world.settle();
        BOOST_REQUIRE(answered.has_value());
        return *std::move(answered);
    }

    net::answer say_hello(net::connection& visitor, const std::string& name) {
        wire::hello hello;
        hello.name = name;
        hello.threads = 2;
        hello.version = "1.2.3";
        return ask(visitor, message::hello, wire::to_meta(hello));
    }

    newcomers coming{given, state};
    admission doors{given, state, coming};
    net::nursery sessions{world.executor()};
    std::size_t unread = 0; ///< that may wait in the last stream; 0: as the system likes
};

} // namespace

BOOST_AUTO_TEST_SUITE(who_comes_to_the_door)

BOOST_AUTO_TEST_CASE(a_hello_makes_a_worker_and_its_goodbye_ends_it) {
    door on;
    auto& north = on.come();
    const auto welcome = on.say_hello(north, "north");
    BOOST_TEST((welcome.result == net::outcome::reply));
    BOOST_TEST(wire::read_welcome(welcome.reply.meta).worker == 1U);
    const auto joined = on.all<worker_joined>();
    BOOST_TEST_REQUIRE(joined.size() == 1U);
    BOOST_TEST(joined[0].name == "north");
    BOOST_TEST(joined[0].threads == 2U);
    BOOST_TEST(joined[0].version == "1.2.3");
    BOOST_TEST(on.state.members.roster.is_here("north"));
    north.close("enough");
    on.world.settle();
    BOOST_TEST(!on.state.members.roster.has_name("north"));
    BOOST_TEST_REQUIRE(on.all<worker_left>().size() == 1U);
    BOOST_TEST(!on.all<worker_left>()[0].lost);
    // Who is torn away has not said goodbye. Numbers are never used twice.
    auto& again = on.come();
    on.say_hello(again, "north");
    again.abort(net::errc::closed);
    on.world.settle();
    BOOST_TEST_REQUIRE(on.all<worker_left>().size() == 2U);
    BOOST_TEST(on.all<worker_left>()[1].lost);
    BOOST_TEST(on.all<worker_left>()[1].worker == 2U);
    BOOST_TEST(on.all<noticed>().empty()); // none of them was a stranger
}

BOOST_AUTO_TEST_CASE(who_says_nothing_is_turned_away_after_ten_seconds) {
    door on;
    auto& silent = on.come();
    on.world.run_for(9s);
    BOOST_TEST(silent.is_open());
    on.world.run_for(1s);
    BOOST_TEST(!silent.is_open());
    BOOST_TEST(on.has_notice("turned away "));
    BOOST_TEST(on.all<worker_joined>().empty());
    // Who has said hello may be silent.
    auto& north = on.come();
    on.say_hello(north, "north");
    on.world.run_for(11s);
    BOOST_TEST(on.state.members.roster.is_here("north"));
}

BOOST_AUTO_TEST_CASE(who_does_not_begin_with_a_sound_hello_is_told_why) {
    door on;
    BOOST_TEST(on.ask(on.come(), message::train, {}).code == wire::refusal_code::unexpected);
    BOOST_TEST(on.ask(on.come(), message::hello, {}).code == wire::refusal_code::malformed);
    on.say_hello(on.come(), "north");
    auto& second = on.come();
    const auto taken = on.say_hello(second, "north");
    BOOST_TEST(taken.code == wire::refusal_code::name_taken);
    BOOST_TEST(taken.reason.find("--name") != std::string::npos);
    on.world.settle();
    BOOST_TEST(!second.is_open());
    BOOST_TEST(on.state.members.roster.all().size() == 1U);
    BOOST_TEST(on.all<noticed>().size() == 3U);
}

BOOST_AUTO_TEST_CASE(nobody_takes_another_name_than_that_of_its_certificate) {
    door on;
    const auto other = on.say_hello(on.come("south"), "north");
    BOOST_TEST((other.result == net::outcome::refused));
    BOOST_TEST(other.reason.find("that of 'south'") != std::string::npos);
    BOOST_TEST(on.state.members.roster.all().empty());
    BOOST_TEST((on.say_hello(on.come("south"), "south").result == net::outcome::reply));
}

// Hundreds that send at once would take more of the kernel than it has.
BOOST_AUTO_TEST_CASE(of_many_workers_little_waits_unread) {
    door at;
    for (int i = 0; i < 16; ++i) {
        at.say_hello(at.come(), "worker-" + std::to_string(i));
        BOOST_TEST(at.unread == 0U);
    }
    auto& next = at.come();
    BOOST_TEST(at.unread == 0U);
    at.say_hello(next, "one-more");
    BOOST_TEST(at.unread == std::size_t{256} << 10);
}

BOOST_AUTO_TEST_CASE(measurements_are_told_five_times_a_second_at_most) {
    door on;
    auto& north = on.come();
    on.say_hello(north, "north");
    const auto measure = [&] {
        north.send(net::frame(message::measurements, wire::to_meta(wire::measurements{12.5, 1 << 20})));
        on.world.settle();
    };
    for (int i = 0; i < 10; ++i) {
        measure();
        on.world.run_for(100ms);
    }
    const auto told = on.all<worker_measured>();
    BOOST_TEST_REQUIRE(told.size() == 5U);
    BOOST_TEST(told[0].cpu_percent == 12.5);
    BOOST_TEST(told[0].worker == 1U);
    BOOST_TEST(told[4].bytes_received > told[0].bytes_received);
}

BOOST_AUTO_TEST_CASE(a_worker_that_sends_what_none_sends_is_cut_off) {
    door on;
    auto& north = on.come();
    on.say_hello(north, "north");
    north.send(net::frame(message::measurements, {{"cpu_percent", "much"}}));
    on.world.settle();
    BOOST_TEST(!north.is_open());
    auto& south = on.come();
    on.say_hello(south, "south");
    south.send(net::frame(message::cancel, {}));
    on.world.settle();
    BOOST_TEST(on.state.members.roster.all().empty());
    const auto left = on.all<worker_left>();
    BOOST_TEST_REQUIRE(left.size() == 2U);
    BOOST_TEST(left[0].reason.find("cpu_percent") != std::string::npos);
    BOOST_TEST(left[1].reason.find("frames of type 23") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(an_owner_that_goes_is_away_from_then_on) {
    door on(local_plan_text());
    auto& owners = on.state.members.owners;
    auto& north = on.come();
    on.say_hello(north, "north");
    owners.add("north");
    on.world.run_for(3s);
    north.abort(net::errc::closed);
    on.world.settle();
    const auto* const away = owners.absence_of("north");
    BOOST_TEST_REQUIRE((away != nullptr));
    BOOST_TEST((away->since == on.world.now()));
    BOOST_TEST(away->was_here);
    BOOST_TEST(away->round == 1U);
    // Who comes and goes has been away since it first went.
    const auto since = away->since;
    auto& back = on.come();
    on.say_hello(back, "north");
    on.world.run_for(3s);
    back.abort(net::errc::closed);
    on.world.settle();
    BOOST_TEST((owners.absence_of("north")->since == since));
}

BOOST_AUTO_TEST_CASE(who_comes_during_a_training_loads_beside_it) {
    door on;
    on.build_model();
    on.state.progress.asked.order_as_planned();
    on.state.progress.asked.begin_training();
    on.state.progress.begin_training();
    on.state.progress.begin_round();
    on.state.progress.note_loaded();
    auto& north = on.come();
    std::vector<std::uint16_t> asked;
    north.on_frame([&](const net::frame& request) {
        if (request.is_request()) {
            asked.push_back(request.type);
        }
        do_as_asked(north, request);
    });
    on.say_hello(north, "north");
    on.world.run_for(1s);
    BOOST_TEST(asked == (std::vector<std::uint16_t>{message::load, message::model}),
               boost::test_tools::per_element());
    BOOST_TEST(on.state.members.roster.find(std::string("north"))->proof.is_proven);
    on.world.run(on.coming.end_training());
}

BOOST_AUTO_TEST_SUITE_END()
