#include <fedasio/store/checkpoint.hpp>
#include <fedasio/store/client_states.hpp>
#include <fedasio/store/journal.hpp>

#include <boost/test/unit_test.hpp>

#include "master/checkpoints.hpp"
#include "parts.hpp"
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>

using namespace parts;

namespace {

/// A process of a run: what it stands on, and what it keeps in `folder`.
struct process : ground {
    explicit process(const std::filesystem::path& dir, const std::string& plan = plan_text()) : ground(plan) {
        given.options.state_dir = dir;
        safe.begin_anew();
    }

    /// A round in which both of two clients counted.
    void finish(std::uint32_t round, float weight) {
        make(round, weight);
        round_result result;
        result.round = round;
        result.cohort = {0, 1};
        safe.add(result);
    }

    /// The first round, and its checkpoint.
    void begin() {
        build_model();
        finish(1, 0.5F);
        world.run(safe.write());
    }

    /// Its weights.
    void make(std::uint32_t round, float weight) {
        const std::vector<float> weights(6, weight);
        method::server_state kept{{"momentum", std::vector<float>(6, 2 * weight)}};
        state.model.advance(make_model_state(*given.plan.strategy, to_payload(weights), std::move(kept)),
                            round);
    }

    checkpoints safe{given, state};
};

} // namespace

BOOST_AUTO_TEST_SUITE(checkpoints_of_a_run)

BOOST_AUTO_TEST_CASE(another_process_goes_on_where_the_last_checkpoint_was_written) {
    const test::scratch_directory dir;
    std::string run;
    {
        process first(dir.path(), local_plan_text());
        first.build_model();
        run = first.safe.run();
        BOOST_TEST(first.safe.unsafe().empty()); // nothing was trained
        first.state.members.owners.add("north");
        first.state.members.owners.add("south");
        command order;
        order.what = command::kind::change;
        order.rounds = 20;
        BOOST_TEST_REQUIRE(first.state.progress.asked.change(order, {}).accepted);
        first.safe.add(first.state.progress.asked.told(1));
        first.finish(1, 0.5F);
        BOOST_TEST(first.safe.unsafe().find("round 1") != std::string::npos);
        first.world.run(first.safe.write());
        BOOST_TEST(first.safe.unsafe().empty());
        BOOST_TEST(first.safe.safe_round() == 1U);
        first.finish(2, 0.75F);
        first.world.run(first.safe.write());
        first.finish(3, 1.0F); // and dies
        BOOST_TEST(first.all<checkpoint_written>().size() == 2U);
    }
    process second(dir.path(), local_plan_text());
    second.safe.begin_anew(); // under another name, but for the checkpoint
    BOOST_TEST(second.safe.run() != run);
    second.build_model();
    const auto version = second.state.model.version();
    const auto resumed = second.world.run(second.safe.restore());
    BOOST_TEST_REQUIRE(resumed.has_value());
    BOOST_TEST(second.safe.run() == run);
    BOOST_TEST(resumed->run == run);
    BOOST_TEST(resumed->rounds.size() == 2U);
    BOOST_TEST(resumed->changes.size() == 2U); // the second says what counts now
    BOOST_TEST(second.state.model.round() == 2U);
    BOOST_TEST(second.state.model.weights().floats()[5] == 0.75F);
    BOOST_TEST(second.state.model.state().strategy->at("momentum")[0] == 1.5F);
    BOOST_TEST(second.state.model.version() > version);
    BOOST_TEST(second.state.progress.asked.in_force().last_round == 20U);
    BOOST_TEST(second.state.members.owners.client_of("south").value() == 1U);
    BOOST_TEST(second.state.members.participation.rounds_of("north") == 2U);
    BOOST_TEST(second.safe.safe_round() == 2U);
    BOOST_TEST(second.safe.unsafe().empty());

    // The journal goes on as well, from the place that the checkpoint names.
    second.finish(3, 1.0F);
    second.world.run(second.safe.write());
    process third(dir.path(), local_plan_text());
    third.build_model();
    BOOST_TEST(third.world.run(third.safe.restore())->rounds.size() == 3U);
}

BOOST_AUTO_TEST_CASE(what_cannot_be_written_is_told_and_the_last_one_stays) {
    const test::scratch_directory dir;
    process one(dir.path());
    one.begin();
    const auto folder = one.given.checkpoint_dir();
    const auto elsewhere = dir / "elsewhere";
    std::filesystem::rename(folder, elsewhere);
    dir.write("checkpoints", "a file in the place of the folder");
    one.finish(2, 0.75F);
    one.world.run(one.safe.write());
    BOOST_TEST(one.safe.safe_round() == 1U);
    BOOST_TEST(one.has_notice("that of round 1 stays"));
    BOOST_TEST(one.safe.unsafe().find("the last checkpoint is that of round 1") != std::string::npos);
    // There is room again: nothing of what was to be written in between is lacking.
    std::filesystem::remove(folder);
    std::filesystem::rename(elsewhere, folder);
    one.world.run(one.safe.write());
    BOOST_TEST(one.safe.unsafe().empty());
    process next(dir.path());
    next.build_model();
    BOOST_TEST(next.world.run(next.safe.restore())->rounds.size() == 2U);
}

BOOST_AUTO_TEST_CASE(
    rounds_that_came_after_a_damage_and_whose_checkpoint_was_lost_are_not_those_of_an_older_one) {
    const test::scratch_directory dir;
    process one(dir.path());
    one.begin();
    const auto folder = one.given.checkpoint_dir();
    const auto journal = store::journal_path(folder, one.given.plan_digest, one.safe.run());
    std::ofstream(journal, std::ios::binary) << std::string(std::filesystem::file_size(journal), '?');
    std::filesystem::copy(folder, dir / "old", std::filesystem::copy_options::recursive);
    process second(dir.path());
    second.build_model();
    BOOST_TEST(second.world.run(second.safe.restore())->rounds.empty());
    second.finish(2, 0.75F);
    second.world.run(second.safe.write());
    // As the disk has it when the journal's lines were written and the checkpoint that names them was not.
    std::filesystem::copy_file(journal, dir / "old" / journal.filename(),
                               std::filesystem::copy_options::overwrite_existing);
    std::filesystem::remove_all(folder);
    std::filesystem::rename(dir / "old", folder);
    process third(dir.path());
    third.build_model();
    const auto resumed = third.world.run(third.safe.restore());
    BOOST_TEST(resumed->round == 1U);
    BOOST_TEST(resumed->rounds.empty());
    BOOST_TEST(third.has_notice("later than the checkpoint"));
    third.finish(2, 0.25F);
    third.world.run(third.safe.write());
    process last(dir.path());
    last.build_model();
    BOOST_TEST(last.world.run(last.safe.restore())->rounds.size() == 1U);
}

BOOST_AUTO_TEST_CASE(without_a_checkpoint_of_the_plan_it_begins_anew) {
    const test::scratch_directory dir;
    process one(dir.path());
    one.begin();

    process other_plan(dir.path(), plan_text(R"(, "seed": 9)"));
    other_plan.build_model();
    BOOST_TEST(!other_plan.world.run(other_plan.safe.restore()));
    BOOST_TEST(other_plan.has_notice("starting anew"));
    BOOST_TEST(other_plan.state.model.round() == 0U);

    process nothing_kept(dir.path(), plan_text(R"(, "checkpoint_every": 0)"));
    nothing_kept.build_model();
    nothing_kept.finish(1, 1.0F);
    BOOST_TEST(nothing_kept.safe.unsafe().empty()); // nobody wants it there
}

BOOST_AUTO_TEST_CASE(a_state_of_another_size_than_the_model_is_none_to_go_on_from) {
    const test::scratch_directory dir;
    process one(dir.path());
    one.build_model();
    method::server_state kept{{"momentum", std::vector<float>(5, 1.0F)}};
    const auto weights = to_payload(std::vector<float>(6, 1.0F));
    one.state.model.advance(make_model_state(*one.given.plan.strategy, weights, std::move(kept)), 1);
    one.world.run(one.safe.write());
    process next(dir.path());
    next.build_model();
    BOOST_TEST(!next.world.run(next.safe.restore()));
    BOOST_TEST(next.has_notice("does not fit this model"));
    BOOST_TEST(next.state.model.round() == 0U);
}

BOOST_AUTO_TEST_CASE(a_round_is_safe_before_it_is_tested) {
    const test::scratch_directory dir;
    round_result made;
    made.round = 2;
    made.cohort = {0, 1};
    made.train_loss = 0.25;
    {
        process first(dir.path(), local_plan_text());
        first.build_model();
        first.state.members.owners.add("north");
        first.finish(1, 0.5F);
        first.make(2, 0.75F);
        first.safe.begin_test(made);
        first.world.run(first.safe.write());
        BOOST_TEST(first.safe.safe_round() == 2U);
        BOOST_TEST(first.all<checkpoint_written>().empty()); // nobody has been told of the round
    }
    {
        process second(dir.path(), local_plan_text());
        second.build_model();
        const auto resumed = second.world.run(second.safe.restore());
        BOOST_TEST_REQUIRE(resumed.has_value());
        BOOST_TEST(resumed->round == 1U);
        BOOST_TEST(resumed->rounds.size() == 1U);
        BOOST_TEST(second.state.model.round() == 2U);
        BOOST_TEST(second.state.model.weights().floats()[0] == 0.75F);
        BOOST_TEST(second.state.members.participation.rounds_of("north") == 2U);
        BOOST_TEST_REQUIRE(second.safe.untested().has_value());
        BOOST_TEST(second.safe.untested()->train_loss.value() == 0.25);
        // It cannot test the round either, and leaves that to the next one.
        second.safe.leave_test("it was stopped");
        second.world.run(second.safe.write());
        BOOST_TEST(second.all<checkpoint_written>().size() == 1U);
    }
    process third(dir.path(), local_plan_text());
    third.build_model();
    BOOST_TEST(third.world.run(third.safe.restore())->round == 1U);
    BOOST_TEST_REQUIRE(third.safe.untested().has_value());
    BOOST_TEST(third.safe.untested()->test_problem.empty());
    made.test_loss = 0.5;
    BOOST_TEST(!third.safe.lacks_lines());
    third.safe.add(made);
    BOOST_TEST(third.safe.lacks_lines());
    third.world.run(third.safe.write());
    BOOST_TEST(!third.safe.lacks_lines());
    process fourth(dir.path(), local_plan_text());
    fourth.build_model();
    const auto resumed = fourth.world.run(fourth.safe.restore());
    BOOST_TEST(resumed->round == 2U);
    BOOST_TEST(resumed->rounds.back().test_loss.value() == 0.5);
    BOOST_TEST(!fourth.safe.untested());
}

// Of what clients keep, states of older rounds may go.
BOOST_AUTO_TEST_CASE(a_process_may_go_on_from_the_oldest_checkpoint_that_is_kept) {
    const test::scratch_directory dir;
    process one(dir.path());
    one.given.options.keep_checkpoints = 2;
    one.build_model();
    for (std::uint32_t round = 1; round <= 4; ++round) {
        one.finish(round, 0.5F);
        one.world.run(one.safe.write());
        one.world.run(one.safe.write()); // the same one
        BOOST_TEST(one.safe.earliest_round() == round - 1);
    }
    process without(dir.path(), plan_text(R"(, "checkpoint_every": 0)"));
    without.build_model();
    without.finish(7, 0.5F);
    BOOST_TEST(without.safe.earliest_round() == 7U);
}

// As versions wrote it before what strategies keep had names: momentum pointed the other way.
BOOST_AUTO_TEST_CASE(a_checkpoint_of_the_old_form_gives_its_momentum) {
    const test::scratch_directory dir;
    const auto plan = plan_text(R"(, "strategy": {"type": "fedavgm", "server_momentum": 0.5})");
    process one(dir.path(), plan);
    one.build_model();
    store::checkpoint old;
    old.round = 4;
    old.seed = one.given.plan.seed;
    old.plan_digest = one.given.plan_digest;
    old.history = R"({"run": "00000000000000aa", "rounds": [], "owners": {}, "schema": null})";
    old.weights.assign(6, 1.0F);
    old.strategy_state["strategy_state"] = {1, 2, 3, -4, 5, 6};
    store::save_checkpoint(one.given.checkpoint_dir(), old, 3, *one.given.options.disk);
    const auto resumed = one.world.run(one.safe.restore());
    BOOST_TEST_REQUIRE(resumed.has_value());
    BOOST_TEST(resumed->run == "00000000000000aa");
    BOOST_TEST(one.state.model.round() == 4U);
    const auto& kept = *one.state.model.state().strategy;
    BOOST_TEST(!kept.contains("strategy_state"));
    BOOST_TEST((kept.at("momentum") == std::vector<float>{-1, -2, -3, 4, -5, -6}));
}

// The disk was full when clients' states were to be written, and is not when the checkpoint is.
BOOST_AUTO_TEST_CASE(what_clients_keep_is_on_disk_before_a_checkpoint_that_names_it) {
    const test::scratch_directory dir;
    const std::string run = "00000000000000aa";
    process first(dir.path());
    dir.write("clients", "a file in the place of the folder");
    auto& memory = first.state.memory;
    memory = client_memory(run, std::make_shared<store::client_states>(dir / "clients"));
    BOOST_TEST(!memory.keep(1, 1, {{"c", {1, 2}}}, 0).empty());
    first.finish(1, 0.5F);
    round_result counted;
    counted.round = 1;
    counted.cohort = {1};
    memory.counted(counted);
    first.world.run(first.safe.write());
    BOOST_TEST(first.safe.safe_round() == 0U);
    BOOST_TEST(first.safe.unsafe().find("clients") != std::string::npos);
    std::filesystem::remove(dir / "clients");
    first.world.run(first.safe.write());
    BOOST_TEST(first.safe.safe_round() == 1U);
    const client_memory second(run, std::make_shared<store::client_states>(dir / "clients"));
    BOOST_TEST(second.find(1, 1).body.floats()[1] == 2.0F);
}

BOOST_AUTO_TEST_SUITE_END()
