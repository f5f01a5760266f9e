// What a client's training may differ in from begin() to begin(). The arithmetic of one step is held against
// PyTorch in torch_test.cpp; here are the algorithms that it is for, against their papers' equations in
// double, and what a pass leaves behind.

#include <fedasio/nn/trainer.hpp>

#include <boost/test/unit_test.hpp>

#include "random_values.hpp"
#include "same_bits.hpp"
#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <stdexcept>
#include <string>
#include <vector>

using namespace fedasio::nn;

namespace {

const fedasio::random_stream masks(1, fedasio::purpose::dropout);
const auto adam_kind = optimizer_spec::kind::adam;

/// Three clients with the losses a / 2 (w - c)^2: y = w x with x = sqrt(a / 2) against c x, the bias frozen.
struct scalar_clients {
    static constexpr std::size_t count = 3;
    static constexpr int steps = 5;
    static constexpr std::array<double, count> a{1, 2, 4};
    static constexpr std::array<double, count> c{1, -1, 0.5};
    static constexpr std::array<double, count> shares{0.1, 0.2, 0.7};
    static constexpr float rate = 0.1F;

    /// Where client k ends up from `pass.weights`, after five full steps.
    double train(std::size_t k, training_pass pass, optimizer_spec spec = {.learning_rate = rate}) const {
        const network model(
            {.input = {1, 1, 1}, .layers = {dense{1}}, .objective = loss::mean_squared_error});
        trainer trained(model, spec, 1);
        const std::array<std::size_t, 1> bias{1};
        pass.frozen = bias;
        const std::vector<float> x{static_cast<float>(std::sqrt(a.at(k) / 2))};
        const std::vector<float> t{static_cast<float>(c.at(k)) * x[0]};
        trained.begin(pass, masks);
        for (int i = 0; i < steps; ++i) {
            trained.step(x, t, 1);
        }
        BOOST_TEST(trained.steps() == 5U);
        BOOST_TEST(trained.weights()[1] == 0.0F);
        return trained.weights()[0];
    }
};

/// A number as the model's two parameters.
std::vector<float> pair_of(double w) {
    return {static_cast<float>(w), 0.0F};
}

constexpr double digits = 2e-6;

void check_near(double found, double expected) {
    BOOST_TEST(std::abs(found - expected) < digits, found << " is not " << expected);
}

network small_cnn() {
    return network({.input = {9, 9, 2},
                    .layers = {conv2d{.filters = 4, .act = activation::tanh},
                               conv2d{.filters = 5, .pad = padding::same, .act = activation::relu},
                               max_pool2d{2}, group_norm{5}, dropout{0.2F}, flatten{},
                               dense{7, activation::tanh}, dense{3, activation::softmax}}});
}

/// A network, a batch, and five steps from the same weights.
struct sample_training {
    std::vector<float> run(trainer& trained, const training_pass& pass) const {
        trained.begin(pass, masks);
        for (int i = 0; i < 5; ++i) {
            trained.step(features, labels, 6);
        }
        return copy_of(trained.weights());
    }

    std::vector<float> run(const optimizer_spec& spec, const training_pass& pass) const {
        trainer trained(model, spec, 6);
        return run(trained, pass);
    }

    network model = small_cnn();
    std::vector<float> weights = random_values(model.parameter_count(), 1, 0.3F);
    std::vector<float> anchor = random_values(model.parameter_count(), 4, 0.3F);
    std::vector<float> correction = random_values(model.parameter_count(), 5, 0.1F);
    std::vector<float> features = random_values(6 * model.input().size(), 2);
    std::vector<std::int32_t> labels = random_classes(6, 3, 3);
};

std::vector<optimizer_spec> optimizers() {
    return {{.learning_rate = 0.05F},
            {.learning_rate = 0.05F, .momentum = 0.9F, .weight_decay = 0.1F},
            {.learning_rate = 0.05F, .proximal = 0.2F},
            {.type = adam_kind, .learning_rate = 0.01F, .weight_decay = 0.1F, .proximal = 0.2F}};
}

} // namespace

BOOST_AUTO_TEST_SUITE(training_passes)

BOOST_AUTO_TEST_CASE(may_train_where_the_caller_says) {
    const sample_training it;
    const std::vector<std::size_t> head{7, 8};
    for (const auto& spec : optimizers()) {
        for (const bool is_frozen : {false, true}) {
            const training_pass pass{.weights = it.weights,
                                     .frozen = is_frozen ? std::span(head) : std::span<const std::size_t>()};
            const auto expected = it.run(spec, pass);
            trainer trained(it.model, spec, 6);
            it.run(trained, {.weights = it.anchor}); // must leave nothing behind
            std::vector<float> room(it.weights.size(), std::numeric_limits<float>::quiet_NaN());
            auto there = pass;
            there.into = room;
            BOOST_TEST(same_bits(it.run(trained, there), expected));
            BOOST_TEST(trained.weights().data() == room.data());
            BOOST_TEST(same_bits(room, expected));
            BOOST_TEST(same_bits(it.run(trained, pass), expected)); // not in what was the caller's
            BOOST_TEST(trained.weights().data() != room.data());
            room = it.weights;
            there.weights = room;
            BOOST_TEST(same_bits(it.run(trained, there), expected));
        }
    }
}

BOOST_AUTO_TEST_CASE(goes_on_in_another_place) {
    const sample_training it;
    trainer one(it.model, {.learning_rate = 0.05F}, 6);
    it.run(one, {.weights = it.weights});
    const auto expected = it.run(one, {.weights = one.weights()});
    std::vector<float> first(it.weights.size());
    std::vector<float> second(it.weights.size());
    it.run(one, {.weights = it.weights, .into = first});
    it.run(one, {.weights = one.weights(), .into = second});
    BOOST_TEST(same_bits(second, expected));
}

BOOST_AUTO_TEST_CASE(of_fedprox) {
    const scalar_clients clients;
    double w = 0;
    for (const double expected : {0.225330687100, 0.269019324559, 0.277489973042}) {
        const auto x = pair_of(w);
        double mean = 0;
        for (std::size_t k = 0; k < scalar_clients::count; ++k) {
            mean += scalar_clients::shares.at(k) *
                    clients.train(k, {.weights = x, .anchor = x, .proximal = 0.1F});
        }
        w = mean;
        check_near(w, expected);
    }
}

BOOST_AUTO_TEST_CASE(of_scaffold) {
    const scalar_clients clients;
    std::array<double, scalar_clients::count> own{};
    double common = 0;
    double w = 0;
    for (const auto& [expected, expected_common] : {std::pair{0.066103333333, -0.132206666667},
                                                    {0.099064684922, -0.065922703178},
                                                    {0.119698239174, -0.041267108504}}) {
        const auto x = pair_of(w);
        double moved = 0;
        double turned = 0;
        for (std::size_t k = 0; k < scalar_clients::count; ++k) {
            const auto correction = pair_of(common - own.at(k));
            const double y = clients.train(k, {.weights = x, .correction = correction});
            const double next =
                own.at(k) - common + (w - y) / (scalar_clients::steps * double{scalar_clients::rate});
            moved += (y - w) / 3;
            turned += (next - own.at(k)) / 3;
            own.at(k) = next;
        }
        w += moved;
        common += turned;
        check_near(w, expected);
        check_near(common, expected_common);
    }
}

BOOST_AUTO_TEST_CASE(of_feddyn) {
    const scalar_clients clients;
    const float alpha = 0.1F;
    std::array<double, scalar_clients::count> own{};
    double h = 0;
    double w = 0;
    for (const double expected : {0.130034467333, 0.151507155015, 0.125131296098}) {
        const auto x = pair_of(w);
        double mean = 0;
        for (std::size_t k = 0; k < scalar_clients::count; ++k) {
            const auto correction = pair_of(-own.at(k));
            const double y =
                clients.train(k, {.weights = x, .correction = correction, .anchor = x, .proximal = alpha});
            own.at(k) -= double{alpha} * (y - w);
            mean += y / 3;
        }
        h -= double{alpha} * (mean - w);
        w = mean - h / double{alpha};
        check_near(w, expected);
    }
}

// v <- v - rate (a (v - c) + lambda (v - x)), begun at v, not at x.
BOOST_AUTO_TEST_CASE(of_ditto) {
    const scalar_clients clients;
    const auto x = pair_of(0.25);
    double own = -0.5;
    double expected = own;
    for (int round = 0; round < 3; ++round) {
        const auto start = pair_of(own);
        own = clients.train(2, {.weights = start, .anchor = x, .proximal = 0.75F});
        for (int step = 0; step < scalar_clients::steps; ++step) {
            expected -= 0.1 * (4 * (expected - 0.5) + 0.75 * (expected - 0.25));
        }
        check_near(own, expected);
    }
}

BOOST_AUTO_TEST_CASE(of_rounds_that_slow_down) {
    const scalar_clients clients;
    const auto x = pair_of(0.0);
    const double half = clients.train(1, {.weights = x, .learning_rate = 0.05F});
    check_near(half, -(1 - std::pow(1 - 0.05 * 2, 5)));
    check_near(clients.train(1, {.weights = x}), -(1 - std::pow(1 - 0.1 * 2, 5)));
}

BOOST_AUTO_TEST_CASE(with_the_numbers_of_the_spec_change_no_bit) {
    const sample_training it;
    for (const optimizer_spec& spec : optimizers()) {
        trainer trained(it.model, spec, 6);
        const auto plain = it.run(trained, {.weights = it.weights});
        // Whatever was asked for before is forgotten.
        const std::vector<std::size_t> frozen{0, 3, 5};
        const auto other = it.run(trained, {.weights = it.weights,
                                            .correction = it.correction,
                                            .anchor = it.anchor,
                                            .proximal = 0.7F,
                                            .learning_rate = 0.02F,
                                            .frozen = frozen});
        BOOST_TEST(!same_bits(other, plain));
        trained.begin(it.weights, masks);
        for (int i = 0; i < 5; ++i) {
            trained.step(it.features, it.labels, 6);
        }
        BOOST_TEST(same_bits(trained.weights(), plain));
        BOOST_TEST(same_bits(it.run(spec, {.weights = it.weights,
                                           .anchor = it.weights,
                                           .proximal = spec.proximal,
                                           .learning_rate = spec.learning_rate}),
                             plain));
    }
}

BOOST_AUTO_TEST_CASE(pull_and_pace_are_those_of_a_spec) {
    const sample_training it;
    for (optimizer_spec spec : optimizers()) {
        const auto found = it.run(spec, {.weights = it.weights, .proximal = 0.4F, .learning_rate = 0.02F});
        const auto without = it.run(spec, {.weights = it.weights, .proximal = 0.0F});
        spec.proximal = 0.4F;
        spec.learning_rate = 0.02F;
        BOOST_TEST(same_bits(it.run(spec, {.weights = it.weights}), found));
        BOOST_TEST(!same_bits(without, found));
    }
    for (const optimizer_spec& spec : optimizers()) {
        BOOST_TEST(same_bits(it.run(spec, {.weights = it.weights, .learning_rate = 0.0F}), it.weights));
    }
    // No pull at all is plain SGD to the last bit.
    const optimizer_spec plain{.learning_rate = 0.05F};
    const optimizer_spec pulled{.learning_rate = 0.05F, .proximal = 0.2F};
    BOOST_TEST(same_bits(it.run(pulled, {.weights = it.weights, .anchor = it.anchor, .proximal = 0.0F}),
                         it.run(plain, {.weights = it.weights})));
}

BOOST_AUTO_TEST_CASE(frozen_arrays_keep_their_bits_and_change_no_other_s_step) {
    const sample_training it;
    const std::size_t arrays = it.model.parameters().size();
    const std::vector<std::vector<std::size_t>> choices{
        {0}, {1}, {3}, {arrays - 1}, {0, 1}, {4}, {2, 3}, {4, 5}, {7, 0, 1, 6, 2, 3, 0}, {0, 2, 5}};
    for (const optimizer_spec& spec : optimizers()) {
        for (const auto& frozen : choices) {
            trainer trained(it.model, spec, 6);
            const training_pass pass{.weights = it.weights,
                                     .correction = it.correction,
                                     .anchor = it.anchor,
                                     .proximal = 0.3F,
                                     .frozen = frozen};
            // After one step, what learns is where it would be if all learned.
            const auto one_step = [&](const training_pass& asked) {
                trained.begin(asked, masks);
                trained.step(it.features, it.labels, 6);
                return copy_of(trained.weights());
            };
            auto all = pass;
            all.frozen = {};
            const auto free = one_step(all);
            const auto found = one_step(pass);
            for (std::size_t i = 0; i < arrays; ++i) {
                const parameter& array = it.model.parameters()[i];
                const bool is_frozen = std::ranges::find(frozen, i) != frozen.end();
                const auto part = [&](const std::vector<float>& values) {
                    return std::span(values).subspan(array.offset, array.size);
                };
                BOOST_TEST(same_bits(part(found), part(is_frozen ? it.weights : free)),
                           array.name << (is_frozen ? " is frozen" : " learns"));
                BOOST_TEST(!same_bits(part(free), part(it.weights)));
            }
        }
    }
}

// FedRep: the head first, then the base with the head that came of it; masks go on.
BOOST_AUTO_TEST_CASE(one_after_the_other_go_on) {
    const sample_training it;
    const std::vector<std::size_t> base{0, 1, 2, 3, 4, 5};
    const std::vector<std::size_t> head{6, 7, 8, 9};
    const optimizer_spec spec{.learning_rate = 0.05F, .momentum = 0.9F};
    trainer one(it.model, spec, 6);
    const auto first = it.run(one, {.weights = it.weights, .frozen = base});
    const auto left = one.dropout();
    one.begin({.weights = one.weights(), .anchor = it.anchor, .proximal = 0.1F, .frozen = head}, left);
    BOOST_TEST(one.steps() == 0U);
    one.step(it.features, it.labels, 6);
    BOOST_TEST(one.steps() == 1U);

    trainer two(it.model, spec, 6);
    fedasio::random_stream later = masks;
    for (int i = 0; i < 5; ++i) {
        std::vector<std::uint32_t> drawn((6 * 3 * 3 * 5 + 1) / 2); // what five steps draw for their dropout
        later.fill(drawn);
    }
    two.begin({.weights = first, .anchor = it.anchor, .proximal = 0.1F, .frozen = head}, later);
    two.step(it.features, it.labels, 6);
    BOOST_TEST(same_bits(one.weights(), two.weights()));
    BOOST_TEST(!same_bits(one.weights(), first));

    // A pull to where the pass began, which is also where the trainer's weights are.
    one.begin({.weights = one.weights(), .proximal = 0.5F}, masks);
    const auto start = copy_of(two.weights());
    two.begin({.weights = start, .anchor = start, .proximal = 0.5F}, masks);
    for (int i = 0; i < 3; ++i) {
        one.step(it.features, it.labels, 6);
        two.step(it.features, it.labels, 6);
    }
    BOOST_TEST(same_bits(one.weights(), two.weights()));
}

BOOST_AUTO_TEST_CASE(that_do_not_fit_are_refused_and_change_nothing) {
    const sample_training it;
    trainer trained(it.model, {.learning_rate = 0.05F}, 6);
    const auto before = it.run(trained, {.weights = it.weights});
    const auto refused = [&](training_pass pass, const std::string& what) {
        BOOST_CHECK_EXCEPTION(trained.begin(pass, masks), std::invalid_argument,
                              [&](const std::invalid_argument& error) {
                                  return std::string(error.what()).find(what) != std::string::npos;
                              });
        BOOST_TEST(same_bits(trained.weights(), before));
        BOOST_TEST(trained.steps() == 5U);
    };
    const auto few = std::span(it.weights).first(3);
    refused({}, "0 weights");
    refused({.weights = few}, "3 weights");
    refused({.weights = it.weights, .correction = few}, "correction");
    refused({.weights = it.weights, .anchor = few}, "anchor");
    std::vector<float> little(3);
    refused({.weights = it.weights, .into = little}, "room");
    const float nan = std::numeric_limits<float>::quiet_NaN();
    const float infinity = std::numeric_limits<float>::infinity();
    for (const float wrong : {-0.1F, nan, infinity}) {
        refused({.weights = it.weights, .proximal = wrong}, "proximal");
        refused({.weights = it.weights, .learning_rate = wrong}, "learning_rate");
    }
    const std::vector<std::size_t> beyond{0, 10};
    refused({.weights = it.weights, .frozen = beyond}, "array 10 of a model that has 10");
    const std::vector<std::size_t> all{0, 1, 2, 3, 4, 5, 6, 7, 8, 9};
    refused({.weights = it.weights, .frozen = all}, "leave one to learn");
}

BOOST_AUTO_TEST_SUITE_END()
