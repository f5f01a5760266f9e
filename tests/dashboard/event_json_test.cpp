#include <fedasio/dashboard/event_json.hpp>
#include <fedasio/dashboard/event_ring.hpp>
#include <fedasio/text/json_text.hpp>

#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include "samples.hpp"
#include <cmath>
#include <limits>
#include <ostream>

// Of a round without a test of its own.
#define TEST_KEYS                                                                                            \
    R"("test_r2":null,"test_rmse":null,"test_mae":null,"test_auc":null,"test_loss_median":null,)"            \
    R"("test_accuracy_median":null,"test_r2_median":null,"test_rmse_median":null,"test_mae_median":null,)"   \
    R"("test_auc_median":null,"test_recall":null,"test_samples":0,"test_clients":0,"test_partial":false,)"   \
    R"("test_dropped":[],"absent":[])"

namespace {

using namespace fedasio::master;

struct expectation {
    event::content what;
    bool is_logged;
    const char* fields;
};

std::ostream& operator<<(std::ostream& out, const expectation& it) {
    return out << it.fields;
}

const expectation expectations[] = {
    {samples::opened(), false,
     R"("type":"run_opened","run":"5c0f","plan":"digits","plan_digest":"9f","seed":7,"task":"classification","clients_planned":4,)"
     R"("min_workers":2,"last_round":15,"target_accuracy":0.5,"deadline":600,"fraction":0.5,"clients_per_round":2,"state_dir":true,"version":"0.1.0","instruction_set":"x86-64-v3",)"
     R"("models":["best"])"},
    {model_built{199210}, false, R"("type":"model_built","parameters":199210)"},
    {data_understood{}, false, R"("type":"data_understood","data":null)"},
    {phase_entered{phase::distributing_weights, 3}, true,
     R"("type":"phase","phase":"distributing_weights","round":3)"},
    {samples::joined(2), true,
     R"("type":"worker_joined","worker":{"worker":2,"name":"worker-2","address":"127.0.0.1:41022","state":"joined",)"
     R"("joined":1.5,"threads":3,"capacity":1,"version":"0.1.0","instruction_set":"x86-64-v3","clients":[],)"
     R"("samples":0,"cpu_percent":null,"memory_bytes":null,"round_trip_ms":null,"bytes_sent":0,"bytes_received":0,"queued_bytes":0,)"
     R"("round":null,"loss":null,"accuracy":null,"seconds":null,"standing":"takes_part","reason":""})"},
    {worker_left{2, "worker-2", "lost"}, true,
     R"("type":"worker_left","worker":2,"name":"worker-2","reason":"lost")"},
    {worker_state_changed{2, worker_state::receiving}, false,
     R"("type":"worker_state","worker":2,"state":"receiving")"},
    {worker_assigned{2, {{0, 10}, {5, 32, {30, 0, 2}}}, "ab12"}, false,
     R"("type":"worker_assigned","worker":2,"clients":[{"client":0,"samples":10,"labels":null},)"
     R"({"client":5,"samples":32,"labels":[30,0,2]}],"samples":42,"digest":"ab12")"},
    {worker_standing{2, "worker-2", fedasio::wire::standing::kind::left_out, "no rows"}, false,
     R"("type":"worker_standing","worker":2,"name":"worker-2","standing":"left_out","reason":"no rows")"},
    {worker_measured{2, 97.5, 1234, 0.25, 11, 12, 13}, false,
     R"("type":"worker_stats","worker":2,"cpu_percent":97.5,"memory_bytes":1234,"round_trip_ms":0.25,"bytes_sent":11,)"
     R"("bytes_received":12,"queued_bytes":13)"},
    {training_started{1, 15, std::nullopt}, true,
     R"("type":"training_started","round":1,"last_round":15,"target_accuracy":null)"},
    {round_started{3, {4, 1}, 5}, false,
     R"("type":"round_started","round":3,"cohort":[4,1],"clients_per_round":5)"},
    {samples::updated(3, 1, 2, 10, 0.5, std::nullopt), false,
     R"("type":"client_updated","round":3,"client":1,"worker":2,"samples":10,"loss":0.5,"accuracy":null,"seconds":0.25)"},
    {client_dropped{3, 1, std::nullopt, "lost", "left"}, true,
     R"("type":"client_dropped","round":3,"client":1,"worker":null,"reason":"lost","detail":"left","name":"")"},
    {client_dropped{3, 1, 2, "lost", "", "ward"}, true,
     R"("type":"client_dropped","round":3,"client":1,"worker":2,"reason":"lost","detail":"","name":"ward")"},
    {layers_measured{3, {{"1.dense.kernel", 4.5, 0.25, 10, 2}}}, false,
     R"("type":"layers_measured","round":3,"arrays":[{"name":"1.dense.kernel","weights":4.5,"update":0.25,"units":10,"still":2}])"},
    {updates_compared{3, 0.5, {{0, 1.5, 0.25}, {4, 0, std::nullopt}}}, false,
     R"("type":"updates_compared","round":3,"step":0.5,"clients":[{"client":0,"distance":1.5,"cosine":0.25},)"
     R"({"client":4,"distance":0,"cosine":null}])"},
    {model_evaluated{3, 10, {"a", "b"}, {4, 1, 2, 3}, {{7, 1, 0, 0.75}}}, false,
     R"("type":"model_evaluated","round":3,"samples":10,"classes":["a","b"],"confusion":[[4,1],[2,3]],)"
     R"("wrong":[{"index":7,"label":1,"predicted":0,"confidence":0.75}])"},
    {model_evaluated{3, 10, {"a"}, {}, {}}, false,
     R"("type":"model_evaluated","round":3,"samples":10,"classes":["a"],"confusion":null,"wrong":[])"},
    {model_evaluated{3, 10, {}, {}, {}, model_evaluated::value_counts{"price", -1.5, 0.5, {{0, 7}, {25, 3}}}},
     false,
     R"("type":"model_evaluated","round":3,"samples":10,"classes":[],"confusion":null,"wrong":[],)"
     R"("histogram":{"label":"price","low":-1.5,"width":0.5,"bins":24,"cells":[[0,0,7],[1,1,3]]})"},
    {clients_evaluated{3,
                       {{0, 10, {0.5, 0.75, {}, {}, {}, 0.875, {1, std::nullopt}}, ""}, {4, 0, {}, "lost"}}},
     false,
     R"("type":"clients_evaluated","round":3,"clients":[{"client":0,"samples":10,"loss":0.5,"accuracy":0.75,)"
     R"("r2":null,"rmse":null,"mae":null,"auc":0.875,"recall":[1,null],"reason":""},)"
     R"({"client":4,"samples":0,"loss":null,"accuracy":null,"r2":null,"rmse":null,"mae":null,"auc":null,)"
     R"("recall":null,"reason":"lost"}])"},
    {plan_changed{4, 20, std::nullopt, 30, 0.5, "kept", 2}, true,
     R"("type":"plan_changed","round":4,"last_round":20,"target_accuracy":null,"deadline":30,"fraction":0.5,)"
     R"("clients_per_round":2,"loaded":"kept")"},
    {plan_changed{4, 20, std::nullopt, 30, 0.5, {}, 2}, true,
     R"("type":"plan_changed","round":4,"last_round":20,"target_accuracy":null,"deadline":30,"fraction":0.5,)"
     R"("clients_per_round":2)"},
    {round_finished{samples::result(3)}, true,
     R"("type":"round_finished","result":{"round":3,"cohort":[0,1],"dropped":[{"client":1,"reason":"lost"}],)"
     R"("train_loss":0.5,"train_accuracy":0.75,"test_loss":0.25,"test_accuracy":null,"seconds":{"loading_dataset":0,)"
     R"("distributing_model":0,"distributing_weights":0,"training":2,"aggregating":0,"evaluating":0.5},)"
     R"("bytes_sent":100,"bytes_received":200,"time":42.5,)" TEST_KEYS "}"},
    {run_resumed{"5c0f", 3, {samples::result(3)}, {{2, 9, 0.5, 30, 1, {}}}}, false,
     R"("type":"run_resumed","run":"5c0f","round":3,"rounds":[{"round":3,"cohort":[0,1],)"
     R"("dropped":[{"client":1,"reason":"lost"}],"train_loss":0.5,"train_accuracy":0.75,"test_loss":0.25,)"
     R"("test_accuracy":null,"seconds":{"loading_dataset":0,"distributing_model":0,"distributing_weights":0,)"
     R"("training":2,"aggregating":0,"evaluating":0.5},"bytes_sent":100,"bytes_received":200,"time":42.5,)" TEST_KEYS
     R"(}],)"
     R"("changes":[{"round":2,"last_round":9,"target_accuracy":0.5,"deadline":30,"fraction":1}],"clients_per_round":0)"},
    {checkpoint_written{3}, false, R"("type":"checkpoint","round":3)"},
    {training_finished{training_outcome::target_reached, "d", 3, "ab"}, true,
     R"("type":"training_finished","outcome":"target_reached","detail":"d","round":3,"weights_sha256":"ab",)"
     R"("complete":true)"},
    {model_saved{"best", "/m/best", 3, {"a", "best"}}, true,
     R"("type":"model_saved","name":"best","path":"/m/best","round":3,"models":["a","best"])"},
    {model_loaded{"best", 3}, true, R"("type":"model_loaded","name":"best","round":3)"},
    {pause_requested{true}, true, R"("type":"pause_requested","pausing":true)"},
    {progress_stalled{1.25, 600}, true, R"("type":"progress_stalled","since":1.25,"deadline":600)"},
    {progress_stalled{{}, 600}, true, R"("type":"progress_stalled","since":null,"deadline":600)"},
    {command_answered{"pause", false, "why"}, true,
     R"("type":"command","command":"pause","accepted":false,"reason":"why")"},
    {noticed{noticed::severity::warning, "careful"}, true,
     R"("type":"notice","level":"warning","text":"careful")"},
};

/// There are three ways to it.
std::string text_of(event::content what) {
    const event happened{812, 1.5, std::move(what)};
    auto text = fedasio::dashboard::event_text(happened);
    BOOST_TEST(text == fedasio::text::canonical_text(fedasio::dashboard::event_json(happened)));
    BOOST_TEST(text == *fedasio::dashboard::told_event(happened).text());
    return text;
}

} // namespace

BOOST_AUTO_TEST_SUITE(dashboard_event_json)

BOOST_DATA_TEST_CASE(every_type_has_the_documented_form, boost::unit_test::data::make(expectations),
                     expected) {
    BOOST_TEST(text_of(expected.what) == R"({"seq":812,"time":1.5,)" + std::string(expected.fields) + "}");
    BOOST_TEST(fedasio::dashboard::is_logged({1, 0, expected.what}) == expected.is_logged);
}

BOOST_AUTO_TEST_CASE(every_type_is_covered) {
    std::vector<bool> seen(std::variant_size_v<event::content>);
    for (const auto& it : expectations) {
        seen[it.what.index()] = true;
    }
    BOOST_TEST(std::ranges::count(seen, false) == 0);
}

BOOST_AUTO_TEST_CASE(a_regression_is_named) {
    auto opened = samples::opened();
    opened.regression = true;
    BOOST_TEST(text_of(opened).find(R"("task":"regression")") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(what_is_not_finite_is_null) {
    const double infinity = std::numeric_limits<double>::infinity();
    const auto text = text_of(samples::updated(1, 1, 1, 1, infinity, std::nan("")));
    BOOST_TEST(text.find(R"("loss":null,"accuracy":null)") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(text_is_data_and_always_utf8) {
    const auto text = text_of(noticed{noticed::severity::info, "<b>\"\n\xff-\xc3\xa4-\xe2\x82"});
    BOOST_TEST(text.find("\"text\":\"<b>\\\"\\n\xef\xbf\xbd-\xc3\xa4-\xef\xbf\xbd") != std::string::npos);
    BOOST_CHECK_NO_THROW((void)fedasio::text::parse_json(text));
}

BOOST_AUTO_TEST_SUITE_END()
