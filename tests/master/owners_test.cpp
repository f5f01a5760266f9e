#include <fedasio/master/free_numbers.hpp>
#include <fedasio/master/owners.hpp>

#include <boost/test/unit_test.hpp>

#include <limits>
#include <set>

using namespace fedasio;
using namespace fedasio::master;
using namespace std::chrono_literals;

BOOST_AUTO_TEST_SUITE(owners_of_clients)

BOOST_AUTO_TEST_CASE(the_smallest_free_number_is_the_one_that_a_search_finds) {
    free_numbers numbers;
    std::set<std::uint32_t> taken;
    std::uint32_t state = 7;
    for (int step = 0; step < 5000; ++step) {
        state = state * 1664525 + 1013904223;
        const auto number = (state >> 16) % 60;
        if ((state >> 8) % 2 == 0) {
            numbers.take(number);
            taken.insert(number);
        } else {
            numbers.give_back(number);
            taken.erase(number);
        }
        std::uint32_t expected = 0;
        while (taken.contains(expected)) {
            ++expected;
        }
        BOOST_TEST_REQUIRE(numbers.first() == expected);
        for (std::uint32_t i = 0; i < 62; ++i) {
            BOOST_TEST_REQUIRE(numbers.is_free(i) != taken.contains(i));
        }
    }
}

BOOST_AUTO_TEST_CASE(a_number_far_away_costs_no_memory) {
    free_numbers numbers;
    constexpr auto last = std::numeric_limits<std::uint32_t>::max();
    numbers.take(last);
    numbers.take(0);
    BOOST_TEST(!numbers.is_free(last));
    BOOST_TEST(numbers.is_free(last - 1));
    BOOST_TEST(numbers.first() == 1U);
    numbers.give_back(last);
    BOOST_TEST(numbers.is_free(last));
}

BOOST_AUTO_TEST_CASE(an_owner_keeps_its_client) {
    owners all;
    BOOST_TEST(all.add("north") == 0U);
    BOOST_TEST(all.add("south") == 1U);
    BOOST_TEST(all.add("north") == 0U);
    BOOST_TEST(all.size() == 2U);
    BOOST_TEST(all.clients_total() == 2U);
    BOOST_TEST(all.client_of("south").value() == 1U);
    BOOST_TEST(!all.client_of("east").has_value());
    BOOST_TEST(*all.name_of(1) == "south");
    BOOST_TEST(all.name_of(2) == nullptr);
    all.forget("north");
    BOOST_TEST(all.name_of(0) == nullptr);
    BOOST_TEST(all.clients_total() == 2U); // numbers are no count
    BOOST_TEST(all.add("east") == 0U);
    BOOST_TEST(all.add("north") == 2U);
    all.forget("nobody");
    BOOST_TEST(all.size() == 3U);
    all.mark_away("east", net::clock::time_point{} + 1s, 1);
    all.forget("east");
    BOOST_TEST(all.absence_of("east") == nullptr); // an old absence would cost it its patience
    BOOST_TEST(all.broken_invariant() == "");
}

BOOST_AUTO_TEST_CASE(a_resumed_run_goes_on_with_its_owners) {
    owners all;
    all.add("old");
    all.mark_away("old", net::clock::time_point{} + 1s, 1);
    all.take_up({{"a", 3}, {"b", 0}});
    BOOST_TEST(!all.contains("old"));
    BOOST_TEST(all.absence_of("old") == nullptr);
    BOOST_TEST(all.first_free() == 1U);
    BOOST_TEST(all.clients_total() == 4U);
    BOOST_TEST(all.add("c") == 1U);
    BOOST_TEST(all.add("d") == 2U);
    BOOST_TEST(all.add("e") == 4U);
}

BOOST_AUTO_TEST_CASE(an_absence_begins_when_it_begins) {
    owners all;
    all.add("north");
    const auto began = net::clock::time_point{} + 10s;
    all.mark_away("north", began, 3).is_told = true;
    auto& again = all.mark_away("north", began + 5s, 4);
    BOOST_TEST((again.since == began));
    BOOST_TEST(again.round == 3U);
    BOOST_TEST(all.absence_of("north")->is_told);
    all.mark_back("north");
    BOOST_TEST(all.absence_of("north") == nullptr);
    BOOST_TEST(!all.mark_away("north", began, 5).is_told);
}

BOOST_AUTO_TEST_CASE(data_is_compared_with_what_was_loaded_last) {
    owners all;
    BOOST_TEST(!all.note_data("north", {"aa", 10}).has_value());
    BOOST_TEST(all.note_data("north", {"bb", 11})->digest == "aa");
    const auto last = all.note_data("north", {"bb", 11});
    BOOST_TEST(last->digest == "bb");
    BOOST_TEST(last->samples == 11U);
}

BOOST_AUTO_TEST_CASE(so_many_are_needed) {
    plan::plan plan;
    plan.clients = 100;
    plan.quorum = 0.55;
    owners all;
    BOOST_TEST(all.needed(plan) == 55U);
    plan.require_all = true;
    BOOST_TEST(all.needed(plan) == 100U);
    plan.require_all = false;
    plan.clients = 0;
    BOOST_TEST(all.needed(plan) == 0U);
    for (int i = 0; i < 10; ++i) {
        all.add("owner-" + std::to_string(i));
    }
    plan.quorum = 0.1;
    BOOST_TEST(all.needed(plan) == 1U);
    plan.clients = 3; // more came than were planned
    plan.quorum = 0.5;
    BOOST_TEST(all.needed(plan) == 5U);
}

BOOST_AUTO_TEST_SUITE_END()
