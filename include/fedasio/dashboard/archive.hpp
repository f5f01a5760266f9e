#pragma once

#include <boost/asio/awaitable.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>

namespace fedasio::dashboard {

/// The longest sample that a model is tried on: a picture, or a row.
inline constexpr std::size_t most_tried_bytes = std::size_t{8} << 20;

/// What a browser asks of runs that are over and of the one that is not, beyond what events tell.
struct archive_question {
    enum class kind {
        runs,
        run,
        rounds,
        clients,
        report,
        sample,
        model,
        saved_model,
        tests,
        evaluation,
        lanes,
        label,      ///< to be written, and answered with what is kept
        prediction, ///< what a model says of a sample
        spreads,    ///< of tests by clients, by round
        histogram,  ///< of the values of an array of a model
        models,     ///< that were saved
    };

    kind what = kind::runs;
    std::string run = {};     ///< all about one run
    std::uint32_t round = 0;  ///< clients, tests: of this round
    std::uint64_t index = 0;  ///< sample: in the master's test set; histogram: of the model's arrays
    std::string name = {};    ///< saved_model; prediction, histogram: of that one, empty: the global model
    std::uint32_t before = 0; ///< rounds: those before this one; 0: all
    std::string labels = {};  ///< label: a JSON object
    std::string sample = {};  ///< prediction: a row as JSON, or the bytes of a picture
    bool is_picture = false;
    bool with_plans = false; ///< runs: the latest ones tell theirs
    /// rounds: what the board has itself, a JSON array. It follows what the archive answers, and is the
    /// answer where that has nothing.
    std::string latest = {};
};

struct archive_answer {
    std::string body;      ///< JSON as in docs/api.md unless it is a file
    std::string file = {}; ///< the name of a file to be saved under; empty: none
    unsigned status = 200; ///< of HTTP; if it is no success, the body says why
};

/// Empty if there is no such thing. Throws std::exception if it cannot be read.
using archive_reader = std::function<boost::asio::awaitable<std::optional<archive_answer>>(archive_question)>;

} // namespace fedasio::dashboard
