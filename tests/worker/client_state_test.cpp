#include <fedasio/method/strategy.hpp>
#include <fedasio/store/client_states.hpp>
#include <fedasio/wire/evaluate.hpp>
#include <fedasio/wire/message_type.hpp>
#include <fedasio/wire/refusal_code.hpp>
#include <fedasio/wire/train.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/json/object.hpp>
#include <boost/test/unit_test.hpp>

#include "net/raw_peer.hpp"
#include "net/virtual_runtime.hpp"
#include "worker/federation_of_two.hpp"
#include "worker/lanes.hpp"
#include <algorithm>
#include <vector>

namespace {

using namespace fedasio::worker;
namespace method = fedasio::method;
namespace store = fedasio::store;
namespace wire = fedasio::wire;
namespace net = fedasio::net;

const std::string run = "0123456789abcdef";

/// A worker whose clients keep something from round to round.
struct house_of_states : fedasio::worker::testing::federation_of_two {
    explicit house_of_states(const char* strategy = "scaffold") {
        auto made = std::make_shared<training_setup>(*setup());
        made->strategy = method::make_strategy(strategy);
        made->run = run;
        what = std::move(made);
        start();
    }

    ~house_of_states() { stop_working(); }

    void start() {
        options.states = std::make_shared<store::client_states>(folder / "clients");
        options.threads = 1;
        work.emplace(world.get(), pool.get_executor(), options, log);
        master.emplace(world, net::connection_options{.limits = {100000, 100000}, .window = {}});
        master->near->on_frame([this](net::frame asked) { work->take(master->near, std::move(asked)); });
        hear();
    }

    void stop_working() {
        bool ended = false;
        auto end = [](lanes& all, bool& done) -> net::awaitable<void> {
            co_await all.end(fedasio::worker::ending());
            done = true;
        };
        boost::asio::co_spawn(world.executor(), end(*work, ended), boost::asio::detached);
        while (!ended) { // NOLINT(bugprone-infinite-loop): the coroutine sets it
            world.settle();
            compute();
        }
        master->near->abort(net::errc::closed);
        world.settle();
    }

    /// The master tells everything; the channel is something that differs from weight to weight.
    void hear() {
        work->begin_session();
        work->use(samples, "data");
        work->use(what, "model");
        const auto parameters = what->parameter_count();
        net::buffer body((1 + what->channels()) * parameters * sizeof(float));
        what->network->initialise(body.floats().first(parameters), what->seed);
        for (std::size_t i = parameters; i < body.floats().size(); ++i) {
            body.floats()[i] = 0.001F * static_cast<float>(i % 7);
        }
        weights.assign(body.floats().begin(), body.floats().end());
        work->use(net::payload(std::move(body)), 7);
    }

    void let_master_keep() {
        auto made = std::make_shared<training_setup>(*what);
        made->master_keeps_state = true;
        what = std::move(made);
        hear();
    }

    void ask(std::uint16_t type, boost::json::object meta, net::payload body = {}) {
        answer.reset();
        master->far->ask(net::frame(type, std::move(meta), std::move(body)), {100000, 100000},
                         [this](net::answer got) { answer = std::move(got); });
        world.settle();
    }

    /// The answer, and how many jobs it took.
    std::size_t train(std::uint32_t round, std::uint32_t state_round, std::uint32_t safe_round = 0) {
        ask(wire::message_type::train, wire::to_meta(wire::train{round, 1, 7, state_round, safe_round}));
        return finish();
    }

    std::size_t compute() {
        pool.restart();
        const auto jobs = pool.poll();
        world.settle();
        return jobs;
    }

    std::size_t finish() {
        std::size_t all = 0;
        for (auto jobs = compute(); jobs > 0; jobs = compute()) {
            all += jobs;
        }
        BOOST_TEST_REQUIRE(answer.has_value());
        return all;
    }

    [[nodiscard]] bool is_refused(const char* code) const {
        return answer->result == net::outcome::refused && answer->code == code;
    }

    [[nodiscard]] std::vector<float> body() const {
        BOOST_TEST_REQUIRE((answer->result == net::outcome::reply));
        const auto floats = answer->reply.body.floats();
        return {floats.begin(), floats.end()};
    }

    /// What a trainer makes of it that is handed the state.
    [[nodiscard]] trained reference(std::uint32_t round, method::client_state state) const {
        const auto own = make_builtin_trainer(what);
        own->load(samples);
        return own->train({round, 1, weights, std::move(state)}, stop);
    }

    [[nodiscard]] static std::vector<float> floats_of(const trained& one) {
        return {one.weights.floats().begin(), one.weights.floats().end()};
    }

    net::testing::virtual_runtime world;
    boost::asio::io_context pool;
    worker_options options;
    log_handler log = [](severity, const std::string&) {};
    std::shared_ptr<const training_setup> what;
    std::vector<float> weights; ///< and channels
    std::optional<lanes> work;
    std::optional<net::testing::connected_pair> master;
    std::optional<net::answer> answer;
};

struct house_of_ditto : house_of_states {
    house_of_ditto() : house_of_states("ditto") {}
};

BOOST_AUTO_TEST_SUITE(states_at_a_worker)

BOOST_FIXTURE_TEST_CASE(a_client_goes_on_from_its_last_round_that_counted, house_of_states) {
    const auto one = reference(1, {});
    const auto two = reference(2, one.state);
    const auto three = reference(3, one.state);
    train(1, 0);
    BOOST_TEST(body() == floats_of(one));
    BOOST_TEST(body().size() == 2 * what->parameter_count());
    train(2, 1);
    BOOST_TEST(body() == floats_of(two));
    // Round 2 did not count.
    train(3, 1);
    BOOST_TEST(body() == floats_of(three));
    BOOST_TEST(floats_of(three) != floats_of(reference(3, two.state)));
}

BOOST_FIXTURE_TEST_CASE(it_is_the_same_when_the_master_keeps_the_state, house_of_states) {
    const auto one = reference(1, {});
    const auto two = reference(2, one.state);
    let_master_keep();
    train(1, 0);
    const auto first = wire::read_update(answer->reply.meta);
    BOOST_TEST((first.state == wire::list_of(one.state)));
    const auto parameters = what->parameter_count();
    const auto all = body();
    BOOST_TEST_REQUIRE(all.size() == 3 * parameters);
    BOOST_TEST(std::ranges::equal(std::span(all).first(2 * parameters), floats_of(one)));

    net::buffer kept(parameters * sizeof(float));
    std::ranges::copy(std::span(all).subspan(2 * parameters), kept.floats().begin());
    wire::train next{2, 1, 7, 1};
    next.state = first.state;
    ask(wire::message_type::train, wire::to_meta(next), net::payload(std::move(kept)));
    finish();
    const auto then = body();
    BOOST_TEST(std::ranges::equal(std::span(then).first(2 * parameters), floats_of(two)));
    BOOST_TEST(!options.states->get(run, 1, 1).state.has_value());
}

BOOST_FIXTURE_TEST_CASE(a_worker_that_is_started_again_finds_its_states, house_of_states) {
    const auto two = reference(2, reference(1, {}).state);
    train(1, 0);
    stop_working();
    start();
    train(2, 1);
    BOOST_TEST(body() == floats_of(two));
}

BOOST_FIXTURE_TEST_CASE(without_the_state_a_client_is_not_trained, house_of_states) {
    train(6, 5);
    BOOST_TEST(is_refused(wire::refusal_code::no_state));
    BOOST_TEST(answer->reason.find("client 1 after round 5") != std::string::npos);
    train(6, 0);
    BOOST_TEST((answer->result == net::outcome::reply));
}

BOOST_FIXTURE_TEST_CASE(an_update_is_handed_in_again_for_the_same_state_only, house_of_states) {
    train(1, 0);
    train(2, 1);
    const auto first = body();
    BOOST_TEST(train(2, 1) == 0U);
    BOOST_TEST(body() == first);
    BOOST_TEST(train(2, 0) > 0U);
    BOOST_TEST(body() != first);
}

BOOST_FIXTURE_TEST_CASE(states_that_nobody_can_ask_for_are_forgotten, house_of_states) {
    train(1, 0);
    train(2, 1);
    train(3, 2, 1);
    BOOST_TEST(options.states->get(run, 1, 1).state.has_value());
    train(4, 3, 3);
    BOOST_TEST(!options.states->get(run, 1, 1).state.has_value());
    BOOST_TEST(!options.states->get(run, 1, 2).state.has_value());
    BOOST_TEST(options.states->get(run, 1, 3).state.has_value());
}

BOOST_FIXTURE_TEST_CASE(a_training_that_was_given_up_leaves_no_state, house_of_states) {
    ask(wire::message_type::train, wire::to_meta(wire::train{1, 1, 7}));
    pool.restart();
    BOOST_TEST(pool.poll() == 1U);
    work->cancel(1);
    finish();
    BOOST_TEST(is_refused(wire::refusal_code::unexpected));
    BOOST_TEST(!options.states->get(run, 1, 1).state.has_value());
}

BOOST_FIXTURE_TEST_CASE(a_state_that_is_not_all_there_is_malformed, house_of_states) {
    let_master_keep();
    wire::train next{2, 1, 7, 1};
    next.state = {{"control_variate", 3}};
    BOOST_CHECK_THROW(work->take(master->near, net::frame(wire::message_type::train, wire::to_meta(next))),
                      std::invalid_argument);
}

BOOST_FIXTURE_TEST_CASE(a_client_s_own_model_is_evaluated, house_of_ditto) {
    train(1, 0);
    const auto kept = options.states->get(run, 1, 1).state;
    BOOST_TEST_REQUIRE(kept.has_value());
    const auto own = make_builtin_trainer(what);
    own->load(samples);
    const auto expected = own->evaluate({1, kept->at("personal")}, stop);
    const auto global = own->evaluate({1, weights}, stop);
    wire::evaluate asked{1, 1, 7};
    asked.personal = true;
    asked.state_round = 1;
    ask(wire::message_type::evaluate, wire::to_meta(asked));
    finish();
    const auto found = wire::read_evaluation(answer->reply.meta);
    BOOST_TEST(found.loss_sum == expected.loss_sum);
    BOOST_TEST(found.loss_sum != global.loss_sum);
    asked.state_round = 9;
    ask(wire::message_type::evaluate, wire::to_meta(asked));
    finish();
    BOOST_TEST(is_refused(wire::refusal_code::no_state));
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace
