// Commands under a virtual clock; steering_test.cpp has them in whole trainings.

#include <boost/test/unit_test.hpp>

#include "master/steering.hpp"
#include "parts.hpp"

using namespace parts;
using namespace std::chrono_literals;

namespace {

using kind = command::kind;

struct wheel : ground {
    explicit wheel(const std::string& plan = plan_text()) : ground(plan) {
        build_model();
        given.options.min_workers = 0;
        safe.begin_anew();
        wait.begin_training();
    }

    command_answer order(kind what, const std::function<void(command&)>& more = {}) {
        command wanted;
        wanted.what = what;
        if (more) {
            more(wanted);
        }
        return world.run(steer.execute(std::move(wanted)));
    }

    void begin_training() {
        state.progress.asked.order_as_planned();
        state.progress.asked.begin_training();
        state.progress.begin_training();
    }

    std::size_t ended = 0;
    std::vector<std::string> opened; ///< names of plans
    waiting wait{given, state};
    checkpoints safe{given, state};
    model_files models{given, state.model, safe};
    steering steer{given,
                   state,
                   wait,
                   models,
                   safe,
                   {[this] { ++ended; },
                    [this](plan::plan other, std::optional<initial_model> model) {
                        BOOST_TEST(model.has_value());
                        opened.push_back(other.name);
                    }}};
};

} // namespace

BOOST_AUTO_TEST_SUITE(what_people_ask_for)

BOOST_AUTO_TEST_CASE(each_answer_is_given_and_published) {
    wheel on;
    const auto answer = on.order(kind::pause);
    BOOST_TEST(!answer.accepted);
    BOOST_TEST(answer.message == "nothing is being trained");
    const auto told = on.all<command_answered>();
    BOOST_TEST_REQUIRE(told.size() == 1U);
    BOOST_TEST(told[0].command == "pause");
    BOOST_TEST(!told[0].accepted);
    BOOST_TEST(told[0].reason == answer.message);
}

BOOST_AUTO_TEST_CASE(a_training_is_ordered_only_when_its_workers_are_here) {
    wheel on;
    on.given.options.min_workers = 1;
    BOOST_TEST(!on.order(kind::train).accepted);
    BOOST_TEST(!on.steer.ordered().is_set());
    on.add("north");
    BOOST_TEST(on.order(kind::train).accepted);
    BOOST_TEST(on.steer.ordered().is_set());
}

BOOST_AUTO_TEST_CASE(a_pause_is_told_and_a_resume_lets_go_on) {
    wheel on;
    on.begin_training();
    BOOST_TEST(on.order(kind::pause).accepted);
    const auto began = on.world.now();
    const auto alarm = on.world.time().at(began + 20s, [&] {
        on.state.progress.asked.resume();
        on.wait.resume();
    });
    on.world.run(on.wait.wait_while_paused());
    BOOST_TEST((on.world.now() - began == 20s));
    BOOST_TEST(on.order(kind::pause).accepted);
    BOOST_TEST(on.order(kind::resume).accepted);
    on.world.run(on.wait.wait_while_paused());
    BOOST_TEST((on.world.now() - began == 20s));
    const auto told = on.all<pause_requested>();
    BOOST_TEST_REQUIRE(told.size() == 3U);
    BOOST_TEST(told[0].pausing);
    BOOST_TEST(told[1].pausing);
    BOOST_TEST(!told[2].pausing);
    BOOST_TEST(!on.order(kind::resume).accepted);
    BOOST_TEST(on.all<pause_requested>().size() == 3U); // what is refused is not told
}

BOOST_AUTO_TEST_CASE(a_stop_lets_the_open_round_end_and_stop_now_does_not) {
    wheel on;
    on.begin_training();
    on.state.progress.begin_round();
    on.state.progress.enter(phase::training);
    BOOST_TEST(on.order(kind::stop).accepted);
    BOOST_TEST(on.ended == 0U);
    BOOST_TEST(!on.order(kind::stop).accepted);
    BOOST_TEST(on.order(kind::stop, [](command& it) { it.now = true; }).accepted);
    BOOST_TEST(on.ended == 1U);
    BOOST_TEST(!on.order(kind::stop, [](command& it) { it.now = true; }).accepted);
    BOOST_TEST(on.ended == 1U);
}

BOOST_AUTO_TEST_CASE(whoever_is_sent_away_hosts_nobody_any_more) {
    wheel on;
    const auto north = on.add("north", do_as_asked);
    on.make_ready(north, {0, 1});
    const auto nobody = on.order(kind::evict, [](command& it) { it.name = "south"; });
    BOOST_TEST(nobody.message == "there is no worker named 'south' here");
    BOOST_TEST(!on.order(kind::evict, [](command& it) { it.worker = 7; }).accepted);
    BOOST_TEST(on.order(kind::evict, [](command& it) { it.name = "north"; }).accepted);
    BOOST_TEST(on.state.members.roster.host_of(0) == nullptr);
    BOOST_TEST(on.state.members.roster.host_of(1) == nullptr);
    BOOST_TEST(!north->has_model);
    BOOST_TEST(north->evicted);
    BOOST_TEST(!north->is_here());
    BOOST_TEST(on.state.members.roster.broken_invariant() == "");
    BOOST_TEST(!on.order(kind::evict, [](command& it) { it.name = "north"; }).accepted);
}

BOOST_AUTO_TEST_CASE(a_change_is_told_with_the_round_from_which_it_counts) {
    wheel on;
    on.begin_training();
    on.state.progress.begin_round();
    const auto answer = on.order(kind::change, [](command& it) {
        it.deadline = 7.5;
        it.fraction = 0.5;
    });
    BOOST_TEST(answer.accepted);
    const auto told = on.all<plan_changed>();
    BOOST_TEST_REQUIRE(told.size() == 1U);
    BOOST_TEST(told[0].round == 2U); // the first one is open
    BOOST_TEST(told[0].deadline == 7.5);
    BOOST_TEST(told[0].clients_per_round == 2U); // of three
    BOOST_TEST((on.state.progress.patience() == on.given.plan.deadline));
    on.state.progress.begin_round();
    BOOST_TEST((on.state.progress.patience() == 7500ms));
    BOOST_TEST(!on.order(kind::change).accepted);
    BOOST_TEST(on.all<plan_changed>().size() == 1U);
}

BOOST_AUTO_TEST_CASE(another_plan_opens_another_run_unless_it_cannot_be_run) {
    wheel on;
    const auto broken = on.order(kind::start, [](command& it) { it.plan = R"({"rounds": 3})"; });
    BOOST_TEST(!broken.accepted);
    BOOST_TEST(on.opened.empty());
    BOOST_TEST(!on.steer.ordered().is_set());
    const auto other =
        on.order(kind::start, [](command& it) { it.plan = plan_text(R"(, "name": "other")"); });
    BOOST_TEST(other.accepted);
    BOOST_TEST(on.opened == std::vector<std::string>{"other"}, boost::test_tools::per_element());
    BOOST_TEST(on.steer.ordered().is_set());
    on.begin_training();
    const auto busy = on.order(kind::start, [](command& it) { it.plan = plan_text(); });
    BOOST_TEST(busy.message == "a training is going on: stop it first");
    BOOST_TEST(on.opened.size() == 1U);
}

BOOST_AUTO_TEST_CASE(nothing_is_asked_of_a_run_that_is_being_read_and_nothing_begins_in_one_that_ends) {
    wheel on;
    on.steer.hold(true);
    BOOST_TEST(on.order(kind::train).message.find("checkpoint is being read") != std::string::npos);
    on.steer.hold(false);
    on.steer.close();
    BOOST_TEST(!on.order(kind::train).accepted);
    BOOST_TEST(!on.steer.ordered().is_set());
}

BOOST_AUTO_TEST_SUITE_END()
