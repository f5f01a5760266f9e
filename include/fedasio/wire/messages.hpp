#pragma once

#include <fedasio/data/csv.hpp>
#include <fedasio/data/source_spec.hpp>
#include <fedasio/nn/model_spec.hpp>
#include <fedasio/nn/score_counts.hpp>
#include <fedasio/plan/plan.hpp>

#include <boost/json/fwd.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// What master and workers say to each other, as the meta of frames; `docs/protocol.md` describes each
/// message for people who write a worker in another language. Every message has `to_meta` and a reader that
/// takes nothing on trust: it throws text::field_error, which names the key, when one is missing, of a wrong
/// type or out of range. Unknown keys are ignored, so that later versions can add some.
namespace fedasio::wire {

/// Frame types. All up to `evaluate` are requests with one reply; the others are notices.
namespace message_type {
inline constexpr std::uint16_t hello = 16;  ///< worker to master, the first frame
inline constexpr std::uint16_t survey = 17; ///< master to worker, and so on down to `cancel`
inline constexpr std::uint16_t load = 18;
inline constexpr std::uint16_t model = 19;
inline constexpr std::uint16_t weights = 20;
inline constexpr std::uint16_t train = 21;
inline constexpr std::uint16_t evaluate = 22;
inline constexpr std::uint16_t cancel = 23;   ///< notice: what is asked for this round is not needed any more
inline constexpr std::uint16_t run_over = 24; ///< notice: the master ends for good; the worker may end too
inline constexpr std::uint16_t measurements = 25; ///< notice, worker to master
inline constexpr std::uint16_t standing = 26;     ///< notice: whether the worker takes part, and if not, why
} // namespace message_type

/// Codes in refusals.
namespace refusal_code {
inline constexpr const char* name_taken = "name_taken"; ///< of a `hello` only: try again later
inline constexpr const char* malformed = "malformed";
inline constexpr const char* unexpected = "unexpected";
inline constexpr const char* data = "data";         ///< the worker's data cannot be used
inline constexpr const char* diverged = "diverged"; ///< training from these weights gave no numbers
inline constexpr const char* failed = "failed";
} // namespace refusal_code

struct hello {
    std::string name;          ///< unique among the workers, see `problem_of_name`
    std::uint32_t clients = 0; ///< clients it hosts at most; 0: as many as the master gives
    std::uint32_t threads = 1;
    std::string version;
    std::string instruction_set;
};

/// Why this cannot be a worker's name; empty: it can. A name has 1 to 64 bytes, is printable
/// (text::is_printable) and not blank.
[[nodiscard]] std::string problem_of_name(std::string_view name);

struct welcome {
    std::uint32_t worker = 0;
    std::string plan; ///< the plan's name, for people
};

/// Asks for a summary of the worker's table (CSV only).
struct survey {
    data::source_spec source;
    bool regression = false;
};

/// Which clients the worker hosts from now on, and which samples are theirs. It replaces what was loaded
/// before.
struct load {
    std::uint64_t seed = 0;
    data::source_spec source;
    data::partition_spec partition;
    std::optional<data::csv_schema> schema; ///< CSV only
    double holdout = 0;                     ///< share of each client's samples kept for evaluation
    std::uint32_t clients_total = 0;
    std::vector<std::uint32_t> clients;
    bool label_counts = false; ///< asks for client_data::labels
};

struct loaded {
    struct client_data {
        std::uint32_t client = 0;
        std::uint64_t samples = 0;              ///< to train on
        std::uint64_t held_out = 0;             ///< to evaluate on
        std::vector<std::uint64_t> labels = {}; ///< of the samples to train on, by class; empty: not told
    };

    std::vector<client_data> clients; ///< one for each client asked for, in that order
    std::string digest;               ///< of all samples in memory; empty: not told
    std::uint64_t left_out = 0;       ///< CSV: rows of the table that are in no sample
};

/// The model and how to train it.
struct model {
    std::uint64_t seed = 0;
    nn::model_spec network;
    plan::local_training local;
    std::uint64_t parameters = 0;
};

/// Announces the body: the global weights, little-endian float32. A worker keeps the latest version only.
struct weights {
    std::uint32_t version = 0;
};

/// Train this client in this round from these weights. The reply is an `update` with the trained weights as
/// its body.
struct train {
    std::uint32_t round = 0;
    std::uint32_t client = 0;
    std::uint32_t version = 0;
};

struct update {
    std::uint32_t round = 0;
    std::uint32_t client = 0;
    std::uint64_t samples = 0;      ///< trained on, once each epoch
    double loss = 0;                ///< mean over the last local epoch
    std::optional<double> accuracy; ///< likewise; absent in a regression
    double seconds = 0;
};

/// Evaluate these weights on the samples that this client holds out.
struct evaluate {
    std::uint32_t round = 0;
    std::uint32_t client = 0;
    std::uint32_t version = 0;
    bool confusion = false; ///< asks for evaluation::confusion
    bool scores = false;    ///< asks for evaluation::scores
};

struct evaluation {
    std::uint32_t client = 0;
    std::uint64_t samples = 0;
    double loss_sum = 0;
    std::uint64_t correct = 0;
    std::vector<std::uint64_t> confusion = {};         ///< row (the class) by row; empty: not told
    std::vector<nn::score_counts::cell> scores = {};   ///< classes; empty: not told
    std::optional<double> absolute_sum = std::nullopt; ///< regression: sum of absolute errors
    std::optional<double> label_mean = std::nullopt;   ///< regression: of the targets
    std::optional<double> label_m2 = std::nullopt;     ///< sum of their squared differences from it
};

struct cancel {
    std::uint32_t round = 0;
};

struct run_over {
    std::string reason;
};

struct measurements {
    double cpu_percent = 0; ///< of one core, over the last second
    std::uint64_t memory_bytes = 0;
};

/// Tells a worker where it stands in the training, so that its own log can say it to its people.
struct standing {
    enum class kind {
        takes_part,
        left_out,  ///< its data, its memory or its pace do not do: it gets no clients for now
        no_client, ///< there is nothing wrong with it, but no client is left for it
        resting,   ///< it was late in rounds before, and is not asked for some
    };

    kind state = kind::takes_part;
    std::string reason; ///< a sentence for people; empty if it takes part
};

[[nodiscard]] std::string_view to_string(standing::kind state) noexcept;

/// Why this summary cannot be sent, with the column and what to do; empty: it can.
[[nodiscard]] std::string problem_of_size(const data::csv_summary& what);
/// Likewise of a schema, in a request that is so long without it.
[[nodiscard]] std::string problem_of_size(const data::csv_schema& what, std::size_t bytes_beside);

[[nodiscard]] boost::json::object to_meta(const hello& what);
[[nodiscard]] boost::json::object to_meta(const welcome& what);
[[nodiscard]] boost::json::object to_meta(const survey& what);
[[nodiscard]] boost::json::object to_meta(const data::csv_summary& what);
[[nodiscard]] boost::json::object to_meta(const load& what);
[[nodiscard]] boost::json::object to_meta(const loaded& what);
[[nodiscard]] boost::json::object to_meta(const model& what);
[[nodiscard]] boost::json::object to_meta(const weights& what);
[[nodiscard]] boost::json::object to_meta(const train& what);
[[nodiscard]] boost::json::object to_meta(const update& what);
[[nodiscard]] boost::json::object to_meta(const evaluate& what);
[[nodiscard]] boost::json::object to_meta(const evaluation& what);
[[nodiscard]] boost::json::object to_meta(const cancel& what);
[[nodiscard]] boost::json::object to_meta(const run_over& what);
[[nodiscard]] boost::json::object to_meta(const measurements& what);
[[nodiscard]] boost::json::object to_meta(const standing& what);

[[nodiscard]] hello read_hello(const boost::json::object& meta);
[[nodiscard]] welcome read_welcome(const boost::json::object& meta);
[[nodiscard]] survey read_survey(const boost::json::object& meta);
[[nodiscard]] data::csv_summary read_summary(const boost::json::object& meta);
[[nodiscard]] load read_load(const boost::json::object& meta);
[[nodiscard]] loaded read_loaded(const boost::json::object& meta);
[[nodiscard]] model read_model(const boost::json::object& meta);
[[nodiscard]] weights read_weights(const boost::json::object& meta);
[[nodiscard]] train read_train(const boost::json::object& meta);
[[nodiscard]] update read_update(const boost::json::object& meta);
[[nodiscard]] evaluate read_evaluate(const boost::json::object& meta);
[[nodiscard]] evaluation read_evaluation(const boost::json::object& meta);
[[nodiscard]] cancel read_cancel(const boost::json::object& meta);
[[nodiscard]] run_over read_run_over(const boost::json::object& meta);
[[nodiscard]] measurements read_measurements(const boost::json::object& meta);
[[nodiscard]] standing read_standing(const boost::json::object& meta);

} // namespace fedasio::wire
