#include "history/tables.hpp"

#include <fedasio/master/report.hpp>
#include <fedasio/text/json_text.hpp>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <stdexcept>
#include <utility>

namespace fedasio::history {
namespace {

constexpr auto format = "3";

// Losses and accuracies are columns of their own for whoever looks with SQL; they are computed from `result`.
constexpr auto create_tables = R"(
    CREATE TABLE runs (
        id TEXT PRIMARY KEY, plan TEXT NOT NULL, plan_digest TEXT NOT NULL, plan_text TEXT NOT NULL,
        seed TEXT NOT NULL, version TEXT NOT NULL, instruction_set TEXT NOT NULL, started REAL NOT NULL,
        ended REAL, outcome TEXT, detail TEXT, weights_sha256 TEXT
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE rounds (
        run TEXT NOT NULL, round INTEGER NOT NULL, result TEXT NOT NULL,
        train_loss REAL AS (result ->> 'train_loss'), train_accuracy REAL AS (result ->> 'train_accuracy'),
        test_loss REAL AS (result ->> 'test_loss'), test_accuracy REAL AS (result ->> 'test_accuracy'),
        PRIMARY KEY (run, round)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE clients (
        run TEXT NOT NULL, round INTEGER NOT NULL, client INTEGER NOT NULL, worker TEXT NOT NULL,
        samples INTEGER, loss REAL, accuracy REAL, seconds REAL, reason TEXT NOT NULL, detail TEXT NOT NULL,
        PRIMARY KEY (run, round, client)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE notes (
        number INTEGER PRIMARY KEY, run TEXT NOT NULL, time REAL NOT NULL, level TEXT NOT NULL, text TEXT NOT NULL
    ) STRICT;
    CREATE INDEX notes_of_run ON notes (run, number);
    PRAGMA user_version = 1;
)";

// What came with format 2.
constexpr auto upgrade_to_2 = R"(
    ALTER TABLE runs ADD COLUMN parameters INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE runs ADD COLUMN checkpoint_round INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE runs ADD COLUMN changes TEXT NOT NULL DEFAULT '[]';
    ALTER TABLE runs ADD COLUMN seconds_total REAL;
    CREATE INDEX accuracy_of_run ON rounds (run, test_accuracy);
    PRAGMA user_version = 2;
)";

// What came with format 3: what the clients of a round found when they tested its model, as JSON.
constexpr auto upgrade_to_3 = R"(
    CREATE TABLE tests (
        run TEXT NOT NULL, round INTEGER NOT NULL, clients TEXT NOT NULL, PRIMARY KEY (run, round)
    ) STRICT, WITHOUT ROWID;
    PRAGMA user_version = 3;
)";

// Beside the tables of any format, which do not refer to them: `evaluations` has the latest of each run,
// `lanes` the latest rounds, `own_metrics` what rounds told by name of trainers' own metrics; with them and
// the index no list of runs reads all rounds.
constexpr auto create_more = R"(
    CREATE TABLE IF NOT EXISTS report_facts (
        run TEXT PRIMARY KEY, facts TEXT NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS evaluations (
        run TEXT PRIMARY KEY, round INTEGER NOT NULL, evaluation TEXT NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS lanes (
        run TEXT NOT NULL, round INTEGER NOT NULL, states TEXT NOT NULL, PRIMARY KEY (run, round)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX IF NOT EXISTS loss_of_run ON rounds (run, test_loss);
    CREATE TABLE IF NOT EXISTS own_metrics (
        run TEXT NOT NULL, kind TEXT NOT NULL, name TEXT NOT NULL, told INTEGER NOT NULL,
        last REAL NOT NULL, least REAL NOT NULL, most REAL NOT NULL, PRIMARY KEY (run, kind, name)
    ) STRICT, WITHOUT ROWID;
)";

// Of the rounds of a run from one on.
constexpr auto add_own_metrics = R"(
    INSERT INTO own_metrics SELECT ?1, ?2, one.key, 1, one.value, one.value, one.value
    FROM rounds, json_each(result, '$.' || ?2) AS one
    WHERE run = ?1 AND round >= ?3 AND one.type IN ('integer', 'real') ORDER BY round
    ON CONFLICT DO UPDATE SET told = told + 1, last = excluded.last,
        least = min(least, excluded.least), most = max(most, excluded.most)
)";

// What a trainer calls otherwise in each round would have no end.
constexpr auto forget_rare_own_metrics = R"(
    DELETE FROM own_metrics WHERE run = ?1 AND kind = ?2 AND name NOT IN
        (SELECT name FROM own_metrics WHERE run = ?1 AND kind = ?2 ORDER BY told DESC, name LIMIT 64)
)";

} // namespace

struct tables::writer {
    database& file;
    statement client{file, "INSERT OR REPLACE INTO clients VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"};
    statement note{file, "INSERT INTO notes (run, time, level, text) VALUES (?, ?, ?, ?)"};

    template <class What>
    void operator()(const std::string& run, const row::rare<What>& it) {
        (*this)(run, *it);
    }

    void operator()(const std::string& run, const run_begins& it) {
        statement(
            file,
            "INSERT INTO runs (id, plan, plan_digest, plan_text, seed, version, instruction_set, started) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO "
            "UPDATE SET ended = NULL, outcome = NULL, detail = NULL, weights_sha256 = NULL")
            .bind(run)
            .bind(it.plan)
            .bind(it.plan_digest)
            .bind(it.plan_text)
            .bind(std::to_string(it.seed))
            .bind(it.version)
            .bind(it.instruction_set)
            .bind(it.time)
            .run();
    }

    void operator()(const std::string& run, const run_continues& it) {
        for (const auto* const table : {"rounds", "clients", "tests", "evaluations", "lanes"}) {
            statement(file, std::string("DELETE FROM ") + table + " WHERE run = ? AND round > ?")
                .bind(run)
                .bind(it.round)
                .run();
        }
        statement missing(file, "INSERT OR IGNORE INTO rounds (run, round, result) VALUES (?, ?, ?)");
        for (const auto& round : it.rounds) {
            missing.bind(run).bind(round.round).bind(text_of(round)).run();
        }
        statement(file, "DELETE FROM own_metrics WHERE run = ?").bind(run).run();
        tell_own_metrics(run, 0);
    }

    void operator()(const std::string& run, const run_ends& it) {
        statement(file,
                  "UPDATE runs SET seconds_total = ?, ended = ?, outcome = ?, detail = ?, weights_sha256 = ? "
                  "WHERE id = ?")
            .bind(it.seconds)
            .bind(it.time)
            .bind(it.outcome)
            .bind(it.detail)
            .bind(it.weights_sha256)
            .bind(run)
            .run();
    }

    void operator()(const std::string& run, const run_facts& it) {
        statement(file, "UPDATE runs SET parameters = ?, checkpoint_round = ? WHERE id = ?")
            .bind(static_cast<std::int64_t>(it.parameters))
            .bind(it.checkpoint_round)
            .bind(run)
            .run();
        if (!it.changes.empty()) {
            statement(file, "UPDATE runs SET changes = ? WHERE id = ?").bind(it.changes).bind(run).run();
        }
        if (!it.of_report.empty()) {
            statement(file, "INSERT OR REPLACE INTO report_facts VALUES (?, ?)")
                .bind(run)
                .bind(it.of_report)
                .run();
        }
    }

    void operator()(const std::string& run, const master::round_result& it) {
        statement(file, "INSERT OR REPLACE INTO rounds (run, round, result) VALUES (?, ?, ?)")
            .bind(run)
            .bind(it.round)
            .bind(text_of(it))
            .run();
        if (!it.train_metrics.empty() || !it.test_metrics.empty()) {
            tell_own_metrics(run, it.round);
        }
    }

    void operator()(const std::string& run, const master::clients_evaluated& it) {
        statement(file, "INSERT OR REPLACE INTO tests VALUES (?, ?, ?)")
            .bind(run)
            .bind(it.round)
            .bind(text::canonical_text(master::to_json(it)))
            .run();
    }

    void operator()(const std::string& run, const master::model_evaluated& it) {
        statement(file, "INSERT OR REPLACE INTO evaluations VALUES (?, ?, ?)")
            .bind(run)
            .bind(it.round)
            .bind(text::canonical_text(master::to_json(it)))
            .run();
    }

    void operator()(const std::string& run, const lanes_row& it) {
        statement(file, "INSERT OR REPLACE INTO lanes VALUES (?, ?, ?)")
            .bind(run)
            .bind(it.round)
            .bind(it.states)
            .run();
        statement(file, "DELETE FROM lanes WHERE run = ? AND round <= ?")
            .bind(run)
            .bind(std::int64_t{it.round} - most_lanes)
            .run();
    }

    void operator()(const std::string& run, const client_row& it) {
        client.bind(run)
            .bind(it.round)
            .bind(it.client)
            .bind(it.worker)
            .bind(it.samples)
            .bind(it.loss)
            .bind(it.accuracy)
            .bind(it.seconds)
            .bind(it.reason)
            .bind(it.detail)
            .run();
    }

    void operator()(const std::string& run, const note_row& it) {
        note.bind(run).bind(it.time).bind(it.level).bind(it.text).run();
    }

    void tell_own_metrics(const std::string& run, std::uint32_t from) {
        for (const auto* const kind : {"test_metrics", "train_metrics"}) {
            statement(file, add_own_metrics).bind(run).bind(std::string_view(kind)).bind(from).run();
            statement(file, forget_rare_own_metrics).bind(run).bind(std::string_view(kind)).run();
        }
    }

    static std::string text_of(const master::round_result& round) {
        return text::canonical_text(master::to_json(round));
    }
};

tables::tables(const std::filesystem::path& file) : file_(file, database::access::write) {
    file_.execute("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL");
    const auto found = file_.text_of("PRAGMA user_version");
    if (found == "0" || found == "1" || found == "2") {
        transaction making(file_);
        if (found == "0") {
            file_.execute(create_tables);
        }
        if (found != "2") {
            file_.execute(upgrade_to_2);
        }
        file_.execute(upgrade_to_3);
        making.commit();
    } else if (found != format) {
        throw std::runtime_error(file.string() + ": it is of another release (format " + found +
                                 "): move it away");
    }
    file_.execute(create_more);
}

void tables::write(const std::vector<row>& rows) {
    transaction all(file_);
    writer each{file_};
    for (const auto& one : rows) {
        std::visit([&](const auto& what) { each(*one.run, what); }, one.what);
    }
    all.commit();
}

} // namespace fedasio::history
