#include "scripted_peers.hpp"

namespace net = fedasio::net;
using namespace fedasio::net;
using namespace fedasio::net::testing;
using namespace std::chrono_literals;

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
