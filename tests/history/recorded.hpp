#pragma once

#include <fedasio/history/past_runs.hpp>
#include <fedasio/history/recorder.hpp>
#include <fedasio/master/report.hpp>
#include <fedasio/net/nursery.hpp>
#include <fedasio/text/json_text.hpp>

#include <boost/asio/thread_pool.hpp>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include "net/live_runtime.hpp"
#include "scratch_directory.hpp"
#include <cstdint>
#include <filesystem>
#include <limits>
#include <string>
#include <utility>
#include <vector>

namespace fedasio::history::testing {

namespace json = boost::json;
using namespace fedasio::master;

inline net::awaitable<void> write_all(net::runtime& rt, history::recorder& what) {
    net::nursery writing(rt.executor);
    writing.spawn(what.run());
    writing.cancel();
    co_await writing.join();
}

inline round_result result_of(std::uint32_t round, double loss = 0.5) {
    round_result it;
    it.round = round;
    it.cohort = {0, 1};
    it.dropped = {{1, "lost"}};
    it.train_loss = loss;
    it.test_loss = 0.1 + 0.2;
    it.seconds[static_cast<std::size_t>(phase::training)] = 2;
    it.bytes_sent = 100;
    it.time = 42.5;
    return it;
}

inline json::value parsed(const std::string& text) {
    return text::parse_json(text);
}

/// A master that tells what happens, without one.
struct recorded {
    test::scratch_directory folder;
    std::filesystem::path file = folder / "history.sqlite";
    net::testing::live_runtime live;
    net::runtime& rt = live;
    boost::asio::thread_pool pool{2};
    history::recorder_options options;
    std::vector<std::pair<noticed::severity, std::string>> notices;

    /// One process of a master and its recorder.
    struct process {
        explicit process(recorded& in, const std::string& run) : with(in), events(in.rt.time) {
            events.subscribe([this](const event& happened) { recorder.take(happened); });
            run_opened opened;
            opened.run = run;
            opened.plan = "digits";
            opened.plan_digest = "9f";
            opened.plan_text = R"({"name":"digits"})";
            opened.seed = std::numeric_limits<std::uint64_t>::max();
            events.publish(opened);
            worker_joined joined;
            joined.worker = 7;
            joined.name = "north";
            events.publish(joined);
        }

        void round(std::uint32_t number, double loss = 0.5) {
            events.publish(client_updated{number, 0, 7, 10, loss, 0.75, 0.25});
            events.publish(client_dropped{number, 1, 7, "lost", "cut off"});
            events.publish(round_finished{result_of(number, loss)});
        }

        void write() { with.live.run(write_all(with.rt, recorder)); }

        recorded& with;
        event_source events;
        history::recorder recorder{with.rt, with.pool.get_executor(), with.file,
                                   [this](noticed::severity level, std::string text) {
                                       with.notices.emplace_back(level, std::move(text));
                                   },
                                   with.options};
    };

    [[nodiscard]] json::array runs() const { return parsed(history::runs_text(file)).as_array(); }

    [[nodiscard]] json::object run(const std::string& id) const {
        return parsed(history::run_text(file, id).value()).as_object();
    }

    [[nodiscard]] std::vector<int> rounds(const std::string& id) const {
        std::vector<int> numbers;
        const auto kept = parsed(history::rounds_text(file, id).value());
        for (const auto& round : kept.as_array()) {
            numbers.push_back(round.at("round").to_number<int>());
        }
        return numbers;
    }

    ~recorded() { pool.join(); }
};

} // namespace fedasio::history::testing
