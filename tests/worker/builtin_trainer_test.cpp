#include <fedasio/data/error.hpp>
#include <fedasio/worker/trainer.hpp>

#include <boost/test/unit_test.hpp>

#include "worker/federation_of_two.hpp"
#include <algorithm>
#include <vector>

namespace {

namespace data = fedasio::data;
namespace nn = fedasio::nn;
namespace net = fedasio::net;
using fedasio::worker::training_setup;

struct trained_federation : fedasio::worker::testing::federation_of_two {
    /// A trainer that has the samples.
    std::unique_ptr<fedasio::worker::trainer> made(std::shared_ptr<const training_setup> what) {
        auto result = fedasio::worker::make_builtin_trainer(std::move(what));
        result->load(samples);
        return result;
    }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(builtin_trainers, trained_federation)

BOOST_AUTO_TEST_CASE(training_is_a_pure_function_of_round_and_client) {
    const auto what = setup();
    const auto weights = initial(*what);
    const auto fresh = made(what);
    const auto used = made(what);
    (void)used->train({9, 1, weights.floats(), {}}, stop);
    (void)used->evaluate({0, weights.floats()}, stop);
    const auto one = fresh->train({2, 0, weights.floats(), {}}, stop);
    const auto two = used->train({2, 0, weights.floats(), {}}, stop);
    BOOST_TEST(std::ranges::equal(one.weights.floats(), two.weights.floats()));
    BOOST_TEST(one.update.loss == two.update.loss);
    const auto other_round = used->train({3, 0, weights.floats(), {}}, stop);
    const auto other_client = used->train({2, 1, weights.floats(), {}}, stop);
    BOOST_TEST(!std::ranges::equal(one.weights.floats(), other_round.weights.floats()));
    BOOST_TEST(!std::ranges::equal(one.weights.floats(), other_client.weights.floats()));
}

BOOST_AUTO_TEST_CASE(the_update_tells_what_was_done) {
    const auto what = setup();
    const auto weights = initial(*what);
    const auto own = made(what);
    const auto result = own->train({4, 1, weights.floats(), {}}, stop);
    BOOST_TEST(result.update.round == 4U);
    BOOST_TEST(result.update.client == 1U);
    BOOST_TEST(result.update.samples == samples->find(1)->train.size());
    BOOST_TEST(result.update.loss > 0.0);
    BOOST_TEST(*result.update.accuracy > 0.3);
    BOOST_TEST(result.weights.size() == weights.size());
}

BOOST_AUTO_TEST_CASE(it_learns) {
    const auto what = setup();
    auto weights = initial(*what);
    const auto own = made(what);
    for (std::uint32_t round = 1; round <= 20; ++round) {
        const auto result = own->train({round, 0, weights.floats(), {}}, stop);
        std::ranges::copy(result.weights.floats(), weights.floats().begin());
    }
    const auto result = own->evaluate({0, weights.floats()}, stop);
    BOOST_TEST(result.samples == samples->find(0)->held_out.size());
    BOOST_TEST(static_cast<double>(result.correct) >= 0.8 * static_cast<double>(result.samples));
}

BOOST_AUTO_TEST_CASE(a_raised_flag_ends_it) {
    const auto what = setup();
    const auto weights = initial(*what);
    const auto own = made(what);
    stop = true;
    BOOST_CHECK_THROW(own->train({1, 0, weights.floats(), {}}, stop), fedasio::worker::cancelled_task);
    BOOST_CHECK_THROW(own->evaluate({0, weights.floats()}, stop), fedasio::worker::cancelled_task);
}

BOOST_AUTO_TEST_CASE(what_cannot_be_trained_says_why) {
    const auto diverging = setup(1e20F);
    const auto weights = initial(*diverging);
    const auto wild = made(diverging);
    BOOST_CHECK_EXCEPTION(wild->train({1, 0, weights.floats(), {}}, stop), std::runtime_error,
                          [](const std::runtime_error& e) {
                              return std::string(e.what()).find("learning_rate") != std::string::npos;
                          });
    const auto own = made(setup());
    BOOST_CHECK_THROW(own->train({1, 7, weights.floats(), {}}, stop), data::error);

    nn::model_spec spec;
    spec.input = {1, 1, 3};
    spec.layers = {nn::dense{2, nn::activation::softmax, nn::initializer::glorot}};
    const auto wide =
        std::make_shared<const training_setup>(training_setup{nn::network(spec), fedasio::method::local_training{}, 5});
    const auto misfit = made(wide);
    const auto wide_weights = initial(*wide);
    BOOST_CHECK_EXCEPTION(
        misfit->train({1, 0, wide_weights.floats(), {}}, stop), data::error,
        [](const data::error& e) { return std::string(e.what()).find("model.input") != std::string::npos; });
}

BOOST_AUTO_TEST_SUITE_END()
