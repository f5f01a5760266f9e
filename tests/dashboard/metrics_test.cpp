#include <fedasio/dashboard/metrics.hpp>

#include <boost/test/unit_test.hpp>

#include "samples.hpp"
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <unistd.h>

namespace {

using namespace fedasio::master;
using fedasio::dashboard::board;
using fedasio::dashboard::metrics_text;

struct fixture {
    board shown{"i", 0};
    samples::feed<board> happen{shown};

    [[nodiscard]] bool has_line(const std::string& line) const {
        return ("\n" + metrics_text(shown)).find("\n" + line + "\n") != std::string::npos;
    }

    void fill() {
        happen(samples::opened());
        happen(model_built{10});
        happen(samples::joined(2));
        auto odd = samples::joined(3);
        odd.name = "a\"b\\c\nd";
        happen(odd);
        happen(samples::joined(4));
        happen(worker_left{4, "", ""});
        happen(worker_assigned{2, {{0, 1}}});
        happen(worker_measured{2, 50, 1234, 250, 1, 1});
        happen(worker_measured{3, 0, 99, 1, 1, 1});
        happen(worker_measured{4, 0, 99, 1, 1, 1});
        happen(samples::updated(1, 0, 2, 1, 1, 1));
        happen(client_dropped{1, 1, 2, "lost", ""});
        happen(client_dropped{1, 2, 2, "lost", ""});
        happen(round_finished{samples::result(1)});
        happen(round_finished{samples::result(2)});
        happen(phase_entered{phase::evaluating, 2});
    }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(dashboard_metrics, fixture)

BOOST_AUTO_TEST_CASE(values_and_labels) {
    fill();
    BOOST_TEST(
        has_line(R"(fedasio_info{version="0.1.0",plan="digits",plan_digest="9f",instruction_set="x86-64-v3",)"
                 R"(task="classification"} 1)"));
    BOOST_TEST(has_line(R"(fedasio_phase{phase="evaluating"} 1)"));
    BOOST_TEST(has_line(R"(fedasio_phase{phase="waiting"} 0)"));
    BOOST_TEST(has_line("fedasio_round 2"));
    BOOST_TEST(has_line("fedasio_last_round 15"));
    BOOST_TEST(has_line("fedasio_model_parameters 10"));
    BOOST_TEST(has_line("fedasio_workers 2"));
    BOOST_TEST(has_line("fedasio_clients 1"));
    BOOST_TEST(has_line("fedasio_rounds_total 2"));
    BOOST_TEST(has_line("fedasio_updates_total 1"));
    BOOST_TEST(has_line(R"(fedasio_dropped_total{reason="lost"} 2)"));
    BOOST_TEST(has_line(R"(fedasio_phase_seconds_total{phase="training"} 4)"));
    BOOST_TEST(has_line("fedasio_bytes_sent_total 200"));
    BOOST_TEST(has_line("fedasio_bytes_received_total 400"));
    BOOST_TEST(has_line("fedasio_train_loss 0.5"));
    BOOST_TEST(has_line("fedasio_train_accuracy 0.75"));
    BOOST_TEST(has_line("fedasio_test_loss 0.25"));
    BOOST_TEST(has_line(R"(fedasio_worker_cpu_ratio{worker="2",name="worker-2"} 0.5)"));
    BOOST_TEST(has_line(R"(fedasio_worker_memory_bytes{worker="2",name="worker-2"} 1234)"));
    BOOST_TEST(has_line(R"(fedasio_worker_round_trip_seconds{worker="2",name="worker-2"} 0.25)"));
    BOOST_TEST(has_line(R"(fedasio_worker_memory_bytes{worker="3",name="a\"b\\c\nd"} 99)"));
}

BOOST_AUTO_TEST_CASE(what_does_not_exist_has_no_sample) {
    BOOST_TEST(metrics_text(shown).find("fedasio_train_loss") == std::string::npos);
    fill();
    const auto text = metrics_text(shown);
    BOOST_TEST(text.find("fedasio_test_accuracy") == std::string::npos);
    BOOST_TEST(text.find(R"(worker="4")") == std::string::npos);
    BOOST_TEST(text.find(R"(phase="waiting"} 99)") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(every_family_has_help_and_type_once) {
    fill();
    const auto text = metrics_text(shown);
    std::istringstream lines(text);
    std::string line;
    std::string family;
    while (std::getline(lines, line)) {
        if (line.starts_with("# HELP ")) {
            family = line.substr(7, line.find(' ', 7) - 7);
            BOOST_TEST(text.find("# TYPE " + family + " ") == text.rfind("# TYPE " + family + " "));
        } else if (line.starts_with("# TYPE ")) {
            BOOST_TEST(line.starts_with("# TYPE " + family + " "));
        } else {
            BOOST_TEST(line.starts_with(family));
        }
    }
}

BOOST_AUTO_TEST_CASE(promtool_accepts_it) {
    if (std::system("command -v promtool > /dev/null") != 0) {
        BOOST_TEST_MESSAGE("promtool (Debian package prometheus) is not installed: not checked");
        return;
    }
    fill();
    const auto file =
        std::filesystem::temp_directory_path() / ("fedasio-metrics-" + std::to_string(getpid()) + ".txt");
    std::ofstream(file) << metrics_text(shown);
    const int code = std::system(("promtool check metrics < " + file.string()).c_str());
    std::filesystem::remove(file);
    BOOST_TEST(code == 0);
}

BOOST_AUTO_TEST_SUITE_END()
