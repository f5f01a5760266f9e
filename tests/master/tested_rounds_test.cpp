#include <fedasio/plan/plan.hpp>

#include <boost/test/unit_test.hpp>

#include "house.hpp"
#include <optional>

namespace {

using namespace fedasio;
using master::phase;

struct scene {
    test::scratch_directory folder;
    plan::plan plan = plan::parse_plan(
        house::plan_text(folder.write("rows.csv", house::table(90)), R"(, "rounds": 3)"), "plan");

    [[nodiscard]] master::run_options options(const char* state) const {
        master::run_options result;
        result.autostart = true;
        result.resume = true;
        result.state_dir = folder.path() / state;
        return result;
    }
};

/// What a process tells, which ends when the training does, or when this round is being tested.
std::unique_ptr<house::federation_of> serve(const scene& in, const char* state,
                                            std::optional<std::uint32_t> ends_in = {}) {
    auto all = std::make_unique<house::federation_of>(in.plan, in.options(state));
    all->add_worker("a");
    auto script = [](house::federation_of& told, std::optional<std::uint32_t> last) -> net::awaitable<void> {
        co_await told.until([&] {
            const auto phases = told.all<master::phase_entered>();
            const bool is_tested = !phases.empty() && phases.back().now == phase::evaluating;
            return !told.all<master::training_finished>().empty() ||
                   (is_tested && phases.back().round == last);
        });
    };
    all->play(script(*all, ends_in));
    return all;
}

std::vector<master::round_result> rounds_of(const house::federation_of& all) {
    std::vector<master::round_result> rounds;
    for (const auto& resumed : all.all<master::run_resumed>()) {
        rounds = resumed.rounds;
    }
    for (const auto& finished : all.all<master::round_finished>()) {
        rounds.push_back(finished.result);
    }
    return rounds;
}

} // namespace

BOOST_AUTO_TEST_SUITE(tested_rounds)

BOOST_AUTO_TEST_CASE(a_round_is_safe_before_it_is_tested) {
    const scene in;
    const auto whole = serve(in, "whole");
    const auto expected = rounds_of(*whole);
    BOOST_TEST_REQUIRE(expected.size() == 3U);
    BOOST_TEST(expected[0].test_problem.empty());
    for (const std::uint32_t cut : {1U, 2U, 3U}) {
        const auto state = std::to_string(cut);
        const auto first = serve(in, state.c_str(), cut);
        // Its weights are there, and are told of without their test.
        const auto untested = rounds_of(*first).back();
        BOOST_TEST(untested.round == cut);
        BOOST_TEST(untested.test_problem == "it was stopped before it was over");
        BOOST_TEST(!untested.test_loss);
        BOOST_TEST(untested.train_loss.value() == expected[cut - 1].train_loss.value());
        BOOST_TEST(first->all<master::checkpoint_written>().back().round == cut);
        BOOST_TEST(first->all<master::training_finished>().back().round == cut);

        const auto second = serve(in, state.c_str());
        BOOST_TEST_REQUIRE(second->all<master::run_resumed>().size() == 1U);
        const auto trained = second->all<master::round_started>();
        BOOST_TEST(trained.size() == 3 - cut);
        const auto rounds = rounds_of(*second);
        BOOST_TEST_REQUIRE(rounds.size() == 3U);
        for (std::size_t i = 0; i < 3; ++i) {
            BOOST_TEST(rounds[i].round == expected[i].round);
            BOOST_TEST(rounds[i].train_loss.value() == expected[i].train_loss.value());
            BOOST_TEST(rounds[i].test_loss.value() == expected[i].test_loss.value());
            BOOST_TEST(rounds[i].test_accuracy.value() == expected[i].test_accuracy.value());
            BOOST_TEST(rounds[i].test_problem.empty());
        }
        BOOST_TEST(second->all<master::training_finished>().back().weights_sha256 ==
                   whole->all<master::training_finished>().back().weights_sha256);
        // The test is as safe as its round once the training is over.
        const auto third = serve(in, state.c_str());
        BOOST_TEST(third->all<master::round_finished>().empty());
        BOOST_TEST(rounds_of(*third).size() == 3U);
    }
}

BOOST_AUTO_TEST_CASE(nothing_is_asked_of_a_run_whose_checkpoint_is_being_read) {
    const scene in;
    serve(in, "state");
    house::federation_of again(in.plan, in.options("state"));
    again.add_worker("a");
    auto script = [](house::federation_of& told) -> net::awaitable<void> {
        master::command load;
        load.what = master::command::kind::load;
        load.name = "last";
        co_await told.until([&] { return !told.all<master::run_opened>().empty(); });
        const auto early = co_await told.order(load);
        BOOST_TEST(!early.accepted);
        BOOST_TEST(early.message == "the last checkpoint is being read: try again in a moment");
        co_await told.until([&] { return !told.all<master::training_finished>().empty(); });
    };
    again.play(script(again));
    BOOST_TEST(again.all<master::run_resumed>().size() == 1U);
}

BOOST_AUTO_TEST_SUITE_END()
