#include <fedasio/net/gather.hpp>

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <net/raw_peer.hpp>

namespace net = fedasio::net;
using namespace fedasio::net;
using namespace fedasio::net::testing;
using namespace std::chrono_literals;

namespace {

constexpr std::uint16_t question = 16;

enum class behaviour { answers, refuses, silent, dies, late };

/// A peer that answers, or does not, as it was told to.
class scripted_peer {
public:
    scripted_peer(virtual_runtime& world, behaviour what, connection_options options = {})
        : world_(world), pair_(world, options) {
        pair_.far->on_frame([this, what](frame got) { act(what, std::move(got)); });
    }

    scripted_peer(const scripted_peer&) = delete;
    scripted_peer& operator=(const scripted_peer&) = delete;

    ~scripted_peer() {
        pair_.far->on_frame({});
        pair_.far->abort(errc::closed);
        pair_.near->abort(errc::closed);
    }

    [[nodiscard]] const connection_ptr& near() const noexcept { return pair_.near; }

    [[nodiscard]] int asked() const noexcept { return asked_; }

private:
    void act(behaviour what, frame got) {
        ++asked_;
        switch (what) {
        case behaviour::answers:
            pair_.far->reply(got, {{"echo", got.meta}}, got.body);
            break;
        case behaviour::refuses:
            pair_.far->refuse(got, "busy", "later perhaps");
            break;
        case behaviour::silent:
            break;
        case behaviour::dies:
            alarm_ = world_.time().at(world_.now() + 500ms, [this] {
                pair_.link.back->break_off();
                pair_.link.forth->break_off();
            });
            break;
        case behaviour::late:
            alarm_ = world_.time().at(world_.now() + 20s, [this, got = std::move(got)] {
                pair_.far->reply(got, {{"late", true}}, payload_of(std::string(1000, 'l')));
            });
            break;
        }
    }

    virtual_runtime& world_;
    connected_pair pair_;
    std::unique_ptr<fedasio::net::alarm> alarm_;
    int asked_ = 0;
};

using peers = std::vector<std::unique_ptr<scripted_peer>>;

peers make_peers(virtual_runtime& world, const std::vector<behaviour>& script) {
    peers made;
    for (const auto what : script) {
        made.push_back(std::make_unique<scripted_peer>(world, what));
    }
    world.settle();
    return made;
}

std::vector<call> ask_all(const peers& whom) {
    std::vector<call> calls;
    calls.reserve(whom.size());
    for (std::size_t i = 0; i < whom.size(); ++i) {
        calls.emplace_back(whom[i]->near(), frame(question, {{"index", i}}), frame_limits{4096, 4096});
    }
    return calls;
}

std::vector<std::string> results_of(const std::vector<gathered>& all) {
    std::vector<std::string> names;
    names.reserve(all.size());
    for (const auto& one : all) {
        names.emplace_back(to_string(one.result));
    }
    return names;
}

awaitable<void> gather_into(runtime& rt, std::vector<call> calls, gather_policy policy,
                            std::vector<gathered>& results) {
    results = co_await gather(rt, std::move(calls), policy);
}

using names = std::vector<std::string>;

} // namespace

BOOST_AUTO_TEST_SUITE(gathering)

BOOST_AUTO_TEST_CASE(all_answer) {
    virtual_runtime world;
    const auto all = make_peers(world, std::vector<behaviour>(20, behaviour::answers));
    std::vector<int> replies(20, 0);
    const auto start = world.now();
    const auto results =
        world.run(gather(world, ask_all(all), gather_policy(start + 1h), [&](std::size_t i, frame& reply) {
            ++replies[i];
            BOOST_TEST(reply.meta.at("echo").at("index").to_number<std::size_t>() == i);
            return std::string();
        }));
    BOOST_TEST(results_of(results) == names(20, "reply"), boost::test_tools::per_element());
    BOOST_TEST(replies == std::vector<int>(20, 1), boost::test_tools::per_element());
    BOOST_TEST((world.now() == start));
}

BOOST_AUTO_TEST_CASE(nobody_to_ask) {
    virtual_runtime world;
    const auto results = world.run(gather(world, {}, gather_policy()));
    BOOST_TEST(results.empty());
    BOOST_TEST(world.is_dry());
}

BOOST_AUTO_TEST_CASE(refusals_objections_and_nobody) {
    virtual_runtime world;
    const auto all = make_peers(world, {behaviour::refuses, behaviour::answers, behaviour::answers});
    auto calls = ask_all(all);
    calls.emplace_back(nullptr, frame(question));
    all[2]->near()->abort(errc::heartbeat_lost, "long ago");
    const auto results =
        world.run(gather(world, std::move(calls), gather_policy(), [](std::size_t, const frame&) {
            return std::string("these weights are not finite");
        }));
    BOOST_TEST(results_of(results) == (names{"refused", "refused", "lost", "lost"}),
               boost::test_tools::per_element());
    BOOST_TEST(results[0].code == "busy");
    BOOST_TEST(results[0].reason == "later perhaps");
    BOOST_TEST(results[1].code == "invalid");
    BOOST_TEST(results[1].reason == "these weights are not finite");
    BOOST_TEST(results[2].reason == "the peer fell silent: long ago");
    BOOST_TEST(!results[3].reason.empty());
}

BOOST_AUTO_TEST_CASE(the_deadline_ends_it_and_late_answers_do_no_harm) {
    virtual_runtime world;
    const auto all = make_peers(world, {behaviour::answers, behaviour::silent, behaviour::late});
    const auto start = world.now();
    int handed_on = 0;
    const auto count = [&](std::size_t, const frame&) {
        ++handed_on;
        return std::string();
    };
    const auto results = world.run(gather(world, ask_all(all), gather_policy(start + 10s), count));
    BOOST_TEST(results_of(results) == (names{"reply", "timed_out", "timed_out"}),
               boost::test_tools::per_element());
    BOOST_TEST((world.now() - start == 10s));
    for (const auto& one : all) {
        BOOST_TEST(one->near()->unanswered() == 0U);
    }
    world.run_for(30s);
    BOOST_TEST(handed_on == 1);
    BOOST_TEST(all[2]->near()->is_open());
    const auto again = world.run(gather(world, ask_all(all), gather_policy(world.now() + 1h), count));
    BOOST_TEST(again[2].reason.empty());
    BOOST_TEST(to_string(again[2].result) == "reply");
}

BOOST_AUTO_TEST_CASE(a_deadline_that_has_passed) {
    virtual_runtime world;
    const auto all = make_peers(world, {behaviour::silent});
    const auto results = world.run(gather(world, ask_all(all), gather_policy(world.now() - 1s)));
    BOOST_TEST(to_string(results.at(0).result) == "timed_out");
}

BOOST_AUTO_TEST_CASE(a_quorum_is_enough) {
    virtual_runtime world;
    const auto all =
        make_peers(world, {behaviour::refuses, behaviour::silent, behaviour::answers, behaviour::answers});
    const auto start = world.now();
    const auto results = world.run(gather(world, ask_all(all), gather_policy(start + 1h, 2)));
    BOOST_TEST(results_of(results) == (names{"refused", "not_needed", "reply", "reply"}),
               boost::test_tools::per_element());
    BOOST_TEST((world.now() == start));
    BOOST_TEST(all[1]->near()->unanswered() == 0U);
}

// Neither refusals nor objections count towards the quorum.
BOOST_AUTO_TEST_CASE(a_quorum_counts_accepted_replies) {
    virtual_runtime world;
    const auto all = make_peers(world, {behaviour::answers, behaviour::answers, behaviour::silent});
    const auto results =
        world.run(gather(world, ask_all(all), gather_policy(world.now() + 5s, 2),
                         [](std::size_t i, frame&) { return std::string(i == 0 ? "no" : ""); }));
    BOOST_TEST(results_of(results) == (names{"refused", "reply", "timed_out"}),
               boost::test_tools::per_element());
}

/// Judges each reply so long after it came; those at odd places are not acceptable.
struct slow_judge {
    virtual_runtime& world;
    net::clock::duration pause;
    std::vector<std::unique_ptr<net::alarm>>& under_way;

    void operator()(std::size_t index, const frame&, verdict judged) const {
        under_way.push_back(world.time().at(world.now() + pause, [index, judged = std::move(judged)] {
            judged(index % 2 == 1 ? "no" : "");
        }));
    }
};

std::vector<connection_ptr> connections_of(const peers& whom) {
    std::vector<connection_ptr> all;
    for (const auto& one : whom) {
        all.push_back(one->near());
    }
    return all;
}

frame ask_one(std::size_t index) {
    return frame(question, {{"index", index}});
}

BOOST_AUTO_TEST_CASE(a_judgement_may_come_later) {
    virtual_runtime world;
    std::vector<std::unique_ptr<net::alarm>> under_way;
    const auto all = make_peers(world, {behaviour::answers, behaviour::answers, behaviour::answers});
    const auto start = world.now();
    const auto results = world.run(gather(world, connections_of(all), ask_one, frame_limits{4096, 4096},
                                          gather_policy(), slow_judge{world, 3s, under_way}));
    BOOST_TEST(results_of(results) == (names{"reply", "refused", "reply"}), boost::test_tools::per_element());
    BOOST_TEST(results[1].reason == "no");
    BOOST_TEST((world.now() - start == 3s));
}

BOOST_AUTO_TEST_CASE(what_is_being_judged_at_the_deadline_came_in_time) {
    virtual_runtime world;
    std::vector<std::unique_ptr<net::alarm>> under_way;
    const auto all = make_peers(world, {behaviour::answers, behaviour::silent});
    const auto start = world.now();
    const auto results = world.run(gather(world, connections_of(all), ask_one, frame_limits{4096, 4096},
                                          gather_policy(start + 1s), slow_judge{world, 3s, under_way}));
    BOOST_TEST(results_of(results) == (names{"reply", "timed_out"}), boost::test_tools::per_element());
    BOOST_TEST((world.now() - start == 3s));
}

BOOST_AUTO_TEST_CASE(a_quorum_counts_what_was_judged) {
    virtual_runtime world;
    std::vector<std::unique_ptr<net::alarm>> under_way;
    const auto all =
        make_peers(world, {behaviour::answers, behaviour::answers, behaviour::answers, behaviour::silent});
    const auto results =
        world.run(gather(world, connections_of(all), ask_one, frame_limits{4096, 4096},
                         gather_policy(world.now() + 1h, 2), slow_judge{world, 3s, under_way}));
    BOOST_TEST(results_of(results) == (names{"reply", "refused", "reply", "not_needed"}),
               boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(cancelling_waits_for_what_is_being_judged) {
    virtual_runtime world;
    std::vector<std::unique_ptr<net::alarm>> under_way;
    const auto all = make_peers(world, {behaviour::answers, behaviour::silent});
    nursery owner(world.executor());
    std::vector<gathered> results;
    const auto judged_later = [&]() -> awaitable<void> {
        results = co_await gather(world, connections_of(all), ask_one, frame_limits{4096, 4096},
                                  gather_policy(), slow_judge{world, 3s, under_way});
    };
    owner.spawn(judged_later());
    world.settle();
    owner.cancel();
    world.run(owner.join());
    BOOST_TEST(results_of(results) == (names{"reply", "cancelled"}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(cancelling_the_caller_ends_it) {
    virtual_runtime world;
    const auto all = make_peers(world, {behaviour::answers, behaviour::silent, behaviour::silent});
    nursery owner(world.executor());
    std::vector<gathered> results;
    owner.spawn(gather_into(world, ask_all(all), gather_policy(), results));
    world.settle();
    BOOST_TEST(results.empty());
    owner.cancel();
    const auto start = world.now();
    world.run(owner.join());
    BOOST_TEST((world.now() == start));
    BOOST_TEST(results_of(results) == (names{"reply", "cancelled", "cancelled"}),
               boost::test_tools::per_element());
    for (const auto& one : all) {
        BOOST_TEST(one->near()->unanswered() == 0U);
    }
}

BOOST_AUTO_TEST_CASE(a_caller_that_is_cancelled_already_asks_nobody) {
    virtual_runtime world;
    const auto all = make_peers(world, {behaviour::silent});
    nursery owner(world.executor());
    std::vector<gathered> results;
    auto stubborn = [](runtime& rt, std::vector<call> calls, std::vector<gathered>& into) -> awaitable<void> {
        co_await asio::this_coro::throw_if_cancelled(false);
        co_await sleep_for(rt, 1s);
        into = co_await gather(rt, std::move(calls), gather_policy());
    };
    owner.spawn(stubborn(world.get(), ask_all(all), results));
    world.settle();
    owner.cancel();
    world.run(owner.join());
    BOOST_TEST(to_string(results.at(0).result) == "cancelled");
    BOOST_TEST(all[0]->asked() == 0);
}

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

BOOST_AUTO_TEST_CASE(a_thousand_peers_that_behave_as_peers_do) {
    constexpr std::size_t count = 1000;
    virtual_runtime world;
    std::vector<behaviour> script;
    names expected;
    for (std::size_t i = 0; i < count; ++i) {
        const std::size_t kind = i * 7 % 5;
        script.push_back(static_cast<behaviour>(kind));
        expected.emplace_back(names{"reply", "refused", "timed_out", "lost", "timed_out"}[kind]);
    }
    auto all = make_peers(world, script);
    std::size_t replies = 0;
    const auto results =
        world.run(gather(world, ask_all(all), gather_policy(world.now() + 10s), [&](std::size_t i, frame&) {
            ++replies;
            BOOST_TEST((script[i] == behaviour::answers));
            return std::string();
        }));
    BOOST_TEST(results_of(results) == expected, boost::test_tools::per_element());
    BOOST_TEST(replies == count / 5);
    world.run_for(15s); // the late ones
    BOOST_TEST(replies == count / 5);
    std::vector<std::weak_ptr<connection>> left;
    for (std::size_t i = 0; i < count; ++i) {
        const auto& near = all[i]->near();
        BOOST_TEST(near->unanswered() == 0U);
        BOOST_TEST(near->is_open() == (script[i] != behaviour::dies));
        BOOST_TEST(all[i]->asked() == 1);
        left.emplace_back(near);
    }
    all.clear();
    BOOST_TEST(world.is_dry());
    BOOST_TEST(std::all_of(left.begin(), left.end(), [](const auto& one) { return one.expired(); }));
}

// Under ASan.
BOOST_AUTO_TEST_CASE(the_context_may_go_in_the_middle) {
    virtual_runtime world;
    std::vector<gathered> results;
    {
        const auto all = make_peers(world, {behaviour::silent, behaviour::late, behaviour::answers});
        asio::co_spawn(world.executor(), gather_into(world, ask_all(all), gather_policy(), results),
                       [](const std::exception_ptr&) {});
        world.settle();
    }
    BOOST_TEST(results.empty());
}

BOOST_AUTO_TEST_SUITE_END()
