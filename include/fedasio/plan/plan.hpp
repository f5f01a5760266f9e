#pragma once

#include <fedasio/data/source_spec.hpp>
#include <fedasio/method/local_training.hpp>
#include <fedasio/method/strategy.hpp>
#include <fedasio/nn/model_spec.hpp>
#include <fedasio/text/field_error.hpp>

#include <boost/json/fwd.hpp>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace fedasio::plan {

using method::local_training;

inline constexpr std::uint32_t default_norm_bound = 16;

/// Ends a training that does not become better.
struct early_stopping {
    std::string metric;         ///< as keep_best; empty: see stopping_metric()
    std::uint32_t patience = 1; ///< so many rounds without a better value end the training
    double least_change = 0;    ///< by how much a value must be better than the best before it to count
};

/// What is learned: one JSON file, documented key by key in docs/plan.md.
struct plan {
    std::string name; ///< default: the file's name without its extension
    std::uint64_t seed = 1;
    /// `input` {1, 1, 0} stands for "as many inputs as the table has" (CSV only): the master fills it in once
    /// it knows the columns.
    nn::model_spec model;
    /// A safetensors file with the initial values of a model that only a trainer knows; `model` has no layers
    /// then. Empty: the model is the network `model`.
    std::string initial_arrays;
    /// The model is what the first trainer begins with; `model` has no layers then.
    bool model_from_trainer = false;
    /// No key: the master that runs it has an evaluator, so it is tested whatever stands in it.
    bool has_evaluator = false;
    /// Of such a model: the arrays that stay at the client, by name, where `*` stands for any text. Each must
    /// match one.
    std::vector<std::string> private_arrays;
    data::source_spec source;
    data::partition_spec partition;
    double test_fraction =
        0.2; ///< of each client's samples, held out; used only when the source has no test files
    std::uint32_t clients = 0; ///< 0, with the partition `local` only: as many as join
    local_training local;
    std::shared_ptr<const method::strategy> strategy = method::make_strategy("fedavg"); ///< never null
    double fraction = 1.0; ///< of the clients, trained in a round
    std::uint32_t rounds = 0;
    std::optional<double> target_accuracy;       ///< training ends when the test accuracy reaches it
    std::chrono::milliseconds deadline{600'000}; ///< for each step of a round
    bool require_all = false;                    ///< no round without an update of every client of its cohort
    double quorum = 1.0;                         ///< share of the wanted updates that end a round's training
    double over_selection = 1.0; ///< so many times the wanted clients train; the first to answer count
    /// An update that moves the model over so many times as far as the median one is left out; a power of
    /// two.
    std::optional<std::uint32_t> norm_bound = default_norm_bound;
    std::uint32_t checkpoint_every = 5; ///< rounds; 0: none
    std::string keep_best;              ///< the metric by which a model is the best; empty: see best_metric()
    /// Own metrics of trainers that keep_best and early_stopping may name: true where higher is better.
    std::map<std::string, bool, std::less<>> judged_metrics;
    std::optional<early_stopping> early_stopping;
    std::vector<std::string> class_names; ///< for people, by the model's units; empty: those of the data
};

/// Parses and checks a plan. Comments and trailing commas are allowed; at most 1 MiB and 32 levels deep.
/// Everything that does not need the data is checked here: unknown keys, types, ranges, required keys, and
/// what does not go together (such as a target accuracy for a regression). `file_name` is for the messages
/// and the default name. Throws text::field_error.
[[nodiscard]] plan parse_plan(std::string_view json, const std::string& file_name);

/// Why a model of so many parameters cannot be sent to workers, with what the strategy adds, and the remedy;
/// empty: it can.
[[nodiscard]] std::string problem_of_size(std::uint64_t parameters, const method::strategy& strategy);

/// What a run takes of memory because of its strategy, for people who decide whether it is worth that; empty:
/// nothing out of the ordinary.
[[nodiscard]] std::string memory_note(const plan& what, std::uint64_t parameters);

/// Whether the layers fit together, as far as that is known without the data. Throws text::field_error.
void check_model(const plan& what, const std::string& file_name);

/// A plan whose model can be built. Throws text::field_error.
[[nodiscard]] plan parse_checked_plan(std::string_view json, const std::string& file_name,
                                      bool has_evaluator = false);

/// Reads and parses a file. Throws text::field_error.
[[nodiscard]] plan read_plan(const std::filesystem::path& file, bool has_evaluator = false);

/// The two halves of parse_plan() and read_plan(), for who changes values in between or wants to know more:
/// what stands in the text, and the plan that it makes. Throw text::field_error where not said otherwise.
[[nodiscard]] boost::json::value parse_plan_text(std::string_view json); ///< throws text::json_error
[[nodiscard]] boost::json::value read_plan_json(const std::filesystem::path& file);
[[nodiscard]] plan plan_from_json(const boost::json::value& content, const std::string& file_name,
                                  bool has_evaluator = false);

/// The canonical form: every key that has a meaning here, defaults filled in, always in the same order.
/// Parsing its text::canonical_text() gives the same plan, bit for bit.
[[nodiscard]] boost::json::object to_json(const plan& what);

/// SHA-256 of the canonical text of all that decides the weights after a given number of rounds: everything
/// but `name`, `rounds`, `target_accuracy`, `deadline`, `checkpoint_every`, `keep_best`, `metrics`,
/// `early_stopping` and `class_names`. So a plan that is only prolonged can resume from its checkpoints.
[[nodiscard]] std::string plan_digest(const plan& what);

/// The metric of a round's result by which the best model is chosen: `keep_best`, else test_accuracy, in a
/// regression test_loss, and train_loss where nothing is held out for testing.
[[nodiscard]] std::string best_metric(const plan& what);

/// The metric by which early_stopping judges: its own, else best_metric().
[[nodiscard]] std::string stopping_metric(const plan& what);

/// Of one of these. False for a name that is none.
[[nodiscard]] bool is_better_when_higher(const plan& what, std::string_view metric);

/// A numeric label is learned (CSV with the loss mean_squared_error); then accuracy has no meaning.
[[nodiscard]] bool is_regression(const plan& what);

/// A round's result has test metrics: by test files, by an evaluator, or by what clients hold out.
[[nodiscard]] bool is_tested(const plan& what);

/// Clients keep something from one of their rounds to the next.
[[nodiscard]] bool clients_keep_states(const plan& what);

/// The model is no network of ours: only a trainer knows what its arrays are for.
[[nodiscard]] bool is_trainers_own(const plan& what);

/// What the run begins with is known before any data is.
[[nodiscard]] bool knows_model(const plan& what);

/// The data is for a trainer of one's own to read.
[[nodiscard]] bool is_for_trainer(const data::source_spec& source);

/// The source has test files; without them each client holds out `test_fraction`.
[[nodiscard]] bool has_test_files(const data::source_spec& source);

/// What people call the model's units where no table's schema says it: the plan's `class_names`, else the
/// folders of images; empty: they have numbers alone.
[[nodiscard]] std::vector<std::string> names_of_units(const plan& what);

/// The master tests, on test files or by its evaluator; else the clients do.
[[nodiscard]] bool master_tests(const plan& what);

} // namespace fedasio::plan
