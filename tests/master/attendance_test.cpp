#include <boost/test/unit_test.hpp>

#include "master/attendance.hpp"
#include "master/sites.hpp"
#include "parts.hpp"
#include <vector>

using namespace parts;

BOOST_AUTO_TEST_SUITE(who_is_lacking)

BOOST_AUTO_TEST_CASE(a_training_begins_when_the_workers_have_room_for_the_quorum) {
    ground on(plan_text(R"(, "quorum": 0.6)"));
    const auto ready = [&] { return ready_to_start(on.given, on.state.members); };
    on.given.options.min_workers = 2;
    on.add("north", 1U);
    BOOST_TEST(!ready());
    on.add("south", 1U);
    BOOST_TEST(ready()); // two of three
    on.given.plan.require_all = true;
    BOOST_TEST(!ready());
    on.add("east", 1U);
    BOOST_TEST(ready());
}

BOOST_AUTO_TEST_CASE(who_is_missing_is_said_with_what_is_wrong_with_the_others) {
    ground on(local_plan_text());
    on.state.members.owners.add("west");
    on.add("north");
    on.add("south")->unusable = "its table has no rows";
    BOOST_TEST(missing_workers(on.given, on.state.members) ==
               "2 workers are connected, 3 are needed to host 3 clients; here: north; away: west; south "
               "cannot take part: its table has no rows");
}

BOOST_AUTO_TEST_CASE(waiting_is_hopeless_when_nobody_can_take_part_and_nobody_may_still_load) {
    ground on;
    BOOST_TEST(!is_hopeless(on.state.members)); // somebody may come
    const auto north = on.add("north");
    BOOST_TEST(!is_hopeless(on.state.members));
    north->unusable = "no file";
    BOOST_TEST(is_hopeless(on.state.members));
    north->proof.is_slow = true;
    BOOST_TEST(!is_hopeless(on.state.members));
    north->proof.is_slow = false;
    north->proof.is_proving = true;
    BOOST_TEST(!is_hopeless(on.state.members));
}

BOOST_AUTO_TEST_CASE(owners_whose_data_is_of_no_use_make_a_training_impossible_only_if_all_are_here) {
    ground on(local_plan_text());
    on.add("north");
    on.add("south")->unusable = "no file";
    const auto is_short = [&] { return is_short_of_usable_owners(on.given, on.state); };
    BOOST_TEST(!is_short()); // a third may come
    const auto west = on.add("west");
    BOOST_TEST(is_short());
    west->evicted = true;
    BOOST_TEST(!is_short());
    west->evicted = false;
    on.state.progress.begin_cohort(); // it has begun without
    BOOST_TEST(!is_short());
}

BOOST_AUTO_TEST_CASE(the_first_round_needs_the_quorum_and_later_ones_whoever_is_there) {
    ground on(plan_text(R"(, "quorum": 0.6)"));
    const auto enough = [&] { return has_clients_enough(on.given, on.state); };
    const auto north = on.add("north");
    on.make_ready(north, {0});
    BOOST_TEST(!enough());
    on.make_ready(north, {0, 2});
    BOOST_TEST(enough());
    on.make_ready(north, {0});
    on.state.progress.begin_cohort();
    BOOST_TEST(enough());
    on.given.plan.require_all = true;
    BOOST_TEST(!enough());
}

BOOST_AUTO_TEST_CASE(clients_without_samples_are_named_when_nobody_else_could_have_some) {
    ground on;
    const auto north = on.add("north");
    const auto south = on.add("south");
    on.make_ready(north, {0, 1}, 0);
    on.make_ready(south, {2}, 0);
    const auto empty = [&] { return clients_without_samples(on.given, on.state.members); };
    BOOST_TEST(empty() == "north (2 clients), south (1 clients)");
    south->proof.is_proving = true;
    BOOST_TEST(empty().empty());
    south->proof.is_proving = false;
    on.make_ready(south, {2}, 1);
    BOOST_TEST(empty().empty());
}

BOOST_AUTO_TEST_CASE(the_result_names_whom_it_lacks) {
    ground on(local_plan_text(R"(, "quorum": 0.3)"));
    auto& everybody = on.state.members;
    on.make_ready(on.add("north"), {everybody.owners.add("north")});
    everybody.owners.add("south");
    everybody.participation.count({"north"});
    // Where there was no round nobody missed one.
    BOOST_TEST(is_success(on.given, everybody.owners, sites_of(on.given, on.state)));
    on.state.progress.begin_cohort();
    const auto sites = sites_of(on.given, on.state);
    BOOST_TEST_REQUIRE(sites.size() == 3U);
    BOOST_TEST(sites[0].name == "north");
    BOOST_TEST(!sites[0].missed);
    BOOST_TEST(sites[1].state == "away");
    BOOST_TEST(sites[1].missed);
    BOOST_TEST(sites[2].name.empty()); // nobody owns the third client
    BOOST_TEST(sites[2].clients.front() == 2U);
    BOOST_TEST(absence_text(sites) == "without south (it has just left), client 2 (no owner came for it)");
    BOOST_TEST(!is_success(on.given, everybody.owners, sites));
    everybody.participation.count({"south"});
    BOOST_TEST(!sites_of(on.given, on.state)[1].missed); // it has just left
    everybody.owners.mark_away("south", on.world.now(), 4).is_told = true;
    BOOST_TEST(sites_of(on.given, on.state)[1].reason == "away since round 4");
    BOOST_TEST(sites_of(on.given, on.state)[1].missed);
}

BOOST_AUTO_TEST_SUITE_END()
