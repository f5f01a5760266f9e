#include <fedasio/wire/message_type.hpp>
#include <fedasio/wire/refusal_code.hpp>
#include <fedasio/wire/train.hpp>

#include <boost/test/unit_test.hpp>

#include "master/cohort.hpp"
#include "master/collection.hpp"
#include "master/step.hpp"
#include "parts.hpp"

using namespace parts;
using namespace std::chrono_literals;

namespace message = wire::message_type;

namespace {

/// A round of a training whose workers answer by scripts.
struct round_under_way : ground {
    explicit round_under_way(const std::string& plan = plan_text(R"(, "deadline": 60)")) : ground(plan) {
        build_model();
        state.progress.asked.order_as_planned();
        state.progress.asked.begin_training();
        state.progress.begin_training();
        wait.begin_training();
        state.progress.begin_round();
    }

    ~round_under_way() { world.run(coming.end_training()); }

    round_under_way(const round_under_way&) = delete;
    round_under_way& operator=(const round_under_way&) = delete;

    /// The tables are known, as if workers had told.
    void know_tables() {
        data::csv_schema schema;
        schema.label = "label";
        schema.classes = {"a", "b"};
        state.model.encode_tables_as(schema);
    }

    void choose() {
        round.result.round = state.progress.running_round();
        choose_cohort(given, state, round);
    }

    void train() { world.run(collect.collect(round, 0)); }

    [[nodiscard]] std::string reason_of(client_id client) const {
        for (const auto& one : round.result.dropped) {
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
    collection collect{given, state, coming, prepare, wait};
    round_state round;
};

/// As do_as_asked, but another answer to a request to train.
ground::script but_trains(std::function<void(net::connection&, const net::frame&)> how) {
    return [how = std::move(how)](net::connection& self, const net::frame& asked) {
        if (asked.type == message::train && asked.is_request()) {
            how(self, asked);
        } else {
            do_as_asked(self, asked);
        }
    };
}

/// A worker with room for one client, which is gone when 40 of the round's 60 seconds are over.
struct goes_while_it_trains {
    explicit goes_while_it_trains(round_under_way& on) {
        who = on.add("north", but_trains([this, &on](net::connection& self, const net::frame&) {
                         alarm = on.world.time().at(on.world.now() + 40s, [this, &on, &self] {
                             self.abort(net::errc::closed);
                             on.state.members.roster.remove(who);
                         });
                     }),
                     1U);
    }

    worker_ptr who;
    std::unique_ptr<net::alarm> alarm;
};

} // namespace

BOOST_AUTO_TEST_SUITE(rounds)

BOOST_AUTO_TEST_CASE(a_cohort_is_chosen_among_clients_that_are_ready_and_have_samples) {
    round_under_way on;
    on.make_ready(on.add("north"), {0});
    on.make_ready(on.add("empty"), {1}, 0);
    const auto late = on.add("late");
    on.make_ready(late, {2});
    on.state.members.pace.was_late("late", 0);
    on.state.members.pace.was_late("late", 1);
    on.choose();
    BOOST_TEST(on.round.result.cohort == std::vector<client_id>{0});
    BOOST_TEST(on.round.needed == 1U);
    BOOST_TEST(on.round.samples.front() == 10U);
    BOOST_TEST_REQUIRE(on.all<round_started>().size() == 1U);
    BOOST_TEST(on.state.members.participation.unhosted().empty());
    // Somebody late is better than nobody.
    on.state.members.roster.remove(on.state.members.roster.find(std::string("north")));
    on.round = {};
    on.choose();
    BOOST_TEST(on.round.result.cohort == std::vector<client_id>{2});
    BOOST_TEST(on.state.members.participation.unhosted() == std::vector<client_id>{0});
    late->has_model = false;
    on.round = {};
    on.choose();
    BOOST_TEST(on.round.result.cohort.empty());
    BOOST_TEST(on.all<round_started>().size() == 2U); // there is no third
}

BOOST_AUTO_TEST_CASE(workers_are_prepared_and_their_clients_train) {
    round_under_way on;
    on.know_tables();
    on.add("north", do_as_asked, 2U);
    on.add("south", do_as_asked, 2U);
    on.world.run(on.prepare.prepare(on.state.progress.deadline()));
    on.choose();
    BOOST_TEST_REQUIRE(on.round.result.cohort.size() == 3U);
    on.train();
    BOOST_TEST(on.round.count() == 3U);
    BOOST_TEST(on.round.result.dropped.empty());
    BOOST_TEST(on.all<client_updated>().size() == 3U);
    BOOST_TEST(on.round.contributors().size() == 2U);
    on.world.run(step(on.given, on.state, on.round));
    BOOST_TEST(on.state.model.round() == 1U);
    BOOST_TEST(on.state.model.weights().floats()[0] == 1.0F);
    BOOST_TEST(on.round.result.train_loss.value() == 0.5);
    BOOST_TEST(on.round.result.train_accuracy.value() == 0.75);
    count_participation(on.state.members, on.round);
    BOOST_TEST(on.state.members.participation.rounds_of("south") == 1U);
}

BOOST_AUTO_TEST_CASE(who_is_wrong_refuses_or_is_late_is_dropped_with_the_reason) {
    round_under_way on;
    on.know_tables();
    on.add("liar", but_trains([](net::connection& self, const net::frame& asked) {
               const auto request = wire::read_train(asked.meta);
               const wire::update update{request.round, request.client, 11, 0.5, 0.75, 0.1};
               self.reply(asked, wire::to_meta(update), to_payload(std::vector<float>(6, 1.0F)));
           }),
           1U);
    on.add("slow", but_trains([](net::connection&, const net::frame&) {}), 1U);
    on.add("unwilling", but_trains([](net::connection& self, const net::frame& asked) {
               self.refuse(asked, wire::refusal_code::diverged, "its loss is no number");
           }),
           1U);
    on.world.run(on.prepare.prepare(on.state.progress.deadline()));
    on.choose();
    const auto began = on.world.now();
    on.train();
    BOOST_TEST((on.world.now() - began == 60s));
    BOOST_TEST(on.round.count() == 0U);
    BOOST_TEST(on.reason_of(0) == "invalid");
    BOOST_TEST(on.reason_of(1) == "timed_out");
    BOOST_TEST(on.reason_of(2) == "refused");
    BOOST_TEST(on.round.diverged == 1U);
    BOOST_TEST(on.round.late == std::set<std::string>{"slow"});
    // Whoever was late rests, and is told so; one round in time, and all is forgiven.
    settle_pace(on.given, on.state.members, on.round);
    BOOST_TEST(on.state.members.pace.late_in_a_row("slow") == 1U);
    const auto slow = on.state.members.roster.find(std::string("slow"));
    BOOST_TEST((slow->standing.state == wire::standing::kind::resting));
    on.round.late.clear();
    on.round.updates[1] = wire::update{};
    settle_pace(on.given, on.state.members, on.round);
    BOOST_TEST(on.state.members.pace.late_in_a_row("slow") == 0U);
    BOOST_TEST((slow->standing.state == wire::standing::kind::takes_part));
}

BOOST_AUTO_TEST_CASE(an_update_of_another_round_or_client_is_none) {
    round_under_way on;
    on.know_tables();
    const auto lies = [](std::uint32_t rounds, std::uint32_t clients) {
        return but_trains([rounds, clients](net::connection& self, const net::frame& asked) {
            const auto request = wire::read_train(asked.meta);
            const wire::update update{request.round + rounds, request.client + clients, 10, 0.5, 0.75, 0.1};
            self.reply(asked, wire::to_meta(update), to_payload(std::vector<float>(6, 1.0F)));
        });
    };
    on.add("honest", lies(0, 0), 1U);
    on.add("early", lies(1, 0), 1U);
    on.add("another", lies(0, 1), 1U);
    on.world.run(on.prepare.prepare(on.state.progress.deadline()));
    on.choose();
    on.train();
    BOOST_TEST(on.round.contributors() == std::vector<std::string_view>{"honest"});
    BOOST_TEST(on.round.result.dropped.size() == 2U);
    BOOST_TEST(on.reason_of(1) == "invalid");
    BOOST_TEST(on.reason_of(2) == "invalid");
}

BOOST_AUTO_TEST_CASE(whose_worker_is_lost_trains_where_another_has_room) {
    round_under_way on;
    on.know_tables();
    worker_ptr north;
    north = on.add("north", but_trains([&](net::connection& self, const net::frame&) {
                       self.abort(net::errc::closed);
                       on.state.members.roster.remove(north);
                   }),
                   1U);
    on.add("south", do_as_asked);
    on.world.run(on.prepare.prepare(on.state.progress.deadline()));
    on.choose();
    const auto before = on.world.now();
    on.train();
    BOOST_TEST((on.world.now() - before < 5s));
    BOOST_TEST(on.round.count() == 3U);
    BOOST_TEST(on.has_notice("goes on at south in round 1"));
    BOOST_TEST(on.round.contributors() == std::vector<std::string_view>{"south"});
}

BOOST_AUTO_TEST_CASE(loading_for_a_training_under_way_ends_with_its_deadline) {
    round_under_way on;
    on.know_tables();
    const goes_while_it_trains north(on);
    bool loads = true;
    on.add("south", [&](net::connection& self, const net::frame& asked) {
        if (asked.type != message::load || loads) {
            do_as_asked(self, asked);
        }
    });
    on.world.run(on.prepare.prepare(on.state.progress.deadline()));
    loads = false;
    on.choose();
    const auto began = on.world.now();
    on.train();
    BOOST_TEST((on.world.now() - began == 60s));
    BOOST_TEST(on.round.count() == 2U);
    BOOST_TEST(on.reason_of(on.round.result.cohort.front()) == "lost");
}

BOOST_AUTO_TEST_CASE(a_client_that_trains_elsewhere_has_what_is_left_of_the_rounds_time) {
    round_under_way on;
    on.know_tables();
    const goes_while_it_trains north(on);
    std::size_t trained = 0;
    on.add("south", [&](net::connection& self, const net::frame& asked) {
        trained += asked.type == message::train ? 1 : 0;
        if (asked.type != message::train || trained <= 2) {
            do_as_asked(self, asked);
        }
    });
    on.world.run(on.prepare.prepare(on.state.progress.deadline()));
    on.choose();
    const auto began = on.world.now();
    on.train();
    BOOST_TEST(trained == 3U);
    BOOST_TEST((on.world.now() - began == 60s));
    BOOST_TEST(on.round.count() == 2U);
    BOOST_TEST_REQUIRE(on.round.result.dropped.size() == 1U);
    BOOST_TEST(on.round.result.dropped.front().reason == net::to_string(net::outcome::timed_out));
}

BOOST_AUTO_TEST_CASE(the_round_does_not_wait_for_more_than_it_needs) {
    round_under_way on(plan_text(R"(, "deadline": 60, "quorum": 0.6)"));
    on.know_tables();
    on.add("north", do_as_asked, 1U);
    on.add("south", do_as_asked, 1U);
    std::vector<std::uint16_t> heard;
    on.add(
        "slow",
        [&](net::connection& self, const net::frame& asked) {
            heard.push_back(asked.type);
            if (asked.type != message::train) {
                do_as_asked(self, asked);
            }
        },
        1U);
    on.world.run(on.prepare.prepare(on.state.progress.deadline()));
    on.choose();
    const auto began = on.world.now();
    on.train();
    BOOST_TEST((on.world.now() == began));
    BOOST_TEST(on.round.count() == 2U);
    BOOST_TEST(on.reason_of(2) == "not_needed");
    BOOST_TEST(on.round.late.empty()); // nobody lost time by it
    on.world.settle();
    BOOST_TEST(heard.back() == message::cancel);
}

BOOST_AUTO_TEST_SUITE_END()
