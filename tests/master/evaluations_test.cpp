// A round's test by its clients, one gather after the other.

#include <fedasio/wire/evaluate.hpp>
#include <fedasio/wire/load.hpp>
#include <fedasio/wire/message_type.hpp>

#include <boost/test/unit_test.hpp>

#include "master/client_evaluation.hpp"
#include "master/evaluations.hpp"
#include "parts.hpp"

using namespace parts;
using namespace std::chrono_literals;

namespace message = wire::message_type;

namespace {

/// A round that has its weights, and is to be tested by who holds something out.
struct round_to_test : ground {
    explicit round_to_test(const std::string& plan = plan_text(R"(, "deadline": 60)")) : ground(plan) {
        given.plan.test_fraction = 0.2;
        build_model();
        data::csv_schema schema;
        schema.label = "label";
        schema.classes = {"a", "b"};
        state.model.encode_tables_as(schema);
        state.progress.asked.order_as_planned();
        state.progress.asked.begin_training();
        state.progress.begin_training();
        state.progress.begin_round();
        round.result.round = 1;
        coming.begin_training();
    }

    ~round_to_test() { world.run(coming.end_training()); }

    round_to_test(const round_to_test&) = delete;
    round_to_test& operator=(const round_to_test&) = delete;

    /// As make_ready(), with samples that it holds out.
    void holds_out(const worker_ptr& who, const std::vector<client_id>& clients, std::uint64_t held_out = 2) {
        state.members.roster.assign(*who, clients);
        std::vector<wire::loaded::client_data> loaded;
        for (const auto client : clients) {
            loaded.push_back({client, 10, held_out});
        }
        state.members.roster.host(*who, loaded, "digest");
        who->has_model = who->proof.is_proven = true;
    }

    void test() { world.run(evaluate.evaluate(round)); }

    [[nodiscard]] std::string absence_of(client_id client) const {
        for (const auto& one : round.result.test_dropped) {
            if (one.client == client) {
                return one.reason;
            }
        }
        return {};
    }

    newcomers coming{given, state};
    waiting wait{given, state};
    test_data tests{given};
    preparation prepare{given, state, coming, wait, tests};
    evaluator nobody{given};
    evaluations evaluate{given, state, coming, prepare, wait, tests, nobody};
    round_state round;
};

/// As do_as_asked, but another answer to a request to evaluate.
ground::script but_evaluates(std::function<void(net::connection&, const net::frame&)> how) {
    return [how = std::move(how)](net::connection& self, const net::frame& asked) {
        if (asked.type == message::evaluate && asked.is_request()) {
            how(self, asked);
        } else {
            do_as_asked(self, asked);
        }
    };
}

void say_nothing(net::connection& /*self*/, const net::frame& /*asked*/) {}

} // namespace

BOOST_AUTO_TEST_SUITE(a_round_is_tested)

BOOST_AUTO_TEST_CASE(by_every_client_that_holds_something_out) {
    round_to_test on;
    const auto north = on.add("north", do_as_asked);
    on.holds_out(north, {0, 1});
    on.holds_out(on.add("south", do_as_asked), {2}, 0);
    on.test();
    const auto& result = on.round.result;
    BOOST_TEST(result.test_loss.value() == 0.5);
    BOOST_TEST(result.test_accuracy.value() == 0.5);
    BOOST_TEST(result.test_samples == 4U);
    BOOST_TEST(result.test_clients == 2U);
    BOOST_TEST(!result.test_partial); // who holds nothing out is not missed
    BOOST_TEST(north->weights_version == on.state.model.version());
    BOOST_TEST(on.all<clients_evaluated>().size() == 1U);
    BOOST_TEST((on.state.progress.now() == phase::evaluating));
}

BOOST_AUTO_TEST_CASE(without_who_lies_and_without_who_is_silent) {
    round_to_test on;
    on.holds_out(on.add("liar", but_evaluates([](net::connection& self, const net::frame& asked) {
                            wire::evaluation result{wire::read_evaluate(asked.meta).client, 3, 1, 1};
                            self.reply(asked, wire::to_meta(result));
                        })),
                 {0});
    on.holds_out(on.add("silent", but_evaluates(say_nothing)), {1});
    on.holds_out(on.add("honest", do_as_asked), {2});
    const auto began = on.world.now();
    on.test();
    BOOST_TEST((on.world.now() - began == 60s));
    BOOST_TEST(on.absence_of(0) == "invalid");
    BOOST_TEST(on.absence_of(1) == "timed_out");
    BOOST_TEST(on.round.result.test_samples == 2U);
    BOOST_TEST(on.round.result.test_partial);
    BOOST_TEST(on.round.late == std::set<std::string>{"silent"});
    BOOST_TEST(on.has_notice("round 1 was evaluated without client 0 (at liar): it says that it tested 3"));
    // A liar alone makes no test partial, and whoever was told of is told of once.
    const auto notices = on.all<noticed>().size();
    on.round.result = {};
    on.round.result.round = 2;
    on.state.members.roster.remove(on.state.members.roster.find(std::string("silent")));
    on.holds_out(on.state.members.roster.find(std::string("honest")), {1, 2});
    on.test();
    BOOST_TEST(!on.round.result.test_partial);
    BOOST_TEST(on.all<noticed>().size() == notices);
}

BOOST_AUTO_TEST_CASE(of_another_client_nothing_is_taken) {
    round_to_test on;
    on.holds_out(on.add("north", but_evaluates([](net::connection& self, const net::frame& asked) {
                            self.reply(asked, wire::to_meta(wire::evaluation{2, 2, 1, 1}));
                        })),
                 {0});
    on.given.plan.clients = 1;
    on.test();
    BOOST_TEST(on.absence_of(0) == "invalid");
    BOOST_TEST(!on.round.result.test_loss.has_value());
    BOOST_TEST(on.round.result.test_clients == 0U);
}

BOOST_AUTO_TEST_CASE(whose_worker_is_lost_tests_elsewhere) {
    round_to_test on;
    worker_ptr north;
    north = on.add("north", but_evaluates([&](net::connection& self, const net::frame&) {
                       self.abort(net::errc::closed);
                       on.state.members.roster.remove(north);
                   }),
                   1U);
    on.holds_out(north, {0});
    on.holds_out(on.add("south", do_as_asked), {1, 2});
    const auto began = on.world.now();
    on.test();
    BOOST_TEST((on.world.now() - began < 5s));
    BOOST_TEST(on.round.result.test_clients == 3U);
    BOOST_TEST(!on.round.result.test_partial);
}

BOOST_AUTO_TEST_CASE(loading_for_a_test_under_way_ends_with_it) {
    round_to_test on;
    worker_ptr north;
    std::unique_ptr<net::alarm> alarm;
    north = on.add("north", but_evaluates([&](net::connection& self, const net::frame&) {
                       alarm = on.world.time().at(on.world.now() + 40s, [&] {
                           self.abort(net::errc::closed);
                           on.state.members.roster.remove(north);
                       });
                   }),
                   1U);
    on.holds_out(north, {0});
    on.holds_out(on.add("south",
                        [](net::connection& self, const net::frame& asked) {
                            if (asked.type != message::load) {
                                do_as_asked(self, asked);
                            }
                        }),
                 {1, 2});
    const auto began = on.world.now();
    on.test();
    BOOST_TEST((on.world.now() - began == 60s));
    BOOST_TEST(on.absence_of(0) == "lost");
    BOOST_TEST(on.round.result.test_clients == 2U);
    BOOST_TEST(on.round.result.test_partial);
}

BOOST_AUTO_TEST_CASE(an_owner_that_goes_has_five_seconds_to_come_back) {
    for (const auto after : {3s, 8s}) {
        round_to_test on(local_plan_text(R"(, "deadline": 60)"));
        auto& owners = on.state.members.owners;
        worker_ptr north;
        std::unique_ptr<net::alarm> alarm;
        const auto come_back = [&] {
            north = on.add("north", do_as_asked);
            on.holds_out(north, {0});
        };
        north = on.add("north", but_evaluates([&](net::connection& self, const net::frame&) {
                           self.abort(net::errc::closed);
                           on.state.members.roster.remove(north);
                           alarm = on.world.time().at(on.world.now() + after, come_back);
                       }));
        owners.add("north");
        on.holds_out(north, {0});
        const auto south = on.add("south", do_as_asked);
        owners.add("south");
        on.holds_out(south, {1});
        owners.add("west"); // who is not here at all
        const auto began = on.world.now();
        on.test();
        const bool in_time = after == 3s;
        BOOST_TEST((on.world.now() - began == (in_time ? 3s : 5s)));
        BOOST_TEST(on.absence_of(0) == (in_time ? "" : "lost"));
        BOOST_TEST(on.absence_of(2) == "away");
        BOOST_TEST(on.round.result.test_partial); // since west is away
        on.world.run_for(10s);
    }
}

BOOST_AUTO_TEST_CASE(who_was_too_slow_in_the_round_is_not_waited_for_again) {
    round_to_test on;
    on.holds_out(on.add("late", but_evaluates(say_nothing)), {0});
    on.holds_out(on.add("behind", but_evaluates(say_nothing)), {1});
    on.holds_out(on.add("south", do_as_asked), {2});
    on.round.late.insert("late");
    on.round.behind.insert("behind");
    const auto began = on.world.now();
    on.test();
    BOOST_TEST((on.world.now() == began));
    BOOST_TEST(on.absence_of(0) == "timed_out");
    BOOST_TEST(on.absence_of(1) == "timed_out");
    BOOST_TEST(on.round.result.test_partial);
    BOOST_TEST(on.round.result.test_clients == 1U);
}

BOOST_AUTO_TEST_CASE(a_personal_model_is_tested_once_its_client_has_one) {
    round_to_test on(plan_text(R"(, "deadline": 60, "strategy": {"type": "ditto"})"));
    on.state.memory = client_memory("00000000000000aa", std::make_shared<store::client_states>());
    std::vector<bool> personal;
    const auto north = on.add("north", but_evaluates([&](net::connection& self, const net::frame& asked) {
                                  personal.push_back(wire::read_evaluate(asked.meta).personal);
                                  do_as_asked(self, asked);
                              }));
    north->hello.strategies = {"ditto"};
    on.holds_out(north, {0, 1, 2});
    BOOST_TEST(on.state.memory.keep(1, 1, {{"personal", std::vector<float>(6, 1.0F)}}, 0) == "");
    round_result counted;
    counted.round = 1;
    counted.cohort = {1};
    on.state.memory.counted(counted);
    on.test();
    BOOST_TEST(on.round.result.test_clients == 3U);
    BOOST_TEST(on.round.result.personal_clients == 1U);
    BOOST_TEST(on.round.result.personal_loss.value() == 0.5);
    BOOST_TEST(personal == (std::vector<bool>{false, false, false, true}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(one_gather_gives_back_whose_worker_is_lost_or_has_no_model) {
    round_to_test on;
    const auto north = on.add("north", do_as_asked);
    on.holds_out(north, {0, 1});
    const auto south = on.add("south", do_as_asked);
    on.holds_out(south, {2});
    south->has_model = false;
    client_test test;
    client_evaluation asking(on.given, on.state, on.coming, on.round, test);
    const auto lost = on.world.run(asking.gather({0, 2, 5}, on.world.now() + 10s));
    BOOST_TEST(lost == (std::vector<client_id>{2, 5}), boost::test_tools::per_element());
    BOOST_TEST(test.results.size() == 1U);
    BOOST_TEST(test.results.at(0).samples == 2U);
    BOOST_TEST(test.absent.empty());
}

BOOST_AUTO_TEST_SUITE_END()
