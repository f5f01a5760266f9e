#include <fedasio/dashboard/command_json.hpp>
#include <fedasio/plan/limits.hpp>

#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <string>

namespace {

namespace data = boost::unit_test::data;
using fedasio::dashboard::command_error;
using fedasio::dashboard::command_text;
using fedasio::dashboard::parse_command;
using kind = fedasio::master::command::kind;

std::string problem_of(std::string_view body) {
    try {
        parse_command(body);
    } catch (const command_error& problem) {
        return problem.what();
    }
    return {};
}

struct refusal {
    const char* body;
    const char* mentions;
};

std::ostream& operator<<(std::ostream& out, const refusal& it) {
    return out << it.body;
}

const refusal refusals[] = {
    {"", "not JSON"},
    {"{", "not JSON"},
    {"[]", "must be an object"},
    {"null", "must be an object"},
    {"{}", "\"command\" is missing"},
    {R"({"command": 3})", "\"command\" is missing"},
    {R"({"command": "dance"})", "no such command"},
    {R"({"command": "stop", "command": "pause"})", "twice"},
    {R"({"command": "dance"})", "train, pause, resume, stop, save, load, evict, change, start"},
    {R"({"command": "stop", "now": 1})", "\"now\""},
    {R"({"command": "stop", "rounds": 1})", "it knows now"},
    {R"({"command": "evict"})", "\"worker\" is missing"},
    {R"({"command": "evict", "worker": ""})", "\"worker\""},
    {R"({"command": "evict", "worker": ["a"]})", "\"worker\""},
    {R"({"command": "evict", "worker": 0})", "\"worker\""},
    {R"({"command": "evict", "worker": 1.5})", "\"worker\""},
    {R"({"command": "change", "fraction": 0})", "\"fraction\""},
    {R"({"command": "change", "fraction": 1.01})", "\"fraction\""},
    {R"({"command": "change", "deadline": 0})", "\"deadline\""},
    {R"({"command": "change", "deadline": null})", "\"deadline\""},
    {R"({"command": "change", "deadline": 1e300})", "\"deadline\""},
    {R"({"command": "change", "rounds": 0})", "\"rounds\""},
    {R"({"command": "change", "name": "x"})", "does not know the key"},
    {R"({"command": "train", "target_accuracy": null})", "\"target_accuracy\""},
    {R"({"command": "start"})", "\"plan\" is missing"},
    {R"({"command": "start", "plan": {}})", "\"plan\""},
    {R"({"command": "train", "rounds": 0})", "\"rounds\""},
    {R"({"command": "train", "rounds": -1})", "\"rounds\""},
    {R"({"command": "train", "rounds": 1000000001})", "\"rounds\""},
    {R"({"command": "train", "rounds": 4294967297})", "\"rounds\""},
    {R"({"command": "train", "rounds": 1.5})", "\"rounds\""},
    {R"({"command": "train", "rounds": "5"})", "\"rounds\""},
    {R"({"command": "train", "rounds": null})", "\"rounds\""},
    {R"({"command": "train", "rounds": NaN})", "not JSON"},
    {R"({"command": "train", "target_accuracy": 0})", "\"target_accuracy\""},
    {R"({"command": "train", "target_accuracy": -0.5})", "\"target_accuracy\""},
    {R"({"command": "train", "target_accuracy": 1.01})", "\"target_accuracy\""},
    {R"({"command": "train", "target_accuracy": NaN})", "not JSON"},
    {R"({"command": "train", "target_accuracy": 1e999})", "not JSON"},
    {R"({"command": "train", "target_accuracy": true})", "\"target_accuracy\""},
    {R"({"command": "train", "round": 3})", "the key \"round\"; it knows rounds, target_accuracy"},
    {R"({"command": "train", "name": "x"})", "the key \"name\""},
    {R"({"command": "pause", "rounds": 3})", "the key \"rounds\"; it knows no others"},
    {R"({"command": "save"})", "\"name\" is missing"},
    {R"({"command": "load", "name": ""})", "\"name\" must be"},
    {R"({"command": "save", "name": 5})", "\"name\" must be"},
    {R"({"command": "save", "name": "a/b"})", "\"name\" must be"},
    {R"({"command": "save", "name": ".."})", "\"name\" must be"},
    {R"({"command": "save", "name": "a", "rounds": 1})", "it knows name"},
};

} // namespace

BOOST_AUTO_TEST_SUITE(dashboard_command_json)

BOOST_AUTO_TEST_CASE(train_with_and_without_options) {
    const auto plain = parse_command(R"({"command": "train"})");
    BOOST_TEST((plain.what == kind::train));
    BOOST_TEST((!plain.rounds && !plain.target_accuracy));
    const auto full = parse_command(R"({"target_accuracy": 0.9, "rounds": 5, "command": "train"})");
    BOOST_TEST(full.rounds.value() == 5U);
    BOOST_TEST(full.target_accuracy.value() == 0.9);
    const auto edges = parse_command(R"({"command": "train", "rounds": 1000000000, "target_accuracy": 1})");
    BOOST_TEST(edges.rounds.value() == 1'000'000'000U);
    BOOST_TEST(edges.target_accuracy.value() == 1.0);
}

BOOST_AUTO_TEST_CASE(the_others) {
    BOOST_TEST((parse_command(R"({"command": "pause"})").what == kind::pause));
    BOOST_TEST((parse_command(R"({"command": "resume"})").what == kind::resume));
    BOOST_TEST((parse_command(R"({"command": "stop"})").what == kind::stop));
    const auto save = parse_command(R"({"command": "save", "name": "Best_1.0-a"})");
    BOOST_TEST((save.what == kind::save));
    BOOST_TEST(save.name == "Best_1.0-a");
    BOOST_TEST((parse_command(R"({"command": "load", "name": "a"})").what == kind::load));
    const auto long_name = [](std::size_t size) {
        return R"({"command": "load", "name": ")" + std::string(size, 'n') + "\"}";
    };
    BOOST_TEST(parse_command(long_name(64)).name.size() == 64U);
    BOOST_TEST(problem_of(long_name(65)).find("64") != std::string::npos);
}

BOOST_DATA_TEST_CASE(what_is_not_a_command_is_refused_with_the_reason, data::make(refusals), it) {
    const auto problem = problem_of(it.body);
    BOOST_TEST(problem.find(it.mentions) != std::string::npos, problem);
}

BOOST_AUTO_TEST_CASE(text_and_back) {
    fedasio::master::command what;
    what.rounds = 3;
    what.target_accuracy = 0.5;
    BOOST_TEST(command_text(what) == R"({"command":"train","rounds":3,"target_accuracy":0.5})");
    what = {};
    what.what = kind::load;
    what.name = "best";
    BOOST_TEST(command_text(what) == R"({"command":"load","name":"best"})");
    BOOST_TEST(parse_command(command_text(what)).name == "best");
    what = {};
    what.what = kind::change;
    what.no_target = true;
    what.deadline = 2.5;
    what.fraction = 0.5;
    BOOST_TEST(command_text(what) ==
               R"({"command":"change","target_accuracy":null,"deadline":2.5,"fraction":0.5})");
    const auto change = parse_command(command_text(what));
    BOOST_TEST(change.no_target);
    BOOST_TEST(change.deadline.value() == 2.5);
    BOOST_TEST(change.fraction.value() == 0.5);
    what = {};
    what.what = kind::stop;
    what.now = true;
    BOOST_TEST(command_text(what) == R"({"command":"stop","now":true})");
    BOOST_TEST(parse_command(command_text(what)).now);
    BOOST_TEST(!parse_command(R"({"command": "stop"})").now);
    what = {};
    what.what = kind::evict;
    what.worker = 3;
    BOOST_TEST(parse_command(command_text(what)).worker == 3U);
    what = {};
    what.what = kind::start;
    what.plan = "{\n// a plan\n}";
    BOOST_TEST(parse_command(command_text(what)).plan == what.plan);
    // As large as a file may be, and each byte escaped.
    what.plan = std::string(fedasio::plan::limits::plan_bytes, '"');
    BOOST_TEST((parse_command(command_text(what)).plan == what.plan));
}

BOOST_AUTO_TEST_SUITE_END()
