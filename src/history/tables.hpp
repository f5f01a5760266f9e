#pragma once

#include <fedasio/master/events.hpp>

#include "history/database.hpp"
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace fedasio::history {

/// A training of this run begins: its row is made, or opened again.
struct run_begins {
    std::string plan;
    std::string plan_digest;
    std::string plan_text; ///< canonical JSON
    std::uint64_t seed = 0;
    std::string version;
    std::string instruction_set;
    double time = 0;
};

/// What a report tells of a run beside its rounds, as far as it is known.
struct run_facts {
    std::uint64_t parameters = 0;
    std::uint32_t checkpoint_round = 0;
    std::string changes;   ///< of the plan, JSON; empty: as before
    std::string of_report; ///< what else stands in the report, a JSON object of its keys; empty: as before
};

/// An earlier process's run goes on after `round`: these are its rounds up to it, and later ones are to come
/// again. Rounds that the earlier process wrote stay as they are.
struct run_continues {
    std::uint32_t round = 0;
    std::vector<master::round_result> rounds;
};

struct run_ends {
    std::string outcome;
    std::string detail;
    std::string weights_sha256;
    double seconds = 0; ///< from the start of the first training, and of the rounds before a resumption
    double time = 0;
};

/// What a client did in a round, or why it did nothing.
struct client_row {
    std::uint32_t round = 0;
    std::uint32_t client = 0;
    std::string worker; ///< its name; empty if none had the client
    std::optional<std::uint64_t> samples;
    std::optional<double> loss;
    std::optional<double> accuracy;
    std::optional<double> seconds;
    std::string reason; ///< of its absence
    std::string detail;
};

/// What workers did in a round, for a master that goes on after this one.
struct lanes_row {
    std::uint32_t round = 0;
    std::string states; ///< JSON: an array of [Unix seconds, name of the worker, its state from then on]
};

/// Something that people were told.
struct note_row {
    double time = 0;
    std::string level;
    std::string text;
};

/// What is written at a time; `run` says of which run. Nearly all are rows of clients, so what is larger lies
/// elsewhere.
struct row {
    template <class What>
    using rare = std::shared_ptr<const What>;
    using content = std::variant<client_row, note_row, lanes_row, rare<run_begins>, rare<run_continues>,
                                 rare<run_facts>, rare<run_ends>, rare<master::round_result>,
                                 rare<master::clients_evaluated>, rare<master::model_evaluated>>;

    std::shared_ptr<const std::string> run;
    content what;
};

/// So many rounds of a run have lanes.
inline constexpr std::uint32_t most_lanes = 20;

/// The tables of docs/operations.md in one file, made or brought up to date when it is opened.
class tables {
public:
    /// Throws std::runtime_error that names the file.
    explicit tables(const std::filesystem::path& file);

    /// All rows, in one transaction. Throws std::runtime_error; then none is written.
    void write(const std::vector<row>& rows);

private:
    struct writer;

    database file_;
};

} // namespace fedasio::history
