#include <fedasio/master/assignment.hpp>

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <set>

using fedasio::master::assign_clients;
using fedasio::master::client_id;
using fedasio::master::worker_id;
using dealt = std::map<worker_id, std::vector<client_id>>;

namespace {

std::size_t hosted(const dealt& all) {
    std::set<client_id> seen;
    std::size_t total = 0;
    for (const auto& [worker, clients] : all) {
        seen.insert(clients.begin(), clients.end());
        total += clients.size();
    }
    BOOST_TEST(seen.size() == total, "a client is hosted twice");
    return total;
}

} // namespace

BOOST_AUTO_TEST_SUITE(assignment)

BOOST_AUTO_TEST_CASE(flexible_workers_share_evenly) {
    const auto all = assign_clients({{1, 0, {}}, {2, 0, {}}, {3, 0, {}}}, 10);
    BOOST_TEST(hosted(all) == 10U);
    BOOST_TEST(all.at(1).size() == 4U);
    BOOST_TEST(all.at(2).size() == 3U);
    BOOST_TEST(all.at(3).size() == 3U);
}

BOOST_AUTO_TEST_CASE(the_order_of_hosts_does_not_matter) {
    const auto one = assign_clients({{1, 0, {}}, {2, 2, {}}, {3, 0, {}}}, 11);
    const auto other = assign_clients({{3, 0, {}}, {1, 0, {}}, {2, 2, {}}}, 11);
    BOOST_TEST((one == other));
}

BOOST_AUTO_TEST_CASE(capacity_is_kept) {
    const auto all = assign_clients({{1, 1, {}}, {2, 2, {}}}, 5);
    BOOST_TEST(all.at(1).size() == 1U);
    BOOST_TEST(all.at(2).size() == 2U);
    BOOST_TEST(hosted(all) == 3U);
}

BOOST_AUTO_TEST_CASE(clients_stay_where_they_are) {
    const auto all = assign_clients({{1, 0, {0, 3}}, {2, 0, {1, 2}}}, 4);
    BOOST_TEST((all == dealt{{1, {0, 3}}, {2, {1, 2}}}));
}

BOOST_AUTO_TEST_CASE(the_clients_of_a_dead_worker_find_new_homes) {
    const auto all = assign_clients({{1, 0, {0}}, {3, 0, {2}}, {4, 0, {3}}}, 4);
    BOOST_TEST(hosted(all) == 4U);
    BOOST_TEST((all.at(1) == std::vector<client_id>{0, 1}));
}

BOOST_AUTO_TEST_CASE(a_newcomer_takes_over_from_the_richest) {
    const auto all = assign_clients({{1, 0, {0, 1, 2, 3}}, {2, 0, {}}}, 4);
    BOOST_TEST((all == dealt{{1, {0, 1}}, {2, {2, 3}}}));
}

BOOST_AUTO_TEST_CASE(no_move_that_gains_nothing) {
    const auto all = assign_clients({{1, 0, {0, 1}}, {2, 0, {2}}}, 3);
    BOOST_TEST((all == dealt{{1, {0, 1}}, {2, {2}}}));
}

BOOST_AUTO_TEST_CASE(whoever_is_late_gets_what_nobody_else_has_room_for) {
    const auto all = assign_clients({{1, 0, {0, 1}, true}, {2, 0, {2}}, {3, 0, {3}}}, 4);
    BOOST_TEST((all == dealt{{1, {}}, {2, {0, 2}}, {3, {1, 3}}}));
    const auto small = assign_clients({{1, 0, {2, 3}, true}, {2, 1, {1}}, {3, 0, {}, true}}, 4);
    BOOST_TEST((small == dealt{{1, {2, 3}}, {2, {1}}, {3, {0}}}));
}

BOOST_AUTO_TEST_CASE(what_does_not_exist_is_taken_away) {
    const auto all = assign_clients({{1, 0, {0, 7}}, {2, 0, {0, 1}}}, 2);
    BOOST_TEST((all == dealt{{1, {0}}, {2, {1}}}));
    BOOST_TEST(assign_clients({}, 3).empty());
}

BOOST_AUTO_TEST_SUITE_END()
