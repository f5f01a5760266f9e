#include <fedasio/net/connection.hpp>
#include <fedasio/net/local_stream.hpp>
#include <fedasio/net/shared_memory.hpp>
#include <fedasio/trainers/errors.hpp>
#include <fedasio/trainers/stop_signal.hpp>
#include <fedasio/trainers/trainer_command.hpp>
#include <fedasio/wire/cancel.hpp>
#include <fedasio/wire/hello.hpp>
#include <fedasio/wire/message_type.hpp>
#include <fedasio/wire/refusal_code.hpp>
#include <fedasio/wire/weights.hpp>

#include <boost/json/object.hpp>
#include <boost/test/unit_test.hpp>

#include "trainers/process.hpp"
#include <algorithm>
#include <array>
#include <functional>
#include <memory>
#include <net/live_runtime.hpp>
#include <optional>
#include <stdexcept>
#include <string>
#include <sys/socket.h>
#include <utility>
#include <vector>

namespace {

using namespace fedasio;
using namespace std::chrono_literals;
namespace message_type = wire::message_type;
using trainers::process_basis;

nn::model_arrays one_array(std::size_t size) {
    return {{{.name = "w", .dims = {size}}}, 1 << 20};
}

/// A process that is there already, played by the test itself: the other end of its socket.
struct conversation {
    explicit conversation(std::size_t parameters = 4, bool evaluates_only = true) {
        std::array<int, 2> pair{};
        BOOST_TEST_REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair.data()) == 0);
        how.descriptor = pair[0];
        how.grace = 50ms;
        trainers::trainer_place where{world, how, log};
        where.evaluates_only = evaluates_only;
        process.emplace(where, static_cast<net::runtime&>(world).executor);
        net::connection_options options;
        options.limits = {100'000, 1 << 20};
        other = std::make_shared<net::connection>(world, net::adopt_local_stream(world, pair[1]), options,
                                                  [this](net::frame asked) {
                                                      heard.push_back(asked.type);
                                                      answer(asked);
                                                  });
        other->start();
        other->ask(net::frame(message_type::hello, wire::to_meta(wire::hello{"it", 0, 1, {}, {}})), {},
                   [](net::answer) {});
        basis.model = trainers::model_for_trainer({{"seed", 1}}, one_array(parameters));
        basis.shared = parameters;
        net::buffer values(parameters * sizeof(float));
        std::ranges::fill(values.floats(), 0.5F);
        basis.weights = net::payload(std::move(values));
        basis.version = 7;
    }

    ~conversation() {
        other->abort(net::error_code(boost::asio::error::eof));
        world.run(process->program().end(false, "the test is over"));
        world.run(ended());
    }

    net::awaitable<void> ended() { static_cast<void>(co_await other->ended()); }

    /// What a good one says.
    void answer(const net::frame& asked) {
        if (asked.type == message_type::evaluate) {
            on_evaluate(asked);
        } else if (asked.is_request()) {
            other->reply(asked, {{"version", 7}});
        }
    }

    wire::evaluation evaluate() {
        return world.run(process->evaluate(basis, wire::evaluate{3, 0, 7}, {}, stop));
    }

    net::testing::live_runtime world;
    trainers::trainer_command how;
    trainers::log_handler log = [](trainers::severity, const std::string&) {};
    std::optional<trainers::trainer_process> process;
    std::shared_ptr<net::connection> other;
    process_basis basis;
    trainers::stop_signal stop;
    std::vector<std::uint16_t> heard;
    std::function<void(const net::frame&)> on_evaluate = [this](const net::frame& asked) {
        other->reply(asked, {{"client", 0}, {"samples", 5}, {"loss_sum", 2.5}, {"correct", 4}});
    };
};

/// The sentence of what is thrown.
template <class Thrown>
std::string why(conversation& with) {
    try {
        static_cast<void>(with.evaluate());
    } catch (const Thrown& e) {
        return e.what();
    }
    return "nothing was thrown";
}

} // namespace

BOOST_AUTO_TEST_SUITE(a_process_is_asked)

BOOST_FIXTURE_TEST_CASE(who_evaluates_only_is_told_of_no_data_and_of_the_rest_once, conversation) {
    const auto found = evaluate();
    BOOST_TEST(found.samples == 5U);
    BOOST_TEST(found.correct == 4U);
    BOOST_TEST(found.loss_sum == 2.5);
    const std::vector<std::uint16_t> first{message_type::model, message_type::weights,
                                           message_type::evaluate};
    BOOST_TEST(heard == first, boost::test_tools::per_element());
    heard.clear();
    static_cast<void>(evaluate());
    BOOST_TEST(heard == std::vector{message_type::evaluate}, boost::test_tools::per_element());
    heard.clear();
    basis.version = 8;
    static_cast<void>(evaluate());
    const std::vector<std::uint16_t> other_weights{message_type::weights, message_type::evaluate};
    BOOST_TEST(heard == other_weights, boost::test_tools::per_element());
    heard.clear();
    basis.model = trainers::model_for_trainer({{"seed", 2}}, one_array(4));
    static_cast<void>(evaluate());
    BOOST_TEST(heard == first, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_trainer_is_told_of_its_data_first) {
    conversation it(4, false);
    it.basis.load =
        std::make_shared<const boost::json::object>(boost::json::object{{"clients", boost::json::array{0}}});
    static_cast<void>(it.evaluate());
    BOOST_TEST_REQUIRE(it.heard.size() == 4U);
    BOOST_TEST(it.heard[0] == message_type::load);
}

BOOST_FIXTURE_TEST_CASE(another_clients_answer_is_none, conversation) {
    on_evaluate = [this](const net::frame& asked) {
        other->reply(asked, {{"client", 2}, {"samples", 5}, {"loss_sum", 2.5}});
    };
    BOOST_TEST(why<std::runtime_error>(*this) == "the evaluator answers for client 2, not for client 0");
}

BOOST_FIXTURE_TEST_CASE(a_refusal_says_who_refuses, conversation) {
    on_evaluate = [this](const net::frame& asked) {
        other->refuse(asked, wire::refusal_code::failed, "no such file");
    };
    BOOST_TEST(why<std::runtime_error>(*this) == "the evaluator: no such file");
}

BOOST_FIXTURE_TEST_CASE(one_that_goes_in_mid_answer_is_lost, conversation) {
    on_evaluate = [this](const net::frame&) {
        other->abort(net::error_code(boost::asio::error::eof), "it has had enough");
    };
    BOOST_TEST(why<trainers::lost_process>(*this).starts_with("the evaluator has gone"));
}

BOOST_FIXTURE_TEST_CASE(what_nobody_needs_any_more_is_cancelled_and_may_be_answered_all_the_same,
                        conversation) {
    std::optional<net::frame> open;
    on_evaluate = [&](const net::frame& asked) {
        open = asked;
        stop.raise();
    };
    other->on_frame([&](net::frame asked) {
        heard.push_back(asked.type);
        if (asked.type == message_type::cancel) {
            other->refuse(*open, wire::refusal_code::unexpected, "no longer needed");
        } else {
            answer(asked);
        }
    });
    BOOST_CHECK_THROW(static_cast<void>(evaluate()), trainers::cancelled_task);
    BOOST_TEST(heard.back() == message_type::cancel);
}

BOOST_FIXTURE_TEST_CASE(one_that_does_not_care_is_left_after_its_grace, conversation) {
    on_evaluate = [this](const net::frame&) { stop.raise(); };
    BOOST_CHECK_THROW(static_cast<void>(evaluate()), trainers::cancelled_task);
    BOOST_TEST(!process->program().connection()->is_open());
}

BOOST_AUTO_TEST_CASE(large_weights_lie_in_memory_if_it_takes_them_there) {
    constexpr std::size_t many = 50'000;
    conversation it(many);
    std::size_t body = 1;
    std::string path;
    it.other->on_frame([&](net::frame asked) {
        if (asked.type == message_type::model) {
            path = asked.meta.at("memory").as_string();
            it.other->reply(asked, {{"memory", true}});
        } else if (asked.type == message_type::weights) {
            body = asked.body.size();
            it.other->reply(asked, {{"version", 7}});
        } else {
            it.answer(asked);
        }
    });
    static_cast<void>(it.evaluate());
    BOOST_TEST(body == 0U);
    BOOST_TEST(path.starts_with("/proc/"));
}

BOOST_AUTO_TEST_SUITE_END()
