#include <fedasio/plan/private_arrays.hpp>
#include <fedasio/wire/load.hpp>

#include <boost/test/unit_test.hpp>

#include "master/requests.hpp"
#include "master/sending.hpp"
#include "parts.hpp"
#include <string>
#include <utility>
#include <vector>

using namespace parts;

namespace {

const std::string own_plan = R"({"model": {"from": "trainer", "private": ["own"]}, "clients": 5, "rounds": 1,
    "data": {"source": {"type": "trainer"}, "partition": {"scheme": "local"}}})";

net::awaitable<void> find_states(const ground& on, std::vector<client_id> clients,
                                 std::vector<sent_state>& found) {
    auto states = co_await states_of(on.given, on.state, std::move(clients));
    found = std::move(states);
}

} // namespace

BOOST_AUTO_TEST_SUITE(requests_to_workers)

BOOST_AUTO_TEST_CASE(a_worker_is_told_the_plan_and_its_clients) {
    ground on;
    on.build_model();
    const auto load = load_request(on.given, on.state, {0, 2}, true);
    BOOST_TEST(load.clients.size() == 2U);
    BOOST_TEST(load.clients_total == 3U);
    BOOST_TEST(load.label_counts);
    BOOST_TEST(load.holdout == on.given.plan.test_fraction);
    const auto model = model_request(on.given, on.state);
    BOOST_TEST(model.parameters == 6U);
    BOOST_TEST(model.strategy == nullptr); // clients keep nothing
    ground keeps(plan_text(R"(, "strategy": {"type": "scaffold"})"));
    keeps.build_model();
    keeps.state.memory = client_memory("run-7", nullptr);
    const auto other = model_request(keeps.given, keeps.state);
    BOOST_TEST(other.strategy != nullptr);
    BOOST_TEST(other.run == "run-7");
    BOOST_TEST(!other.master_keeps_state);
}

BOOST_AUTO_TEST_CASE(what_no_worker_can_have_loaded_is_objected_to) {
    wire::loaded loaded;
    loaded.clients = {{0, 8, 2, {5, 3}}, {2, 8, 2, {}}};
    const auto objection = [&](std::vector<client_id> wanted, double holdout = 0.2) {
        auto copy = loaded;
        return objection_to(copy, wanted, holdout, 2, false);
    };
    BOOST_TEST(objection({0, 2}).empty());
    BOOST_TEST(objection({0, 1}) == "the reply names other clients than the request");
    BOOST_TEST(objection({0}) == "the reply names other clients than the request");
    loaded.clients[0].labels = {5, 4};
    BOOST_TEST(objection({0, 2}) == "the label counts of client 0 are not those of its samples");
    loaded.clients[0].labels = {5, 3, 9}; // more classes than the model has: the worker says it better
    BOOST_TEST(objection({0, 2}).empty());
    loaded.clients[1].held_out = 5;
    BOOST_TEST(objection({0, 2}).find("client 2 holds 5 of 13 samples out, at most") == 0U);
    BOOST_TEST(objection({0, 2}, 0).empty()); // nobody asks for them
    BOOST_TEST(objection_to(loaded, {0, 2}, 0, 2, false).empty());
    BOOST_TEST(loaded.clients[1].held_out == 0U);
}

BOOST_AUTO_TEST_CASE(the_weights_go_once_to_each_worker_that_does_not_have_them) {
    ground on;
    on.build_model();
    const auto north = on.add("north");
    const auto south = on.add("south");
    const auto gone = on.add("gone");
    gone->connection->abort(net::errc::closed);
    const auto first = receivers_among(on.given, on.state.model, {south, north, south, gone});
    BOOST_TEST_REQUIRE(first.size() == 2U);
    BOOST_TEST(first[0] == north);
    BOOST_TEST((south->state == worker_state::receiving));
    BOOST_TEST(receivers_among(on.given, on.state.model, {south, north}).empty()); // on their way
    // One did not get them, and the other is on its way.
    newcomers coming(on.given, on.state);
    std::vector<net::gathered> answers(2);
    answers[0].result = answers[1].result = net::outcome::timed_out;
    answers[0].withdrawn = true;
    settle_weights(coming, first, answers);
    const auto again = receivers_among(on.given, on.state.model, {north, south});
    BOOST_TEST_REQUIRE(again.size() == 1U);
    BOOST_TEST(again[0] == north);
    on.state.model.replace(on.state.model.state());
    BOOST_TEST(receivers_among(on.given, on.state.model, {north, south}).size() == 2U);
    answers[1].result = net::outcome::refused;
    answers[1].reason = "no memory";
    settle_weights(coming, first, answers);
    BOOST_TEST(south->unusable == "no memory");
}

BOOST_AUTO_TEST_CASE(what_stays_at_clients_goes_to_each_once_as_it_begins) {
    ground on(own_plan);
    const nn::model_arrays arrays({{"own", {2}}, {"w", {1}}}, 10);
    on.state.model.build(make_own_model(arrays, to_payload(std::vector<float>{1, 2, 3}), on.given.plan));
    BOOST_TEST(on.state.model.weights().floats()[0] == 3.0F);
    on.state.memory = client_memory("00000000000000aa", nullptr); // workers keep what comes of it
    on.state.memory.recall({{4, 7}});
    const auto model = model_request(on.given, on.state);
    BOOST_TEST(model.parameters == 3U);
    BOOST_TEST(model.keeps_states());
    BOOST_TEST(model.run == "00000000000000aa");
    BOOST_TEST(weights_request(on.state.model).body.floats().size() == 1U);
    std::vector<sent_state> found;
    on.world.run(find_states(on, {3, 4}, found));
    BOOST_TEST_REQUIRE(found.size() == 2U);
    BOOST_TEST(found[0].round == 0U);
    BOOST_TEST_REQUIRE(found[0].listed.size() == 1U);
    BOOST_TEST(found[0].listed[0].name == plan::private_state);
    BOOST_TEST(found[0].body.floats()[1] == 2.0F);
    BOOST_TEST(found[1].round == 7U);
    BOOST_TEST(found[1].body.empty());
}

BOOST_AUTO_TEST_SUITE_END()
