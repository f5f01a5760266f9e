#include <fedasio/data/csv.hpp>
#include <fedasio/plan/own_metrics.hpp>
#include <fedasio/plan/plan.hpp>
#include <fedasio/text/field_error.hpp>
#include <fedasio/wire/evaluate.hpp>
#include <fedasio/wire/initial.hpp>
#include <fedasio/wire/limits.hpp>
#include <fedasio/wire/load.hpp>
#include <fedasio/wire/survey.hpp>
#include <fedasio/wire/train.hpp>

#include <boost/test/unit_test.hpp>

#include <fstream>
#include <iterator>
#include <string>

namespace {

namespace limits {
using namespace fedasio::plan::limits;
using namespace fedasio::wire::limits;
} // namespace limits

using fedasio::net::frame_limits;

std::string page(const std::string& name) {
    std::ifstream in(FEDASIO_SOURCE_DIR "/docs/" + name);
    BOOST_REQUIRE_MESSAGE(in.is_open(), name);
    return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

/// 1234567 as 1,234,567.
std::string digits(std::uint64_t number) {
    auto text = std::to_string(number);
    for (auto place = static_cast<std::ptrdiff_t>(text.size()) - 3; place > 0; place -= 3) {
        text.insert(static_cast<std::size_t>(place), ",");
    }
    return text;
}

std::string row(const std::string& what, const std::string& first, const std::string& second = {}) {
    return "| " + what + " | " + first + (second.empty() ? "" : " | " + second) + " |\n";
}

} // namespace

BOOST_AUTO_TEST_SUITE(limits_in_the_documents)

BOOST_AUTO_TEST_CASE(the_protocol_lists_the_limits_of_frames) {
    const auto base = digits(limits::short_reply.meta);
    const std::string table =
        row("to the master, before the hello was accepted", digits(limits::stranger.meta), "0") +
        row("to the master, notices of a worker", digits(limits::notice.meta), "0") +
        row("to the master, replies to `survey`", digits(limits::summary.meta), "0") +
        row("to the master, replies to `load`",
            base + " + (" + digits(limits::bytes_a_client) + " + " + digits(limits::bytes_a_count) +
                " × classes) × clients asked for; classes is 0 unless `label_counts` was asked for",
            "0") +
        row("to the master, replies to `model` and `weights`", base, "0") +
        row("to the master, replies to `train`", digits(limits::update(4).meta),
            "4 × parameters × (1 + channels), and 16 × parameters more where the master keeps the clients' "
            "states") +
        row("to the master, replies to `evaluate`",
            base + " + " + digits(limits::bytes_a_count) +
                " × (classes² + 3 × cells); classes is 0 unless `confusion`, and cells 0 unless `scores` was "
                "asked for",
            "0") +
        row("to the master, replies to `initial`", digits(limits::initial_arrays.meta),
            "4 × " + digits(fedasio::plan::limits::parameters)) +
        row("to a worker, before `model`", digits(limits::from_master(0).meta), "0") +
        row("to a worker, after `model`", digits(limits::from_master(4).meta),
            "4 × parameters × (1 + channels); 16 × parameters if that is more and the master keeps the "
            "clients' states");
    BOOST_TEST(page("protocol.md").find("| --- | --- | --- |\n" + table + "\n") != std::string::npos,
               "docs/protocol.md#limits must have the table\n" + table);
    BOOST_TEST(limits::loaded(7, 3).meta ==
               limits::short_reply.meta + 7 * (limits::bytes_a_client + 3 * limits::bytes_a_count));
    BOOST_TEST(limits::evaluation(9, 5).meta ==
               limits::short_reply.meta + (9 + 3 * 5) * limits::bytes_a_count);
    for (const auto& without : {limits::stranger, limits::notice, limits::summary, limits::loaded(1, 1),
                                limits::short_reply, limits::evaluation(1, 1), limits::from_master(0)}) {
        BOOST_TEST(without.body == 0U);
    }
    BOOST_TEST(limits::update(4).body == 4U);
    BOOST_TEST(limits::update(4, 2).body == 12U);
    BOOST_TEST(limits::update(4, 2, true).body == 12U + 16U);
    BOOST_TEST(limits::from_master(4).body == 4U);
    BOOST_TEST(limits::from_master(4, 1).body == 8U);
    BOOST_TEST(limits::from_master(4, 1, true).body == 16U);
    BOOST_TEST(limits::from_master(4, 5, true).body == 24U);
}

BOOST_AUTO_TEST_CASE(the_protocol_lists_the_limits_of_values) {
    const std::string table =
        row("parameters of a model", digits(limits::parameters)) +
        row("clients of a run, or of a worker", digits(limits::clients)) +
        row("rounds, of a plan or an order", digits(limits::rounds)) +
        row("samples of a client, rows of a table, any count of them", digits(limits::samples)) +
        row("threads of a worker", digits(limits::worker_threads)) +
        row("columns of a table", digits(limits::table_columns)) +
        row("categories of all columns, and classes", digits(fedasio::data::most_categories)) +
        row("classes that are counted one by one (`labels`, `confusion`)", digits(limits::shown_classes)) +
        row("bytes of a worker's `name`, `version`, `instruction_set`", digits(limits::worker_name)) +
        row("bytes of a `digest`", digits(limits::digest)) +
        row("`strategies` that a worker names", digits(limits::strategies)) +
        row("bytes of the name of a strategy, or of an array of a client's state",
            digits(limits::state_name)) +
        row("arrays of a client's state", digits(limits::state_arrays)) +
        row("arrays of a trainer's own model", digits(limits::arrays)) +
        row("dimensions of one of them", digits(limits::array_dims)) +
        row("bytes of its name", digits(limits::array_name)) +
        row("`metrics` that a client tells", digits(limits::client_metrics)) +
        row("characters of the name of one", digits(limits::metric_name)) +
        row("bytes of a `reason` or a plan's name", digits(limits::sentence)) +
        row("bytes of the `reason` of a `standing`", digits(limits::standing)) +
        row("bytes of the name of a column, a category or a class", digits(limits::cell)) +
        row("levels of arrays and objects in a meta", digits(fedasio::net::meta_depth));
    BOOST_TEST(page("protocol.md").find("| --- | --- |\n" + table + "\n") != std::string::npos,
               "docs/protocol.md#limits must have the table\n" + table);
}

BOOST_AUTO_TEST_CASE(the_limits_fit_together) {
    // The largest body is one that a frame can announce.
    BOOST_TEST(limits::parameters * sizeof(float) <= 0xffffffffULL);
    BOOST_TEST((limits::parameters + 1) * sizeof(float) > 0xffffffffULL);
    // A plan may fix as many categories as a table may have.
    BOOST_TEST(limits::plan_categories == fedasio::data::most_categories);
    // A plan that may lie in a file may be sent, whatever of it must be escaped.
    BOOST_TEST(limits::command_bytes > 2 * limits::plan_bytes);
    BOOST_TEST(limits::strategy_name == limits::state_name); // one line of the page
}

// 2^30 parameters would pass every other check and fail at the first broadcast.
BOOST_AUTO_TEST_CASE(a_model_that_fits_into_no_message_is_no_plan) {
    namespace text = fedasio::text;
    namespace plan = fedasio::plan;
    const auto fedavg = fedasio::method::make_strategy("fedavg");
    BOOST_TEST(plan::problem_of_size(limits::parameters, *fedavg).empty());
    BOOST_TEST(plan::problem_of_size(limits::parameters + 1, *fedavg).find("1073741823") !=
               std::string::npos);
    const auto text_of = [](int units) {
        return R"({"rounds": 1, "clients": 1, "data": {"source": {"type": "idx", "train_images": "a", "train_labels": "b"}},
                   "model": {"input": [32767], "loss": "mean_squared_error", "layers": [{"type": "dense", "units": )" +
               std::to_string(units) + "}]}}";
    };
    BOOST_TEST(plan::parse_checked_plan(text_of(32767), "p").model.layers.size() == 1U);
    BOOST_CHECK_EXCEPTION(
        (void)plan::parse_checked_plan(text_of(32768), "p"), text::field_error,
        [](const auto& e) { return std::string(e.what()).find("fewer units") != std::string::npos; });
}

BOOST_AUTO_TEST_SUITE_END()
