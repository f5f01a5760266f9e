#include <boost/test/unit_test.hpp>

#include "master/dealing.hpp"
#include "master/newcomers.hpp"
#include "parts.hpp"

using namespace parts;
using namespace std::chrono_literals;

namespace {

/// A training under way in which somebody has loaded.
struct under_way : ground {
    explicit under_way(const std::string& plan = plan_text()) : ground(plan) {
        build_model();
        state.progress.asked.order_as_planned();
        state.progress.asked.begin_training();
        state.progress.begin_training();
        state.progress.begin_round();
        state.progress.note_loaded();
    }

    ~under_way() { world.run(coming.end_training()); }

    under_way(const under_way&) = delete;
    under_way& operator=(const under_way&) = delete;

    newcomers coming{given, state};
    dealing deals{given, state, coming};
};

} // namespace

BOOST_AUTO_TEST_SUITE(who_comes_during_a_training)

BOOST_AUTO_TEST_CASE(a_newcomer_loads_and_takes_the_model_before_it_is_dealt_clients) {
    under_way on;
    const auto north = on.add("north", do_as_asked);
    on.deals.deal();
    BOOST_TEST(north->data.assigned().empty()); // it has not shown that it can
    BOOST_TEST(north->proof.is_proving);
    BOOST_TEST(on.coming.are_awaited());
    on.world.run_for(1s);
    BOOST_TEST(north->proof.is_proven);
    BOOST_TEST(north->has_model);
    BOOST_TEST(!on.coming.are_awaited());
    on.deals.deal();
    BOOST_TEST(north->data.assigned().size() == 3U);
    BOOST_TEST(on.deals.dealt() == 3U);
    BOOST_TEST(!on.deals.everybody_hosts());
    on.make_ready(north, {0, 1, 2});
    BOOST_TEST(on.deals.everybody_hosts());
}

BOOST_AUTO_TEST_CASE(who_could_not_load_tries_again_after_pauses_that_double) {
    under_way on;
    std::vector<net::clock::time_point> tries;
    const auto north = on.add("north", [&](net::connection& self, const net::frame& asked) {
        if (asked.is_request()) {
            tries.push_back(on.world.now());
            self.refuse(asked, "failed", "no such file");
        }
    });
    on.coming.offer_place(north);
    on.world.run_for(10s);
    BOOST_TEST(north->unusable == "no such file");
    BOOST_TEST((north->standing.state == wire::standing::kind::left_out));
    BOOST_TEST_REQUIRE(tries.size() == 4U);
    BOOST_TEST((tries[1] - tries[0] < tries[2] - tries[1]));
    BOOST_TEST((tries[2] - tries[1] < tries[3] - tries[2]));
    BOOST_TEST(north->proof.rejections == 4U);
    // A new training forgets it.
    on.coming.begin_training();
    BOOST_TEST(north->unusable.empty());
    BOOST_TEST(north->proof.rejections == 0U);
    north->evicted = true;
    north->unusable = "it was sent away";
    on.coming.begin_training();
    BOOST_TEST(north->unusable == "it was sent away");
}

BOOST_AUTO_TEST_CASE(who_is_waited_for_in_vain_is_not_waited_for_again) {
    under_way on;
    const auto north = on.add("north", [](net::connection&, const net::frame&) {});
    on.coming.offer_place(north);
    BOOST_TEST(on.coming.are_awaited());
    on.coming.stop_awaiting();
    BOOST_TEST(!on.coming.are_awaited());
    BOOST_TEST(north->proof.is_proving); // it may still come
}

BOOST_AUTO_TEST_CASE(an_owner_that_never_had_usable_data_leaves_its_client_to_another) {
    under_way on(local_plan_text());
    auto& owners = on.state.members.owners;
    const auto north = on.add("north");
    const auto south = on.add("south");
    owners.add("north");
    owners.add("south");
    on.make_ready(south, {1});
    on.coming.reject(*north, "no file");
    BOOST_TEST(!owners.contains("north"));
    on.coming.reject(*south, "its file has gone");
    BOOST_TEST(owners.contains("south"));
    on.state.members.participation.count({"north"});
    owners.add("north");
    on.coming.reject(*north, "no file");
    BOOST_TEST(owners.contains("north")); // what it did counts
}

BOOST_AUTO_TEST_CASE(clients_that_have_owners_are_dealt_to_nobody_else) {
    under_way on(local_plan_text());
    on.given.plan.clients = 2;
    std::vector<worker_ptr> all;
    for (const auto* name : {"north", "south", "west"}) {
        all.push_back(on.add(name));
        all.back()->proof.is_proven = true;
    }
    on.deals.deal();
    BOOST_TEST(all[0]->data.assigned().front() == 0U);
    BOOST_TEST(all[1]->data.assigned().front() == 1U);
    BOOST_TEST(all[2]->data.assigned().empty());
    BOOST_TEST((all[2]->standing.state == wire::standing::kind::no_client));
}

BOOST_AUTO_TEST_CASE(an_owner_that_has_just_gone_gets_a_moment_and_its_absence_is_told_once) {
    under_way on(local_plan_text(R"(, "require_all": true)"));
    auto& owners = on.state.members.owners;
    const auto north = on.add("north");
    on.make_ready(north, {owners.add("north")});
    owners.add("south");
    owners.add("west");
    const auto since = on.world.now();
    BOOST_TEST((on.deals.owners_may_return_until() == since + 5s));
    on.world.run_for(2s);
    BOOST_TEST((on.deals.owners_may_return_until() == since + 5s)); // one that comes and goes has no more
    on.deals.tell_absent_owners();
    on.deals.tell_absent_owners();
    std::size_t told = 0;
    for (const auto& one : on.all<noticed>()) {
        told += one.text.find("its owner south is away") != std::string::npos ? 1 : 0;
    }
    BOOST_TEST(told == 1U);
    BOOST_TEST(owners.absence_of("south")->is_told);
    BOOST_TEST(owners.absence_of("north") == nullptr);
    on.given.plan.require_all = false;
    on.given.plan.quorum = 0.3;
    BOOST_TEST((on.deals.owners_may_return_until() == net::clock::time_point::min())); // the quorum is here
}

BOOST_AUTO_TEST_CASE(who_does_not_know_the_strategy_is_left_out) {
    under_way on(plan_text(R"(, "strategy": {"type": "scaffold"})"));
    const auto north = on.add("north", do_as_asked);
    const auto south = on.add("south", do_as_asked);
    south->hello.strategies = {"scaffold"};
    on.deals.deal();
    BOOST_TEST(north->unusable.find("does not know the strategy 'scaffold'") != std::string::npos);
    BOOST_TEST(!north->proof.is_proving);
    BOOST_TEST(south->proof.is_proving);
}

BOOST_AUTO_TEST_SUITE_END()
