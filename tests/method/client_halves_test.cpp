// Client and server halves together, on losses whose every number can be worked out by hand.

#include <fedasio/nn/network.hpp>

#include "rounds.hpp"
#include <algorithm>
#include <cmath>

using namespace fedasio::test;
using namespace fedasio::method;
using fedasio::nn::optimizer_spec;

namespace nn = fedasio::nn;

namespace {

/// f(w) = a / 2 (w - c)^2 in every parameter, trained by full-batch SGD, a step an epoch.
struct quadratic {
    double a = 1;
    double c = 0;
    std::uint64_t samples = 1;
    client_state state = {};
};

class quadratic_training final : public client_training {
public:
    quadratic_training(quadratic& who, const nn::network& network, const local_training& local,
                       std::span<const float> received, const std::vector<floats>& channels)
        : who_(who), network_(network), local_(local), received_(received), channels_(channels) {}

    [[nodiscard]] const nn::network& network() const override { return network_; }

    [[nodiscard]] const local_training& local() const override { return local_; }

    [[nodiscard]] std::span<const float> received() const override { return received_; }

    [[nodiscard]] std::span<const float> channel(std::size_t number) const override {
        return channels_.at(number);
    }

    [[nodiscard]] client_state& state() override { return who_.state; }

    local_result train(const local_pass& pass) override {
        passes.emplace_back(pass.number, pass.frozen);
        const auto anchor = pass.anchor.empty() ? pass.start : pass.anchor;
        const double pull = static_cast<double>(pass.proximal.value_or(local_.optimizer.proximal));
        std::vector<double> w(pass.start.begin(), pass.start.end());
        for (std::uint32_t step = 0; step < local_.epochs; ++step) {
            for (std::size_t i = 0; i < w.size(); ++i) {
                double g = who_.a * (w[i] - who_.c) + pull * (w[i] - static_cast<double>(anchor[i]));
                g += pass.correction.empty() ? 0.0 : static_cast<double>(pass.correction[i]);
                w[i] -= is_frozen(pass, i) ? 0.0 : static_cast<double>(local_.optimizer.learning_rate) * g;
            }
        }
        return {floats(w.begin(), w.end()), local_.epochs, 0.5, 0.75};
    }

    double loss_with(std::span<const float> weights) override {
        return who_.a / 2 * std::pow(static_cast<double>(weights[0]) - who_.c, 2);
    }

    std::vector<std::pair<std::uint32_t, std::vector<bool>>> passes; ///< number, and what was frozen

private:
    [[nodiscard]] bool is_frozen(const local_pass& pass, std::size_t place) const {
        for (std::size_t k = 0; k < pass.frozen.size(); ++k) {
            const auto& array = network_.parameters()[k];
            if (pass.frozen[k] && place >= array.offset && place < array.offset + array.size) {
                return true;
            }
        }
        return false;
    }

    quadratic& who_;
    const nn::network& network_;
    const local_training& local_;
    std::span<const float> received_;
    const std::vector<floats>& channels_;
};

/// 0.dense 2 to 3, 1.group_norm of 3, 2.dense 3 to 1.
nn::network small_network() {
    return nn::network(
        {{1, 1, 2}, {nn::dense{3}, nn::group_norm{1}, nn::dense{1}}, nn::loss::mean_squared_error});
}

local_training five_steps() {
    local_training local{.epochs = 5, .batch_size = 100, .optimizer = {}};
    local.optimizer.learning_rate = 0.1F;
    return local;
}

std::vector<quadratic> three_clients() {
    return {{1, 1, 10}, {2, -1, 20}, {4, .5, 70}};
}

struct federation {
    std::unique_ptr<strategy> what;
    std::vector<quadratic> clients = three_clients();
    local_training local = five_steps();
    nn::network network = small_network();
    floats x = floats(small_network().parameter_count());
    server_state state = {};
    std::uint32_t of = 3; ///< N
    std::vector<client_answer> answers = {};
    std::vector<std::pair<std::uint32_t, std::vector<bool>>> passes = {}; ///< of who trained last

    void round() {
        std::vector<floats> channels;
        for (const auto& name : what->channels()) {
            channels.push_back(state.contains(name) ? state[name] : floats(x.size()));
        }
        answers.clear();
        std::vector<sent> all;
        for (auto& client : clients) {
            quadratic_training training(client, network, local, x, channels);
            answers.push_back(what->train(training));
            passes = training.passes;
            const auto& answer = answers.back();
            all.push_back({answer.weights, client.samples, answer.loss_before, answer.channels});
        }
        x = master_round(*what, state, x, all, local, of).next;
    }
};

void follows(federation run, std::initializer_list<double> expected) {
    for (const double value : expected) {
        run.round();
        for (const float weight : run.x) {
            BOOST_TEST(std::abs(static_cast<double>(weight) - value) < 1e-6,
                       run.what->name() << ": " << weight << ", not " << value);
        }
    }
}

/// Which of the parameters belong to an array whose name starts so.
std::vector<bool> places_of(const nn::network& network, std::string_view prefix) {
    std::vector<bool> result(network.parameter_count());
    for (const auto& array : network.parameters()) {
        for (std::size_t i = 0; i < array.size; ++i) {
            result[array.offset + i] = array.name.starts_with(prefix);
        }
    }
    return result;
}

std::string objection(std::string_view name, const optimizer_spec& optimizer) {
    return make(name)->objection({.epochs = 1, .batch_size = 1, .optimizer = optimizer});
}

} // namespace

BOOST_AUTO_TEST_SUITE(client_halves)

BOOST_AUTO_TEST_CASE(scalar_clients_give_their_values) {
    follows({make("fedavg")}, {0.229271000000, 0.270314406607, 0.277661874128});
    federation fedprox{make("fedavg")};
    fedprox.local.optimizer.proximal = 0.1F;
    follows(std::move(fedprox), {0.225330687100, 0.269019324559, 0.277489973042});
    follows({make("scaffold")}, {0.066103333333, 0.099064684922, 0.119698239174});
    follows({make("scaffold", {{"by_samples", true}})}, {0.229271000000, 0.301946856637, 0.323920897757});
    follows({make("feddyn", {{"alpha", 0.1}})}, {0.130034467333, 0.151507155015, 0.125131296098});
    federation plain{make("qffl", {{"q", 0.0}})};
    follows(std::move(plain), {0.066103333333});
    federation fair{make("qffl", {{"q", 1.0}})};
    fair.x.resize(1); // the norm of an update is in the formula
    follows(std::move(fair), {-0.022957941968});
    for (const auto& [q, third] : {std::pair{0.0, 0.095333247277}, {1.0, -0.045112797563}}) {
        federation run{make("qffl", {{"q", q}})};
        run.x.resize(1);
        for (int round = 0; round < 3; ++round) {
            run.round();
        }
        BOOST_TEST(std::abs(static_cast<double>(run.x[0]) - third) < 1e-6, q);
    }
}

BOOST_AUTO_TEST_CASE(server_states_give_their_values) {
    federation scaffold{make("scaffold")};
    for (const double c : {-0.132206666667, -0.065922703178, -0.041267108504}) {
        scaffold.round();
        for (const float value : scaffold.state.at("control_variate")) {
            BOOST_TEST(std::abs(static_cast<double>(value) - c) < 1e-6);
        }
    }
    for (int round = 0; round < 300; ++round) {
        scaffold.round();
    }
    BOOST_TEST(std::abs(scaffold.x[0] - 1.0F / 7) < 1e-5F);
    federation weighted{make("scaffold", {{"by_samples", true}})};
    for (int round = 0; round < 300; ++round) {
        weighted.round();
    }
    BOOST_TEST(std::abs(weighted.x[0] - 1.0F / 3) < 1e-5F); // where sum_k n_k f_k is least
    federation feddyn{make("feddyn", {{"alpha", 0.1}})};
    for (const double h : {-0.006501723367, -0.004324496067, -0.000843455088}) {
        feddyn.round();
        for (const float value : feddyn.state.at("h")) {
            BOOST_TEST(std::abs(static_cast<double>(value) - h) < 1e-6);
        }
    }
}

// N is the whole federation, not who trained.
BOOST_AUTO_TEST_CASE(server_states_move_by_the_share_that_trained) {
    federation scaffold{make("scaffold")};
    scaffold.of = 12;
    scaffold.round();
    BOOST_TEST(std::abs(scaffold.state.at("control_variate")[0] - -0.132206666667F / 4) < 1e-6F);
    federation feddyn{make("feddyn", {{"alpha", 0.1}})};
    feddyn.of = 12;
    feddyn.round();
    BOOST_TEST(std::abs(feddyn.state.at("h")[0] - -0.006501723367F / 4) < 1e-6F);
    federation fast{make("scaffold", {{"server_learning_rate", 0.5}})};
    fast.round();
    BOOST_TEST(std::abs(fast.x[0] - 0.066103333333F / 2) < 1e-6F);
}

BOOST_AUTO_TEST_CASE(fednova_knows_what_local_steps_are_worth) {
    const auto made = make("fednova");
    const auto worth = [&](std::uint32_t steps, float momentum, float proximal) {
        local_training local{.epochs = steps, .batch_size = 100, .optimizer = {}};
        local.optimizer.momentum = momentum;
        local.optimizer.proximal = proximal;
        return 50 / made->factor({.client = 0, .samples = 50, .steps = steps, .loss_before = {}}, local);
    };
    const auto close = boost::test_tools::tolerance(1e-6);
    BOOST_TEST(worth(7, 0, 0) == 7.0);
    BOOST_TEST(worth(2, .9F, 0) == 2.9, close);
    BOOST_TEST(worth(5, .9F, 0) == 13.1441, close);
    BOOST_TEST(worth(10, .9F, 0) == 41.381059609, close);
    BOOST_TEST(worth(2, 0, .1F) == 1.99, close);
    BOOST_TEST(worth(5, 0, .1F) == 4.900995, close);
    BOOST_TEST(worth(10, 0, .1F) == 9.5617924991, close);
    // So many that nothing changes any more: 1 / (1 - rho) a step, and 1 / (eta mu) in all.
    BOOST_TEST(worth(1'000'000, .5F, 0) == 2 * 1e6 - 2, boost::test_tools::tolerance(1e-12));
    BOOST_TEST(worth(1'000'000, 0, 5) == 2.0, close);
}

BOOST_AUTO_TEST_CASE(fednova_takes_steps_of_one_length) {
    // 1, 2 and 7 steps of the same length each: every client counts for its samples, not for its steps.
    local_training local{.epochs = 1, .batch_size = 10, .optimizer = {}};
    const auto made = make("fednova");
    const floats x{2, 0};
    const std::vector<sent> all{{{2.5F, 1}, 10}, {{1, 0}, 20}, {{2.7F, -7}, 70}};
    server_state state;
    const double tau_eff = .1 * 1 + .2 * 2 + .7 * 7;
    near(master_round(*made, state, x, all, local).next,
         {2 + tau_eff * (.1 * .5 / 1 + .2 * -1 / 2 + .7 * .7 / 7), tau_eff * (.1 * 1 / 1 + .7 * -7 / 7)});
    BOOST_TEST(state.empty());
}

BOOST_AUTO_TEST_CASE(reports_that_no_honest_client_sends) {
    const auto fednova = make("fednova");
    const auto local = five_steps();
    BOOST_CHECK_THROW(
        (void)fednova->factor({.client = 1, .samples = 50, .steps = 4, .loss_before = {}}, local),
        std::domain_error);
    BOOST_CHECK_THROW(
        (void)fednova->factor({.client = 1, .samples = 0, .steps = 0, .loss_before = {}}, local),
        std::domain_error);
    const auto qffl = make("qffl", {{"q", 2.0}});
    for (const auto& loss : {std::optional<double>(), std::optional(-1.0), std::optional(std::nan("")),
                             std::optional(std::numeric_limits<double>::infinity())}) {
        BOOST_CHECK_THROW((void)qffl->factor({.client = 1, .samples = 50, .loss_before = loss}, local),
                          std::domain_error);
    }
    BOOST_TEST(qffl->factor({.client = 1, .samples = 50, .loss_before = 3.0}, local) == 9.0);
    // Kept within what the sums have room for, and over 0.
    BOOST_TEST(qffl->factor({.client = 1, .samples = 50, .loss_before = 1e30}, local) ==
               qffl->largest_factor(50));
    BOOST_TEST(qffl->factor({.client = 1, .samples = 50, .loss_before = 0.0}, local) == 0x1p-20);
}

BOOST_AUTO_TEST_CASE(a_loss_of_nothing_and_one_over_all_bounds_count) {
    for (const double q : {0.0, 0.01, 1.0, 5.0}) {
        server_state state;
        const auto next = master_round(*make("qffl", {{"q", q}}), state, {1, 2},
                                       {{{1.5F, 2}, 1, 0.0}, {{1, 3}, 1, 1e300}, {{1, 2}, 1, 0.0}})
                              .next;
        BOOST_TEST((next[0] >= 1 && next[0] <= 1.5F && next[1] >= 2 && next[1] <= 3), q);
    }
}

BOOST_AUTO_TEST_CASE(what_does_not_go_with_local_training_is_refused) {
    optimizer_spec adam;
    adam.type = optimizer_spec::kind::adam;
    optimizer_spec momentum;
    momentum.momentum = 0.9F;
    optimizer_spec proximal;
    proximal.proximal = 0.1F;
    auto both = momentum;
    both.proximal = 0.1F;
    auto strong = proximal;
    strong.proximal = 10;
    for (const auto name : {"scaffold", "feddyn", "fednova", "qffl"}) {
        BOOST_TEST(objection(name, adam).find("\"sgd\"") != std::string::npos, name);
    }
    BOOST_TEST(objection("scaffold", momentum).find("local.optimizer.momentum") != std::string::npos);
    BOOST_TEST(objection("scaffold", proximal).find("local.optimizer.proximal") != std::string::npos);
    BOOST_TEST(objection("feddyn", proximal).find("local.optimizer.proximal") != std::string::npos);
    BOOST_TEST(objection("feddyn", momentum).empty());
    BOOST_TEST(objection("fednova", momentum).empty());
    BOOST_TEST(objection("fednova", proximal).empty());
    BOOST_TEST(!objection("fednova", both).empty());
    BOOST_TEST(!objection("fednova", strong).empty());
    for (const auto name : {"fedavg", "fedadam", "ditto", "fedper", "median", "krum"}) {
        BOOST_TEST(objection(name, adam).empty(), name);
    }
}

BOOST_AUTO_TEST_CASE(dittos_global_part_is_fedavg) {
    federation ditto{make("ditto", {{"lambda", 0.4}})};
    federation fedavg{make("fedavg")};
    std::vector<double> own(3, 0.0);
    for (int round = 0; round < 3; ++round) {
        const double before = static_cast<double>(ditto.x[0]);
        ditto.round();
        fedavg.round();
        BOOST_TEST(ditto.x == fedavg.x, boost::test_tools::per_element());
        BOOST_REQUIRE(ditto.passes.size() == 2U);
        BOOST_TEST((ditto.passes[0].first == 0U && ditto.passes[1].first == 1U));
        BOOST_TEST(ditto.answers[0].loss == 0.5);
        for (std::size_t k = 0; k < 3; ++k) {
            const auto& client = ditto.clients[k];
            for (int step = 0; step < 5; ++step) {
                own[k] -= 0.1 * (client.a * (own[k] - client.c) + 0.4 * (own[k] - before));
            }
            floats personal(ditto.x.size());
            ditto.what->personal(ditto.network, client.state, ditto.x, personal);
            BOOST_TEST(std::abs(static_cast<double>(personal[2]) - own[k]) < 1e-6);
        }
    }
    floats personal(ditto.x.size());
    ditto.what->personal(ditto.network, {}, ditto.x, personal);
    BOOST_TEST(personal == ditto.x, boost::test_tools::per_element());
    BOOST_TEST(ditto.what->is_personal());
}

BOOST_AUTO_TEST_CASE(private_layers_never_leave_the_client) {
    const std::vector<std::tuple<std::string, std::map<std::string, key_setter::value>, std::string>> cases{
        {"fedper", {}, "2."},
        {"fedrep", {}, "2."},
        {"fedbn", {}, "1.group_norm."},
        {"fedper", {{"private_layers", std::vector<std::string>{"0"}}}, "0."},
        {"fedrep", {{"private_layers", std::vector<std::string>{"1.group_norm"}}}, "1."},
        {"fedbn", {{"private_layers", std::vector<std::string>{"0.dense.bias"}}}, "0.dense.bias"}};
    for (const auto& [name, keys, prefix] : cases) {
        federation run{make(name, keys)};
        federation fedavg{make("fedavg")};
        run.x[0] = fedavg.x[0] = 0.25F;
        const auto start = run.x;
        const auto is_private = places_of(run.network, prefix);
        BOOST_TEST(run.what->objection_to(run.network).empty());
        std::vector<double> own(3, 0.0);
        for (int round = 0; round < 3; ++round) {
            const auto before = run.x;
            run.round();
            fedavg.round();
            for (std::size_t k = 0; k < 3; ++k) {
                const auto& client = run.clients[k];
                for (int step = 0; step < 5; ++step) {
                    own[k] -= 0.1 * client.a * (own[k] - client.c);
                }
                floats personal(run.x.size());
                run.what->personal(run.network, client.state, run.x, personal);
                for (std::size_t i = 0; i < run.x.size(); ++i) {
                    if (is_private[i]) {
                        BOOST_TEST(run.answers[k].weights[i] == before[i]);
                        if (start[i] == 0) {
                            BOOST_TEST(std::abs(static_cast<double>(personal[i]) - own[k]) < 1e-6, name);
                        }
                    } else {
                        BOOST_TEST(personal[i] == run.x[i]);
                    }
                }
            }
            for (std::size_t i = 0; i < run.x.size(); ++i) {
                BOOST_TEST(run.x[i] == (is_private[i] ? start[i] : fedavg.x[i]), name << " value " << i);
            }
        }
        BOOST_TEST(run.passes.size() == (name == "fedrep" ? 2U : 1U));
        if (name == "fedrep") { // the client's layers first, and then the others
            for (std::size_t i = 0; i < run.network.parameters().size(); ++i) {
                const bool mine = run.network.parameters()[i].name.starts_with(prefix);
                BOOST_TEST((run.passes[0].second[i] == !mine && run.passes[1].second[i] == mine));
            }
            BOOST_TEST((run.passes[0].first == 0U && run.passes[1].first == 1U));
        }
        BOOST_TEST(run.what->is_personal());
    }
}

BOOST_AUTO_TEST_CASE(layers_that_are_not_there_are_refused) {
    const auto network = small_network();
    const auto with = [](std::vector<std::string> names) {
        return make("fedper", {{"private_layers", std::move(names)}});
    };
    BOOST_TEST(with({"2.dense", "3"})->objection_to(network) ==
               "strategy.private_layers names \"3\", which no array of the model belongs to: name some of "
               "\"0.dense\", \"1.group_norm\", \"2.dense\"");
    BOOST_TEST(!with({"2.den"})->objection_to(network).empty());
    BOOST_TEST(!with({"0", "1", "2"})->objection_to(network).empty());
    BOOST_TEST(with({"0", "2"})->objection_to(network).empty());
    const nn::network plain({{1, 1, 2}, {nn::dense{3}, nn::dense{1}}, nn::loss::mean_squared_error});
    BOOST_TEST(make("fedbn")->objection_to(plain).find("strategy.private_layers") != std::string::npos);
    const nn::network one({{1, 1, 2}, {nn::dense{1}}, nn::loss::mean_squared_error});
    BOOST_TEST(!make("fedrep")->objection_to(one).empty());
}

BOOST_AUTO_TEST_CASE(what_clients_do_more_is_said) {
    for (const auto name : strategy_names()) {
        const auto made = make(name);
        const bool more = name == "scaffold" || name == "feddyn" || name == "ditto" || name == "fedper" ||
                          name == "fedrep" || name == "fedbn" || name == "qffl";
        BOOST_TEST(made->has_client_half() == more, name);
        BOOST_TEST(made->asks_for_loss() == (name == "qffl"), name);
        BOOST_TEST(made->channels().size() == (name == "scaffold" ? 1U : 0U), name);
    }
}

BOOST_AUTO_TEST_SUITE_END()
