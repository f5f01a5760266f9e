#include <fedasio/net/receive_window.hpp>
#include <fedasio/wire/train.hpp>

#include <boost/test/unit_test.hpp>

#include "master/update_intake.hpp"
#include "parts.hpp"
#include <algorithm>
#include <cmath>
#include <limits>
#include <memory>
#include <optional>
#include <utility>

using namespace parts;

namespace {

/// A round of clients 2, 5 and 7 (and so on), who begin with weights of 1.
struct intake_of : ground {
    explicit intake_of(const std::string& more, std::size_t clients = 3, std::uint32_t norm_bound = 16,
                       std::size_t untrained = 0, std::size_t counters = 0,
                       std::uint64_t samples_of_last = 10)
        : ground(plan_text(more)) {
        intake_terms terms;
        terms.strategy = given.plan.strategy;
        terms.local = given.plan.local;
        terms.base = to_payload(std::vector<float>(6, 1.0F));
        for (std::uint32_t i = 0; i < clients; ++i) {
            terms.cohort.push_back(2 + 3 * i - (i > 1 ? 1 : 0));
            terms.samples.push_back(10);
        }
        terms.samples.back() = samples_of_last;
        if (terms.strategy->takes() == method::intake::sum) {
            terms.norm_bound = norm_bound;
        }
        terms.compares = true;
        terms.untrained = untrained;
        terms.arrays = nn::model_arrays({{"body", {2, 2}}, {"head", {2}}}, 6);
        terms.remedy = "; this may help";
        terms.counters = counters;
        cohort = terms.cohort;
        net::runtime& rt = world;
        all = std::make_shared<update_intake>(rt, world.executor(), std::move(terms));
    }

    /// Why its update does not count.
    std::string take(std::size_t place, float weight) { return take(place, std::vector<float>(6, weight)); }

    std::string take(std::size_t place, const std::vector<float>& weights) {
        std::string objection = "not judged";
        begin(place, weights, objection);
        world.settle();
        return objection;
    }

    void begin(std::size_t place, const std::vector<float>& weights, std::string& objection) {
        wire::update said;
        said.client = cohort[place];
        said.samples = 10;
        all->take(place, said, to_payload(weights), [&](std::string why) { objection = std::move(why); });
    }

    [[nodiscard]] double mean() const {
        const auto gathered = all->gathered(1, 9);
        std::vector<double> values(6);
        gathered.sum->mean({0, 6}, values);
        return values[3];
    }

    std::vector<client_id> cohort;
    std::shared_ptr<update_intake> all;
};

} // namespace

BOOST_AUTO_TEST_SUITE(update_intakes)

BOOST_AUTO_TEST_CASE(updates_are_added_up_as_they_come) {
    intake_of in("");
    BOOST_TEST(in.all->count() == 0U);
    BOOST_TEST(in.take(1, 1.5F).empty());
    BOOST_TEST(in.take(0, 1.25F).empty());
    BOOST_TEST(in.all->count() == 2U);
    BOOST_TEST(in.all->counts(1));
    BOOST_TEST(!in.all->counts(2));
    BOOST_TEST(in.all->settle().empty());
    const auto gathered = in.all->gathered(1, 9);
    BOOST_TEST(gathered.reports.size() == 2U);
    BOOST_TEST(gathered.reports.front().client == 2U); // in the order of clients
    BOOST_TEST(gathered.reports.front().distance == std::sqrt(6 * 0.25 * 0.25),
               boost::test_tools::tolerance(1e-9));
    BOOST_TEST(gathered.updates.empty());
    BOOST_TEST(in.mean() == 1.375);
}

// Many small ones are one job, or several.
BOOST_AUTO_TEST_CASE(of_updates_that_come_at_once_each_is_judged_by_itself) {
    constexpr std::size_t clients = 301;
    intake_of in("", clients);
    std::vector<std::string> objections(clients, "not judged");
    for (std::size_t place = 0; place < clients; ++place) {
        auto weights = std::vector<float>(6, place % 2 == 0 ? 1.5F : 0.5F);
        weights[2] = place % 50 == 7 ? std::numeric_limits<float>::infinity() : weights[2];
        in.begin(place, weights, objections[place]);
    }
    in.world.settle();
    for (std::size_t place = 0; place < clients; ++place) {
        const bool is_finite = place % 50 != 7;
        BOOST_TEST(objections[place].empty() == is_finite);
        BOOST_TEST(objections[place].find("not judged") == std::string::npos);
        BOOST_TEST(in.all->counts(place) == is_finite);
    }
    BOOST_TEST(in.all->count() == clients - 6);
    BOOST_TEST(in.all->settle().empty());
    BOOST_TEST(in.mean() == (151 * 1.5 + 144 * 0.5) / 295, boost::test_tools::tolerance(1e-12));
}

BOOST_AUTO_TEST_CASE(a_strategy_shortens_only_what_is_trained) {
    intake_of in(R"(, "strategy": {"type": "norm_bound", "bound": 1})", 1, 16, 2);
    BOOST_TEST(in.take(0, {2, 2, 2, 2, 101, -99}).empty()); // from 1, by a norm of 2 without the last two
    in.all->settle();
    const auto gathered = in.all->gathered(1, 9);
    BOOST_TEST(gathered.reports.front().distance == 2.0);
    std::vector<double> values(6);
    gathered.sum->mean({0, 6}, values);
    BOOST_TEST(values[3] == 1.5, boost::test_tools::tolerance(1e-6));
    BOOST_TEST(values[4] == 101.0, boost::test_tools::tolerance(1e-6));
    BOOST_TEST(values[5] == -99.0, boost::test_tools::tolerance(1e-6));
}

BOOST_AUTO_TEST_CASE(a_counter_is_the_largest_of_those_that_count) {
    intake_of in("", 4, 16, 2, 2);
    BOOST_TEST(in.take(0, {1, 1, 1, 1, 0, 5}).empty());
    BOOST_TEST(in.take(1, {1, 1, 1, 1, 0, 9}).empty());
    BOOST_TEST(in.take(3, {1, 1, 1, 1, 0, 4}).empty());
    in.all->forget(in.cohort[1]);
    std::vector<float> next(6, 7.0F);
    in.all->take_counters(next);
    BOOST_TEST(next == (std::vector<float>{7, 7, 7, 7, 1, 5})); // nor does it go back
}

BOOST_AUTO_TEST_CASE(what_is_no_number_is_refused_with_a_remedy_and_leaves_no_trace) {
    intake_of in("");
    auto broken = std::vector<float>(6, 1.0F);
    broken[4] = std::numeric_limits<float>::quiet_NaN();
    BOOST_TEST(in.take(0, broken) == "value 4 of 6 is nan, in 'head'[0]; this may help");
    broken[4] = 1;
    broken[2] = -2e6F;
    BOOST_TEST(in.take(0, broken).find(", over the bound of 1024.000000, in 'body'[1, 0]; this may help") !=
               std::string::npos);
    BOOST_TEST(!in.all->counts(0));
    BOOST_TEST(in.take(1, 1.5F).empty());
    BOOST_TEST(in.all->count() == 1U);
    BOOST_TEST(in.all->settle().empty());
    BOOST_TEST(in.mean() == 1.5);
}

BOOST_AUTO_TEST_CASE(who_is_out_of_proportion_is_named_and_can_be_forgotten) {
    intake_of in("", 4);
    for (std::size_t i = 0; i < 3; ++i) {
        BOOST_TEST(in.take(i, 1.5F).empty());
    }
    BOOST_TEST(in.take(3, 1000.0F).empty());
    const auto left_out = in.all->settle();
    BOOST_TEST_REQUIRE(left_out.size() == 1U);
    BOOST_TEST(left_out.front().client == in.cohort[3]);
    in.all->forget(in.cohort[3]);
    in.all->forget(in.cohort[3]); // once is enough
    in.all->forget(99);           // and who is not in the round changes nothing
    BOOST_TEST(in.all->count() == 3U);
    BOOST_TEST(in.all->gathered(1, 9).reports.size() == 3U);
    BOOST_TEST(in.mean() == 1.5);
}

// By how many steps, the plan's batches say.
BOOST_AUTO_TEST_CASE(who_takes_more_steps_may_go_farther) {
    const auto left_out = [](std::uint64_t samples) {
        intake_of in("", 4, 16, 0, 0, samples);
        for (std::size_t i = 0; i < 3; ++i) {
            BOOST_TEST(in.take(i, 1.5F).empty());
        }
        BOOST_TEST(in.take(3, 33.0F).empty()); // 64 times as far
        return in.all->settle().size();
    };
    BOOST_TEST(left_out(10) == 1U);
    BOOST_TEST(left_out(10 * std::uint64_t{32}) == 0U);
}

BOOST_AUTO_TEST_CASE(a_strategy_that_needs_every_update_gets_it) {
    intake_of in(R"(, "strategy": {"type": "median"})");
    BOOST_TEST(in.take(2, 3.0F).empty());
    BOOST_TEST(in.take(0, 2.0F).empty());
    BOOST_TEST(in.take(1, 9.0F).empty());
    BOOST_TEST(in.all->settle().empty());
    in.all->forget(in.cohort[1]);
    const auto gathered = in.all->gathered(1, 9);
    BOOST_TEST((gathered.sum == nullptr));
    BOOST_TEST_REQUIRE(gathered.updates.size() == 2U);
    BOOST_TEST(gathered.updates[0][0] == 2.0F);
    BOOST_TEST(gathered.updates[1][5] == 3.0F);
}

// What is added is gone by then, and what is kept until the step is no longer among what is received.
BOOST_AUTO_TEST_CASE(no_body_takes_room_after_its_verdict) {
    for (const auto* const strategy : {"", R"(, "strategy": {"type": "median"})"}) {
        intake_of in(strategy);
        net::runtime& rt = in.world;
        net::buffer weights(6 * sizeof(float));
        std::ranges::fill(weights.floats(), 1.5F);
        const auto window = std::make_shared<net::receive_window>(rt, weights.size(), weights.size());
        auto place = window->enter(weights.size());
        const auto checksum = net::crc32c(weights.bytes());
        net::payload body(std::move(weights), checksum, std::move(place));
        BOOST_TEST(window->bytes() == body.size());
        wire::update said;
        said.client = in.cohort[0];
        said.samples = 10;
        std::optional<std::size_t> held;
        in.all->take(0, said, std::move(body), [&](const std::string&) { held = window->bytes(); });
        in.world.settle();
        BOOST_TEST_REQUIRE(held.has_value());
        BOOST_TEST(*held == 0U);
        BOOST_TEST(in.all->counts(0));
    }
}

BOOST_AUTO_TEST_CASE(updates_are_compared_with_the_step_that_was_made_of_them) {
    intake_of in("");
    BOOST_TEST(in.take(0, 2.0F).empty());
    BOOST_TEST(in.take(1, 0.5F).empty());
    const auto compared = in.all->compare(4, std::vector<float>(6, 1.5F));
    BOOST_TEST_REQUIRE(compared.has_value());
    BOOST_TEST(compared->round == 4U);
    BOOST_TEST(compared->step == std::sqrt(6 * 0.25), boost::test_tools::tolerance(1e-9));
    BOOST_TEST_REQUIRE(compared->clients.size() == 2U);
    BOOST_TEST(compared->clients[0].distance == std::sqrt(6.0), boost::test_tools::tolerance(1e-9));
    BOOST_TEST(compared->clients[0].cosine.value() > 0.9);
    BOOST_TEST(compared->clients[1].cosine.value() < -0.9);
}

BOOST_AUTO_TEST_CASE(a_strategy_that_asks_for_losses_takes_no_update_without) {
    intake_of in(R"(, "strategy": {"type": "qffl"})");
    BOOST_TEST(in.take(0, 2.0F).find("loss") != std::string::npos);
    BOOST_TEST(in.all->count() == 0U);
}

BOOST_AUTO_TEST_SUITE_END()
