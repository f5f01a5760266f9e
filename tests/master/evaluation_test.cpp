#include <fedasio/master/evaluation.hpp>
#include <fedasio/net/buffer.hpp>
#include <fedasio/net/runtime.hpp>
#include <fedasio/nn/evaluator.hpp>
#include <fedasio/random.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <functional>
#include <numeric>

namespace {

namespace nn = fedasio::nn;
namespace net = fedasio::net;
namespace master = fedasio::master;
using fedasio::data::dataset;

// Not a multiple of the blocks that the evaluation works in.
constexpr std::size_t sample_count = 2345;

std::shared_ptr<const dataset> some_samples() {
    fedasio::random_stream random(7, fedasio::purpose::partition);
    std::vector<float> features(sample_count * 6);
    std::vector<std::int32_t> classes(sample_count);
    for (auto& value : features) {
        value = static_cast<float>(random.normal());
    }
    for (auto& label : classes) {
        label = static_cast<std::int32_t>(random.below(3));
    }
    return std::make_shared<const dataset>(std::vector<std::uint32_t>{6}, std::move(features),
                                           std::move(classes), std::vector<std::string>{"a", "b", "c"});
}

nn::network small_network() {
    nn::model_spec spec;
    spec.input = {1, 1, 6};
    spec.layers = {nn::dense{5, nn::activation::relu, nn::initializer::he},
                   nn::dense{3, nn::activation::softmax, nn::initializer::glorot}};
    return nn::network(spec);
}

master::test_result run(std::size_t threads, const std::shared_ptr<const dataset>& samples,
                        const nn::network& network, std::span<const float> weights) {
    boost::asio::io_context context(1);
    boost::asio::thread_pool pool(threads);
    net::system_runtime rt(context);
    master::test_result result;
    auto whole = [](net::runtime& home, boost::asio::thread_pool& workers, std::shared_ptr<const dataset> set,
                    nn::network model, std::span<const float> values,
                    master::test_result& out) -> net::awaitable<void> {
        auto got =
            co_await master::evaluate(home, workers.get_executor(), std::move(set), std::move(model), values);
        out = std::move(*got);
    };
    std::exception_ptr failure;
    boost::asio::co_spawn(context, whole(rt, pool, samples, network, weights, result),
                          [&](const std::exception_ptr& e) { failure = e; });
    context.run();
    pool.join();
    if (failure) {
        std::rethrow_exception(failure);
    }
    return result;
}

} // namespace

BOOST_AUTO_TEST_SUITE(evaluation)

BOOST_AUTO_TEST_CASE(it_counts_every_sample_once_and_threads_change_no_bit) {
    const auto samples = some_samples();
    const auto network = small_network();
    net::buffer weights(network.parameter_count() * sizeof(float));
    network.initialise(weights.floats(), 3);
    const auto one = run(1, samples, network, weights.floats());
    const auto four = run(4, samples, network, weights.floats());
    BOOST_TEST(one.samples == sample_count);
    BOOST_TEST(one.loss_sum == four.loss_sum);
    BOOST_TEST(one.correct == four.correct);

    std::vector<std::uint32_t> all(sample_count);
    std::iota(all.begin(), all.end(), 0U);
    std::vector<float> features(sample_count * 6);
    samples->copy_features(all, features);
    nn::evaluator direct(network);
    const auto expected = direct.evaluate(weights.floats(), features, samples->classes(), sample_count);
    BOOST_TEST(one.correct == expected.correct);
    BOOST_TEST(one.loss_sum == expected.loss_sum, boost::test_tools::tolerance(1e-9));
    BOOST_TEST(*one.accuracy() == static_cast<double>(expected.correct) / sample_count);
}

BOOST_AUTO_TEST_CASE(it_tells_what_is_taken_for_what_and_the_surest_mistakes) {
    const auto samples = some_samples();
    const auto network = small_network();
    net::buffer weights(network.parameter_count() * sizeof(float));
    network.initialise(weights.floats(), 3);
    const auto result = run(3, samples, network, weights.floats());

    std::vector<std::uint32_t> all(sample_count);
    std::iota(all.begin(), all.end(), 0U);
    std::vector<float> features(sample_count * 6);
    samples->copy_features(all, features);
    std::vector<float> outputs(sample_count * 3);
    nn::evaluator(network).predict(weights.floats(), features, outputs, sample_count);
    std::vector<std::uint64_t> confusion(9);
    std::vector<master::model_evaluated::mistake> wrong;
    for (std::size_t i = 0; i < sample_count; ++i) {
        const auto said = std::span(outputs).subspan(3 * i, 3);
        const auto top = static_cast<std::uint32_t>(std::ranges::max_element(said) - said.begin());
        const auto label = static_cast<std::uint32_t>(samples->classes()[i]);
        ++confusion[3 * label + top];
        if (top != label) {
            wrong.push_back({i, label, top, said[top]});
        }
    }
    std::ranges::sort(wrong, std::greater<>(), &master::model_evaluated::mistake::confidence);
    BOOST_TEST(result.confusion == confusion, boost::test_tools::per_element());
    BOOST_TEST(result.histogram.empty());
    BOOST_TEST_REQUIRE(result.wrong.size() == 24U);
    for (std::size_t i = 0; i < result.wrong.size(); ++i) {
        BOOST_TEST(result.wrong[i].confidence == wrong[i].confidence, boost::test_tools::tolerance(1e-5));
        const auto& own = result.wrong[i];
        BOOST_TEST(own.confidence == outputs[3 * own.index + own.predicted],
                   boost::test_tools::tolerance(1e-5));
        BOOST_TEST(static_cast<std::int32_t>(own.label) == samples->classes()[own.index]);
        BOOST_TEST(own.label != own.predicted);
    }
}

BOOST_AUTO_TEST_CASE(it_tells_which_values_come_out_for_which) {
    fedasio::random_stream random(7, fedasio::purpose::partition);
    std::vector<float> features(sample_count * 6);
    std::vector<float> targets(sample_count);
    for (auto& value : features) {
        value = static_cast<float>(random.normal());
    }
    for (auto& value : targets) {
        value = static_cast<float>(2 * random.normal()); // beyond the ends, too
    }
    const auto samples = std::make_shared<const dataset>(std::vector<std::uint32_t>{6}, features, targets);
    nn::model_spec spec;
    spec.input = {1, 1, 6};
    spec.objective = nn::loss::mean_squared_error;
    spec.layers = {nn::dense{1, nn::activation::linear, nn::initializer::glorot}};
    const nn::network network(spec);
    net::buffer weights(network.parameter_count() * sizeof(float));
    network.initialise(weights.floats(), 3);

    std::vector<float> outputs(sample_count);
    nn::evaluator(network).predict(weights.floats(), features, outputs, sample_count);
    nn::value_histogram expected;
    for (std::size_t i = 0; i < sample_count; ++i) {
        expected.count(outputs[i], targets[i]);
    }
    for (const std::size_t threads : {1U, 4U}) {
        const auto result = run(threads, samples, network, weights.floats());
        BOOST_TEST(result.regression);
        BOOST_TEST((result.histogram == expected.occupied()));
    }
}

BOOST_AUTO_TEST_CASE(a_failure_in_a_block_reaches_the_caller) {
    const auto samples = some_samples();
    const auto network = small_network();
    const std::vector<float> too_few(network.parameter_count() - 1);
    BOOST_CHECK_THROW(run(2, samples, network, too_few), std::invalid_argument);
}

BOOST_AUTO_TEST_CASE(nothing_evaluated_gives_no_numbers) {
    const master::test_result nothing;
    BOOST_TEST(!nothing.loss());
    BOOST_TEST(!nothing.accuracy());
}

BOOST_AUTO_TEST_SUITE_END()
