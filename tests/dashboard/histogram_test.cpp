#include <fedasio/dashboard/histogram_json.hpp>
#include <fedasio/text/json_text.hpp>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <boost/test/unit_test.hpp>

#include "live_server.hpp"
#include <string>
#include <vector>

namespace {

namespace dashboard = fedasio::dashboard;
namespace nn = fedasio::nn;
using dashboard::archive_answer;
using dashboard::archive_question;
using live::ask;
using live::awaitable;
using live::fixture;
using live::get;
using live::raw_connection;
using live::until;

const std::vector<nn::model_array> arrays{
    {"body.w", {2, 3}, "float32", nn::array_role::trained, 0, 6},
    {"head.w", {1}, "float32", nn::array_role::at_client, 6, 1},
};

} // namespace

BOOST_AUTO_TEST_SUITE(histograms_of_arrays)

BOOST_AUTO_TEST_CASE(says_of_what_and_how_it_is_spread) {
    const std::vector<float> values{0, 1, 2, 3, 4, 4};
    const auto answer = dashboard::histogram_of({"best", "5c0f", 12, arrays}, 0, values);
    BOOST_TEST(answer.status == 200U);
    const auto told = fedasio::text::parse_json(answer.body);
    BOOST_TEST(told.at("model").as_string() == "best");
    BOOST_TEST(told.at("run").as_string() == "5c0f");
    BOOST_TEST(told.at("round").to_number<int>() == 12);
    BOOST_TEST(told.at("name").as_string() == "body.w");
    BOOST_TEST(told.at("dims").as_array().size() == 2U);
    BOOST_TEST(told.at("values").to_number<int>() == 6);
    BOOST_TEST(told.at("zeros").to_number<int>() == 1);
    BOOST_TEST(told.at("maximum").to_number<double>() == 4);
    BOOST_TEST(told.at("bins").as_array().size() == 60U);
    BOOST_TEST(told.at("bins").at(59).to_number<int>() == 2);
    BOOST_TEST(told.at("arrays").at(1).as_string() == "head.w");
    const auto global =
        fedasio::text::parse_json(dashboard::histogram_of({{}, {}, {}, arrays}, 0, values).body);
    for (const auto* key : {"model", "run", "round"}) {
        BOOST_TEST(global.at(key).is_null(), key);
    }
}

BOOST_AUTO_TEST_CASE(what_the_master_does_not_have_is_not_counted) {
    auto all = arrays;
    all.push_back({"seen", {1}, "int64", nn::array_role::counter, 7, 1});
    const auto status_of = [&](std::uint64_t index) {
        BOOST_TEST(!dashboard::can_be_counted(all, index));
        return dashboard::histogram_of({{}, {}, {}, all}, index, {}).status;
    };
    BOOST_TEST(status_of(1) == 409U); // it stays at the clients
    BOOST_TEST(status_of(2) == 409U); // it is a counter, which lies in the weights in a unit of its own
    BOOST_TEST(status_of(3) == 404U);
}

BOOST_FIXTURE_TEST_CASE(of_which_array, fixture) {
    archive = [](archive_question what) -> awaitable<std::optional<archive_answer>> {
        BOOST_TEST((what.what == archive_question::kind::histogram));
        co_return archive_answer{what.name + " " + std::to_string(what.index)};
    };
    run([](fixture& with) -> awaitable<void> {
        struct expected {
            const char* path;
            unsigned status;
            const char* body;
        };
        for (const auto& it : {expected{"model/arrays/0/histogram", 200, " 0"},
                               expected{"models/best/arrays/17/histogram", 200, "best 17"},
                               expected{"models/.x/arrays/0/histogram", 404, "nothing"},
                               expected{"model/arrays/-1/histogram", 404, "nothing"},
                               expected{"model/arrays/4294967296/histogram", 404, "nothing"}}) {
            const auto answer = co_await ask(with, get(with, "/api/v1/" + std::string(it.path)));
            BOOST_TEST(answer.status == it.status, it.path);
            BOOST_TEST((answer.body.find(it.body) != std::string::npos), answer.body);
        }
    });
}

BOOST_FIXTURE_TEST_CASE(one_after_the_other, fixture) {
    static bool is_running;
    static bool may_end;
    is_running = false;
    may_end = false;
    archive = [](archive_question) -> awaitable<std::optional<archive_answer>> {
        is_running = true;
        co_await until([] { return may_end; });
        co_return archive_answer{"{}"};
    };
    run([](fixture& with) -> awaitable<void> {
        raw_connection busy(with);
        co_await busy.connect();
        auto question = get(with, "/api/v1/model/arrays/0/histogram");
        co_await busy.send(question);
        co_await until([] { return is_running; });
        const auto second = co_await ask(with, question);
        BOOST_TEST(second.status == 503U);
        BOOST_TEST(second.header("Retry-After") == "1");
        may_end = true;
        const auto first = co_await busy.receive();
        BOOST_TEST(first.status == 200U);
        const auto next = co_await ask(with, question);
        BOOST_TEST(next.status == 200U);
    });
}

BOOST_AUTO_TEST_SUITE_END()
