#include <fedasio/data/error.hpp>
#include <fedasio/worker/trainer.hpp>

#include <boost/test/unit_test.hpp>

#include "worker/federation_of_two.hpp"
#include <algorithm>
#include <functional>
#include <limits>
#include <stdexcept>
#include <vector>

namespace {

namespace data = fedasio::data;
namespace method = fedasio::method;
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
    const auto wide = std::make_shared<const training_setup>(
        training_setup{nn::network(spec), fedasio::method::local_training{}, 5});
    const auto misfit = made(wide);
    const auto wide_weights = initial(*wide);
    BOOST_CHECK_EXCEPTION(
        misfit->train({1, 0, wide_weights.floats(), {}}, stop), data::error,
        [](const data::error& e) { return std::string(e.what()).find("model.input") != std::string::npos; });
}

BOOST_AUTO_TEST_CASE(images_are_varied_where_they_are_trained_on_and_nowhere_else) {
    const auto plain = setup();
    auto varied = std::make_shared<training_setup>(*plain);
    varied->local.augmentation.crop = 1;
    const auto weights = initial(*plain);
    const auto trained = [&](const std::shared_ptr<const training_setup>& what, std::uint32_t round) {
        const auto result = made(what)->train({round, 0, weights.floats(), {}}, stop).weights;
        return std::vector<float>(result.floats().begin(), result.floats().end());
    };
    BOOST_TEST(trained(varied, 1) != trained(plain, 1));
    BOOST_TEST(trained(varied, 1) == trained(varied, 1));
    BOOST_TEST(trained(varied, 1) != trained(varied, 2));
    BOOST_TEST(made(varied)->evaluate({0, weights.floats()}, stop).loss_sum ==
               made(plain)->evaluate({0, weights.floats()}, stop).loss_sum);
}

BOOST_AUTO_TEST_CASE(a_schedule_changes_the_learning_rate_by_round) {
    auto scheduled = std::make_shared<training_setup>(*setup(0.1F));
    scheduled->local.optimizer.schedule.type = nn::schedule::kind::exponential;
    scheduled->local.optimizer.schedule.factor = 0.5;
    const auto weights = initial(*scheduled);
    const auto at = [&](std::shared_ptr<const training_setup> what, std::uint32_t round) {
        const auto result = made(std::move(what))->train({round, 0, weights.floats(), {}}, stop).weights;
        return std::vector<float>(result.floats().begin(), result.floats().end());
    };
    BOOST_TEST(at(scheduled, 1) == at(setup(0.1F), 1));
    BOOST_TEST(at(scheduled, 3) == at(setup(0.025F), 3));
    // Even where nothing is left of it.
    scheduled->local.optimizer.schedule = {.type = nn::schedule::kind::cosine, .rounds = 2, .minimum = 0};
    const auto still = at(scheduled, 9);
    BOOST_TEST(std::ranges::equal(still, weights.floats()));
}

BOOST_AUTO_TEST_CASE(a_strategy_that_does_nothing_else_changes_no_bit) {
    auto by_strategy = std::make_shared<training_setup>(*setup());
    by_strategy->strategy = method::make_strategy("fedavg");
    const auto weights = initial(*by_strategy);
    const auto plain = made(setup())->train({2, 1, weights.floats(), {}}, stop);
    const auto same = made(by_strategy)->train({2, 1, weights.floats(), {}}, stop);
    BOOST_TEST(std::ranges::equal(plain.weights.floats(), same.weights.floats()));
    BOOST_TEST(plain.update.loss == same.update.loss);
    BOOST_TEST((plain.update.accuracy == same.update.accuracy));
}

/// What a client half does is played by a test.
struct played : method::strategy {
    explicit played(std::function<method::client_answer(method::client_training&)> half)
        : half_(std::move(half)) {}

    [[nodiscard]] std::string_view name() const override { return "played"; }

    std::vector<method::passed_over> step(const method::gathered_round& /*round*/,
                                          method::server_state& /*state*/,
                                          std::span<float> /*next*/) const override {
        return {};
    }

    [[nodiscard]] bool has_client_half() const override { return true; }

    method::client_answer train(method::client_training& client) const override { return half_(client); }

    std::function<method::client_answer(method::client_training&)> half_;
};

BOOST_AUTO_TEST_CASE(each_pass_has_streams_of_its_own) {
    std::vector<std::vector<float>> results;
    auto what = std::make_shared<training_setup>(*setup());
    what->strategy = std::make_shared<played>([&](method::client_training& client) {
        method::local_pass pass;
        pass.start = client.received();
        for (const std::uint32_t number : {0U, 1U, 2U, 1U}) {
            pass.number = number;
            results.push_back(client.train(pass).weights);
        }
        return method::client_answer{results[0], {}, 1, {}, {}};
    });
    const auto weights = initial(*what);
    const auto result = made(what)->train({2, 1, weights.floats(), {}}, stop);
    const auto plain = made(setup())->train({2, 1, weights.floats(), {}}, stop);
    BOOST_TEST(std::ranges::equal(results[0], plain.weights.floats()));
    BOOST_TEST(results[1] != results[0]);
    BOOST_TEST(results[2] != results[0]);
    BOOST_TEST(results[2] != results[1]);
    BOOST_TEST(results[3] == results[1]); // whatever was trained in between
}

BOOST_AUTO_TEST_CASE(frozen_arrays_and_what_corrects_reach_the_network) {
    std::vector<float> frozen;
    auto what = std::make_shared<training_setup>(*setup());
    std::uint64_t steps = 0;
    double before = 0;
    what->strategy = std::make_shared<played>([&](method::client_training& client) {
        before = client.loss_with(client.received());
        const std::vector<float> push(client.received().size(), 0.1F);
        method::local_pass pass;
        pass.start = client.received();
        pass.correction = push;
        pass.frozen.assign(client.network().parameters().size(), false);
        pass.frozen[0] = true;
        auto result = client.train(pass);
        steps = result.steps;
        return method::client_answer{std::move(result.weights), {}, result.loss, {}, before};
    });
    const auto weights = initial(*what);
    const auto result = made(what)->train({2, 1, weights.floats(), {}}, stop);
    const auto plain = made(setup())->train({2, 1, weights.floats(), {}}, stop);
    const auto& arrays = what->network->parameters();
    const auto size = arrays[1].offset;
    BOOST_TEST(std::ranges::equal(result.weights.floats().first(size), weights.floats().first(size)));
    BOOST_TEST(!std::ranges::equal(plain.weights.floats().first(size), weights.floats().first(size)));
    BOOST_TEST(
        !std::ranges::equal(result.weights.floats().subspan(size), plain.weights.floats().subspan(size)));
    const auto count = samples->find(1)->train.size();
    BOOST_TEST(steps == what->local.steps(count));
    BOOST_TEST((result.update.loss_before == before));
    BOOST_TEST(before > 0.0);
}

BOOST_AUTO_TEST_CASE(a_client_half_that_gives_no_numbers_diverges) {
    const auto result_of = [&](auto half) {
        auto what = std::make_shared<training_setup>(*setup());
        what->strategy = std::make_shared<played>(half);
        const auto weights = initial(*what);
        return made(what)->train({2, 1, weights.floats(), {}}, stop);
    };
    const auto poisoned = [](method::client_training& client) {
        client.state()["c"] = {0, std::numeric_limits<float>::infinity()};
        return method::client_answer{{client.received().begin(), client.received().end()}, {}, 1, {}, {}};
    };
    const auto overflowing = [](method::client_training& /*client*/) -> method::client_answer {
        throw std::overflow_error("too much");
    };
    const auto short_of = [](method::client_training& /*client*/) { return method::client_answer{}; };
    BOOST_CHECK_THROW(result_of(poisoned), fedasio::worker::diverged_training);
    BOOST_CHECK_THROW(result_of(overflowing), fedasio::worker::diverged_training);
    BOOST_CHECK_THROW(result_of(short_of), std::logic_error);
}

BOOST_AUTO_TEST_SUITE_END()
