#include <boost/test/unit_test.hpp>

#include "master/client_memory.hpp"
#include "master/run_failed.hpp"
#include "scratch_directory.hpp"

using namespace fedasio;
using master::client_memory;

namespace {

const std::string run = "00000000000000aa";

master::round_result round_of(std::uint32_t number, std::vector<master::client_id> cohort,
                              std::vector<master::client_id> dropped = {}) {
    master::round_result round;
    round.round = number;
    round.cohort = std::move(cohort);
    for (const auto client : dropped) {
        round.dropped.push_back({client, "lost"});
    }
    return round;
}

} // namespace

BOOST_AUTO_TEST_SUITE(client_memories)

BOOST_AUTO_TEST_CASE(without_a_client_half_nobody_keeps_anything) {
    client_memory none;
    BOOST_TEST(!none.is_needed());
    BOOST_TEST(!none.is_here());
    none.counted(round_of(1, {0, 1}));
    BOOST_TEST(none.round_of(1) == 0U);
    BOOST_TEST(none.rounds().empty());
}

BOOST_AUTO_TEST_CASE(a_client_goes_on_from_its_last_round_that_counted) {
    client_memory memory(run, std::make_shared<store::client_states>());
    BOOST_TEST(memory.find(3, memory.round_of(3)).body.empty()); // it begins with nothing
    BOOST_TEST(memory.keep(3, 1, {{"c", {1, 2}}}, 0).empty());
    memory.counted(round_of(1, {3, 4}, {4}));
    BOOST_TEST(memory.round_of(3) == 1U);
    BOOST_TEST(memory.round_of(4) == 0U);
    // Another attempt that counts for nothing.
    BOOST_TEST(memory.keep(3, 2, {{"c", {7, 8}}}, 0).empty());
    memory.counted(round_of(2, {3}, {3}));
    const auto sent = memory.find(3, memory.round_of(3));
    BOOST_TEST(sent.round == 1U);
    BOOST_TEST_REQUIRE(sent.listed.size() == 1U);
    BOOST_TEST(sent.listed.front().name == "c");
    BOOST_TEST(sent.body.floats()[1] == 2.0F);
}

BOOST_AUTO_TEST_CASE(a_state_that_is_lost_fails_the_training_and_names_the_client) {
    client_memory memory(run, std::make_shared<store::client_states>());
    memory.recall({{3, 7}});
    BOOST_CHECK_EXCEPTION((void)memory.find(3, memory.round_of(3)), master::run_failed,
                          [](const std::exception& e) {
                              const std::string what = e.what();
                              return what.find("client 3 kept after round 7") != std::string::npos;
                          });
}

BOOST_AUTO_TEST_CASE(what_cannot_be_written_is_in_memory_as_long_as_the_process) {
    const test::scratch_directory folder;
    folder.write("clients", "a file in the place of the folder");
    client_memory memory(run, std::make_shared<store::client_states>(folder / "clients"));
    BOOST_TEST(!memory.keep(3, 1, {{"c", {1, 2}}}, 0).empty());
    memory.counted(round_of(1, {3}));
    std::filesystem::remove(folder / "clients"); // there is room again
    BOOST_TEST(memory.find(3, 1).body.floats()[0] == 1.0F);
    BOOST_TEST(memory.keep(3, 2, {{"c", {5, 6}}}, 1).empty());
    memory.counted(round_of(2, {3}));
    BOOST_TEST(memory.find(3, 2).body.floats()[1] == 6.0F);
}

BOOST_AUTO_TEST_CASE(what_could_not_be_written_is_once_it_can_be) {
    const test::scratch_directory folder;
    folder.write("clients", "a file in the place of the folder");
    client_memory first(run, std::make_shared<store::client_states>(folder / "clients"));
    BOOST_TEST(!first.keep(3, 1, {{"c", {1, 2}}}, 0).empty());
    BOOST_CHECK_THROW(first.write_unwritten(), std::exception);
    std::filesystem::remove(folder / "clients"); // there is room again
    first.write_unwritten();
    first.write_unwritten(); // nothing more
    client_memory second(run, std::make_shared<store::client_states>(folder / "clients"));
    BOOST_TEST(second.find(3, 1).body.floats()[1] == 2.0F);
}

BOOST_AUTO_TEST_CASE(another_process_finds_the_states_of_the_run) {
    const test::scratch_directory folder;
    {
        client_memory first(run, std::make_shared<store::client_states>(folder / "clients"));
        BOOST_TEST(first.keep(3, 1, {{"c", {1, 2}}}, 0).empty());
        first.counted(round_of(1, {3}));
        BOOST_TEST(first.rounds().at(3) == 1U);
    }
    client_memory second("00000000000000bb", std::make_shared<store::client_states>(folder / "clients"));
    second.use_run(run);
    second.recall({{3, 1}});
    BOOST_TEST(second.find(3, second.round_of(3)).body.floats()[1] == 2.0F);
}

BOOST_AUTO_TEST_SUITE_END()
