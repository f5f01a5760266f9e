#include <fedasio/master/assignment.hpp>

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <set>

using fedasio::master::assign_clients;
using fedasio::master::client_id;
using fedasio::master::host;
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

// The words of the header, one after the other, as slow as they are.
dealt by_the_book(std::vector<host> hosts, client_id clients) {
    const auto has_room = [](const host& who) {
        return who.capacity == 0 || who.clients.size() < who.capacity;
    };
    std::vector<bool> taken(clients, false);
    for (auto& who : hosts) {
        std::erase_if(who.clients, [&](client_id client) { return client >= clients || taken[client]; });
        who.clients.resize(who.capacity == 0 ? who.clients.size()
                                             : std::min<std::size_t>(who.capacity, who.clients.size()));
        for (const auto client : who.clients) {
            taken[client] = true;
        }
    }
    const auto emptiest = [&] {
        host* best = nullptr;
        for (auto& who : hosts) {
            if (has_room(who) && (best == nullptr || who.clients.size() < best->clients.size())) {
                best = &who;
            }
        }
        return best;
    };
    for (client_id client = 0; client < clients; ++client) {
        auto* const next = emptiest();
        if (!taken[client] && next != nullptr) {
            next->clients.push_back(client);
        }
    }
    for (auto& who : hosts) {
        std::ranges::sort(who.clients);
    }
    for (;;) {
        auto* const poorest = emptiest();
        const auto richest =
            std::ranges::max_element(hosts, {}, [](const host& who) { return who.clients.size(); });
        if (poorest == nullptr || richest->clients.size() < poorest->clients.size() + 2) {
            break;
        }
        poorest->clients.push_back(richest->clients.back());
        richest->clients.pop_back();
    }
    dealt result;
    for (auto& who : hosts) {
        std::ranges::sort(who.clients);
        result[who.worker] = who.clients;
    }
    return result;
}

} // namespace

BOOST_AUTO_TEST_SUITE(assignment)

BOOST_AUTO_TEST_CASE(whatever_was_before_it_is_dealt_by_the_book) {
    std::uint32_t state = 11;
    const auto draw = [&](std::uint32_t bound) {
        state = state * 1664525 + 1013904223;
        return (state >> 16) % bound;
    };
    for (int trial = 0; trial < 3000; ++trial) {
        const client_id clients = 1 + draw(24);
        std::vector<host> hosts(1 + draw(7));
        for (std::size_t i = 0; i < hosts.size(); ++i) {
            hosts[i].worker = static_cast<worker_id>(i + 1);
            hosts[i].capacity = draw(2) == 0 ? 0 : 1 + draw(6);
        }
        for (client_id client = 0; client < clients; ++client) {
            if (draw(3) > 0) {
                hosts[draw(static_cast<std::uint32_t>(hosts.size()))].clients.push_back(client);
            }
        }
        BOOST_TEST_REQUIRE((assign_clients(hosts, clients) == by_the_book(hosts, clients)));
    }
}

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
