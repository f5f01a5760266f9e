#include <fedasio/store/safetensors.hpp>

#include <boost/test/unit_test.hpp>

#include "master/checkpoints.hpp"
#include "master/load_model.hpp"
#include "master/model_files.hpp"
#include "parts.hpp"
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <string>

using namespace parts;

namespace {

struct files_of_a_run : ground {
    explicit files_of_a_run(const std::string& plan = plan_text()) : ground(plan) {
        safe.begin_anew();
        files.begin_anew();
    }

    void finish(std::uint32_t round, double accuracy) {
        const std::vector<float> weights(6, static_cast<float>(round));
        state.model.advance(make_model_state(*given.plan.strategy, to_payload(weights)), round);
        round_result result;
        result.round = round;
        result.test_accuracy = accuracy;
        files.consider(result);
    }

    [[nodiscard]] std::map<std::string, std::string> metadata_in(const std::string& name) const {
        return store::read_safetensors_metadata(folder / "models" / (name + ".safetensors"));
    }

    [[nodiscard]] std::string round_in(const std::string& name) const {
        return metadata_in(name).at("round");
    }

    checkpoints safe{given, state};
    model_files files{given, state.model, safe};
};

} // namespace

BOOST_AUTO_TEST_SUITE(files_of_models)

BOOST_AUTO_TEST_CASE(the_best_and_the_last_of_a_run_are_kept) {
    files_of_a_run run;
    run.build_model();
    run.world.run(run.files.keep_last());
    BOOST_TEST(run.all<model_saved>().empty()); // nothing was trained
    run.finish(1, 0.5);
    run.finish(2, 0.75);
    run.world.run(run.files.keep_best());
    run.finish(3, 0.25);
    run.world.run(run.files.keep_best());
    run.world.run(run.files.keep_last());
    BOOST_TEST(run.round_in("best") == "2");
    BOOST_TEST(run.round_in("last") == "3");
    BOOST_TEST_REQUIRE(run.all<model_saved>().size() == 1U);
    BOOST_TEST(run.all<model_saved>().front().round == 3U);
    BOOST_TEST(run.has_notice("the best model is that of round 2"));
}

BOOST_AUTO_TEST_CASE(a_saved_model_says_of_which_run_it_is_and_how_good) {
    files_of_a_run run;
    run.build_model();
    BOOST_TEST(run.world.run(run.files.save("untrained")).accepted);
    BOOST_TEST(run.metadata_in("untrained").at("run") == run.safe.run());
    BOOST_TEST(!run.metadata_in("untrained").contains("test_accuracy"));
    run.finish(1, 0.75);
    BOOST_TEST(run.world.run(run.files.save("first")).accepted);
    run.finish(2, 0.5);
    run.world.run(run.files.keep_best());
    run.world.run(run.files.keep_last());
    BOOST_TEST(run.metadata_in("first").at("run") == run.safe.run());
    BOOST_TEST(run.metadata_in("first").at("round") == "1");
    BOOST_TEST(run.metadata_in("first").at("test_accuracy") == "0.75");
    BOOST_TEST(run.metadata_in("best").at("test_accuracy") == "0.75");
    BOOST_TEST(run.metadata_in("last").at("test_accuracy") == "0.5");
    // Weights that were loaded are others than those that were tested, and so are those of a round that has
    // not been.
    run.world.run(load_model(run.given, run.state, run.safe, "first"));
    BOOST_TEST(run.world.run(run.files.save("loaded")).accepted);
    BOOST_TEST(!run.metadata_in("loaded").contains("test_accuracy"));
    run.files.begin_anew();
    BOOST_TEST(run.world.run(run.files.save("anew")).accepted);
    BOOST_TEST(!run.metadata_in("anew").contains("test_accuracy"));
}

BOOST_AUTO_TEST_CASE(what_a_training_ends_with_is_written_or_it_has_failed) {
    files_of_a_run run;
    run.build_model();
    run.world.run(run.files.save_last()); // no file was named
    BOOST_TEST(!run.files.has_failed());
    run.given.options.save_to = run.folder / "out" / "model.safetensors";
    run.world.run(run.files.save_last());
    BOOST_TEST(run.has_notice("nothing was trained"));
    BOOST_TEST(!run.files.has_failed());
    run.finish(1, 0.5);
    run.world.run(run.files.save_last());
    BOOST_TEST(!run.files.has_failed());
    BOOST_TEST(store::read_safetensors_metadata(run.given.options.save_to).at("round") == "1");
    run.folder.write("file", "");
    run.given.options.save_to = run.folder / "file/model.safetensors";
    run.world.run(run.files.save_last());
    BOOST_TEST(run.files.has_failed());
}

BOOST_AUTO_TEST_CASE(a_saved_model_can_be_loaded_while_no_training_goes_on) {
    files_of_a_run run;
    const auto load = [&](const std::string& name) {
        return run.world.run(load_model(run.given, run.state, run.safe, name));
    };
    BOOST_TEST(!run.world.run(run.files.save("early")).accepted); // there is no model yet
    BOOST_TEST(!run.world.run(run.files.copy()).has_value());
    run.build_model();
    run.finish(1, 0.5);
    BOOST_TEST(run.world.run(run.files.save("mine")).accepted);
    const auto copy = run.world.run(run.files.copy());
    std::ifstream file(run.folder / "models" / "mine.safetensors", std::ios::binary);
    BOOST_TEST((copy->bytes == std::string(std::istreambuf_iterator<char>(file), {})));
    run.finish(2, 0.5);
    const auto version = run.state.model.version();
    BOOST_TEST(!load("yours").accepted);
    BOOST_TEST(load("mine").accepted);
    BOOST_TEST(run.state.model.weights().floats()[0] == 1.0F);
    BOOST_TEST(run.state.model.round() == 2U);
    BOOST_TEST(run.state.model.version() > version);
    BOOST_TEST_REQUIRE(run.all<plan_changed>().size() == 1U);
    run.state.progress.asked.order_as_planned();
    BOOST_TEST(load("mine").message.find("stop it first") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_model_of_tables_cannot_be_loaded_before_them_unless_it_says_how_they_are_encoded) {
    files_of_a_run other;
    other.build_model();
    BOOST_TEST(other.world.run(other.files.save("plain")).accepted);

    auto text = plan_text();
    const std::string input = R"("input": [2], )";
    files_of_a_run run(text.erase(text.find(input), input.size()));
    run.given.options.state_dir = other.folder.path();
    const auto answer = run.world.run(load_model(run.given, run.state, run.safe, "plain"));
    BOOST_TEST(answer.message.find("how those were encoded") != std::string::npos);
    BOOST_TEST(!run.state.model.is_there());
}

BOOST_AUTO_TEST_CASE(what_a_trainer_of_ones_own_reads_or_computes_cannot_be_tried) {
    const std::string data = R"("clients": 5, "rounds": 1,
        "data": {"source": {"type": "trainer"}, "partition": {"scheme": "local"}}})";
    const auto why_not = [&](const std::string& model) {
        const files_of_a_run run(R"({"model": )" + model + ", " + data);
        try {
            (void)run.files.usable();
        } catch (const std::runtime_error& problem) {
            return std::string(problem.what());
        }
        return std::string("it can");
    };
    BOOST_TEST(why_not(R"({"from": "trainer"})").starts_with("the network is not the master's"));
    const auto known =
        why_not(R"({"input": [2], "layers": [{"type": "dense", "units": 2, "activation": "softmax"}]})");
    BOOST_TEST(known.starts_with("a trainer of one's own reads the data"), known);
}

BOOST_AUTO_TEST_SUITE_END()
