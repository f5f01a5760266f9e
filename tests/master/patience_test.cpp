#include <fedasio/plan/plan.hpp>

#include <boost/test/unit_test.hpp>

#include "house.hpp"

namespace {

using namespace fedasio;

BOOST_AUTO_TEST_SUITE(patience)

/// It belongs to the training and not to the last change of the roster: else this one would never end.
BOOST_AUTO_TEST_CASE(whoever_comes_and_goes_prolongs_no_wait) {
    const test::scratch_directory folder;
    const auto rows = folder.write("rows.csv", house::table(90));
    master::run_options options;
    options.autostart = options.exit_when_done = true;
    options.state_dir = folder.path();
    options.patience = std::chrono::milliseconds(300);
    house::federation_of all(plan::parse_plan(house::plan_text(rows), "plan"), options);
    all.add_flapping_worker("flapper");
    auto script = [](house::federation_of& told) -> net::awaitable<void> {
        co_await told.until([&] { return !told.all<master::training_finished>().empty(); });
    };
    all.play(script(all));
    const auto end = all.all<master::training_finished>().back();
    BOOST_TEST((end.outcome == master::training_outcome::failed));
    BOOST_TEST(end.detail.find("in all") != std::string::npos, end.detail);
    BOOST_TEST(all.all<master::worker_left>().size() > 1U);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace
