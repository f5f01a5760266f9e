#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/test/unit_test.hpp>

#include "scene.hpp"

namespace {

using namespace fedasio;
using scenes::command;
using scenes::kind;
using scenes::order;
using scenes::scene;
using scenes::train_to_the_end;

} // namespace

BOOST_AUTO_TEST_SUITE(other_runs)

BOOST_AUTO_TEST_CASE(a_new_run_begins_with_nothing_of_the_one_before) {
    const scene in;
    const auto other =
        in.folder.write("other.csv", "p,q,r,kind\n1,2,3,a\n2,3,4,b\n3,4,5,c\n1,1,1,a\n2,2,2,b\n9,9,9,c\n"
                                     "1,2,4,a\n2,3,5,b\n3,4,6,c\n1,1,2,a\n2,2,3,b\n9,9,8,c\n");
    const std::string text =
        R"({"name": "other", "model": {"layers": [{"type": "dense", "units": 3, "activation": "softmax"}]},
        "data": {"source": {"type": "csv", "train": ")" +
        other.string() + R"(", "label": "kind"}}, "clients": 2, "rounds": 1})";
    std::string alone;
    {
        house::federation_of all(plan::parse_plan(text, "plan"), in.options());
        all.add_worker("a");
        all.play(train_to_the_end(all));
        alone = all.all<master::training_finished>().back().weights_sha256;
    }
    house::federation_of all(plan::parse_plan(in.plan, "plan"), in.options());
    all.add_worker("a");
    all.add_worker("b");
    auto script = [](house::federation_of& told, std::string plan) -> net::awaitable<void> {
        co_await told.until([&] { return !told.all<master::training_finished>().empty(); });
        const auto answer = co_await told.order(order(kind::start, [&](command& it) { it.plan = plan; }));
        BOOST_TEST(answer.accepted, answer.message);
        co_await told.until([&] { return told.all<master::training_finished>().size() == 2; });
    };
    all.play(script(all, text));
    const auto runs = all.all<master::run_opened>();
    BOOST_TEST_REQUIRE(runs.size() == 2U);
    BOOST_TEST(runs[1].plan == "other");
    BOOST_TEST(runs[1].plan_digest != runs[0].plan_digest);
    BOOST_TEST(runs[1].plan_text.find("\"other\"") != std::string::npos);
    BOOST_TEST(all.all<master::training_started>().back().round == 1U);
    BOOST_TEST(all.all<master::training_finished>().back().weights_sha256 == alone);
    BOOST_TEST(all.all<master::worker_joined>().size() == 2U);
}

namespace {

std::string with_test_file(const scene& in, const std::filesystem::path& file) {
    return R"({"model": {"layers": [{"type": "dense", "units": 2, "activation": "softmax"}]},
        "data": {"source": {"type": "csv", "train": ")" +
           in.rows.string() + R"(", "test": ")" + file.string() +
           R"(", "label": "label"}}, "clients": 2, "rounds": 1})";
}

/// What `start` answers to each of the plans, in a master that was begun with `first`.
std::vector<master::command_answer> answers_to(const std::string& first, const master::run_options& options,
                                               const std::vector<std::string>& plans) {
    house::federation_of all(plan::parse_plan(first, "plan"), options);
    std::vector<master::command_answer> answers;
    auto script = [](house::federation_of& told, const std::vector<std::string>& texts,
                     std::vector<master::command_answer>& said) -> net::awaitable<void> {
        co_await told.until([&] { return !told.events.empty(); });
        for (const auto& text : texts) {
            const auto answer = co_await told.order(order(kind::start, [&](command& it) { it.plan = text; }));
            said.push_back(answer);
            if (answer.accepted) {
                break;
            }
        }
    };
    all.play(script(all, plans, answers));
    return answers;
}

} // namespace

BOOST_AUTO_TEST_CASE(a_plan_that_is_sent_names_test_files_in_allowed_folders_only) {
    const scene in;
    const test::scratch_directory allowed;
    const test::scratch_directory outside;
    const test::scratch_directory state;
    const auto inside = allowed.write("test.csv", house::table(20));
    const auto secret = outside.write("key", "s3cret,hidden\n");
    std::filesystem::create_symlink(secret, allowed / "link.csv");
    std::filesystem::create_directory_symlink(outside.path(), allowed / "folder");
    auto options = in.options();
    options.autostart = false;
    options.state_dir = state.path();
    const std::vector<std::string> refused{
        with_test_file(in, secret),
        with_test_file(in, outside / "nothing"),
        with_test_file(in, allowed / "link.csv"),
        with_test_file(in, allowed / "folder" / "key"),
        with_test_file(in, allowed / ".." / outside.path().filename() / "key"),
        with_test_file(in, outside / ".." / allowed.path().filename() / "test.csv"),
        with_test_file(in, outside / "nothing" / ".." / ".." / allowed.path().filename() / "test.csv"),
        with_test_file(in, allowed.path().string() + "2/test.csv"),
        with_test_file(in, state.path() / "audit.log")};

    options.plan_folders = {allowed.path(), state.path()};
    auto answers = answers_to(in.plan, options, refused);
    BOOST_TEST(answers.size() == refused.size());
    for (const auto& answer : answers) {
        BOOST_TEST(!answer.accepted);
        BOOST_TEST(answer.message == answers.front().message);
    }
    BOOST_TEST(answers.front().message.find(allowed.path().string()) != std::string::npos);
    BOOST_TEST(answers.front().message.find("--plan-data") != std::string::npos);
    BOOST_TEST(answers_to(in.plan, options, {with_test_file(in, inside)}).front().accepted);

    options.plan_folders.clear();
    BOOST_TEST(!answers_to(in.plan, options, {with_test_file(in, inside)}).front().accepted);
    const auto first = with_test_file(in, inside);
    BOOST_TEST(answers_to(first, options, {with_test_file(in, allowed / "other.csv")}).front().accepted);
    BOOST_TEST(
        !answers_to(first, options, {with_test_file(in, allowed / "deeper" / "key")}).front().accepted);

    // Workers of this master's own read its files too.
    const auto trains_on = [](const std::filesystem::path& file) { return house::plan_text(file); };
    BOOST_TEST(answers_to(in.plan, options, {trains_on(secret)}).front().accepted);
    options.workers_on_this_machine = true;
    BOOST_TEST(!answers_to(in.plan, options, {trains_on(secret)}).front().accepted);
    BOOST_TEST(answers_to(in.plan, options, {trains_on(in.rows)}).front().accepted);
}

namespace {

std::string image_plan(std::uint32_t inputs, std::uint32_t units) {
    return R"({"model": {"input": [)" + std::to_string(inputs) +
           R"(], "layers": [{"type": "dense", "units": )" + std::to_string(units) +
           R"(, "activation": "softmax"}]}, "data": {"source": {"type": "idx", "train_images": "i",
           "train_labels": "l"}}, "clients": 2, "rounds": 1})";
}

} // namespace

BOOST_AUTO_TEST_CASE(while_a_model_is_made_the_master_answers) {
    using namespace boost::asio::experimental::awaitable_operators;
    const scene in;
    auto options = in.options();
    options.autostart = false;
    house::federation_of all(plan::parse_plan(in.plan, "plan"), options);
    auto script = [](house::federation_of& told) -> net::awaitable<void> {
        co_await told.until([&] { return !told.events.empty(); });
        const auto plan = image_plan(40, 30);
        const auto [started, asked] =
            co_await (told.order(order(kind::start, [&](command& it) { it.plan = plan; })) &&
                      told.order(order(kind::train)));
        BOOST_TEST(started.accepted, started.message);
        BOOST_TEST(!asked.accepted);
        BOOST_TEST(asked.message.find("made ready") != std::string::npos, asked.message);
        BOOST_TEST(told.all<master::model_built>().back().parameters == 41U * 30U);
        const auto after = co_await told.order(order(kind::train));
        BOOST_TEST(after.message.find("made ready") == std::string::npos, after.message);
    };
    all.play(script(all));
}

BOOST_AUTO_TEST_CASE(a_model_that_memory_does_not_hold_is_refused_and_the_run_stays) {
    const scene in;
    auto options = in.options();
    options.autostart = false;
    options.memory_bytes = std::uint64_t{4} << 30;
    house::federation_of all(plan::parse_plan(in.plan, "plan"), options);
    auto script = [](house::federation_of& told) -> net::awaitable<void> {
        co_await told.until([&] { return !told.events.empty(); });
        const auto plan = image_plan(1999, 500'000);
        const auto answer = co_await told.order(order(kind::start, [&](command& it) { it.plan = plan; }));
        BOOST_TEST(!answer.accepted);
        BOOST_TEST(answer.message.find("a model of 1000000000 parameters takes a master") !=
                       std::string::npos,
                   answer.message);
        BOOST_TEST(answer.message.find("this machine gives a process 4.3 GB") != std::string::npos,
                   answer.message);
        BOOST_TEST(told.all<master::run_opened>().size() == 1U);
        const auto after = co_await told.order(order(kind::change, [](command& it) { it.deadline = 10; }));
        BOOST_TEST(after.accepted, after.message);
    };
    all.play(script(all));
}

BOOST_AUTO_TEST_SUITE_END()
