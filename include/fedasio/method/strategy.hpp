#pragma once

#include <fedasio/method/client_half.hpp>
#include <fedasio/text/keys.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace fedasio::method {

class round_sum;

/// What of a round's updates a strategy's step needs.
enum class intake {
    sum, ///< their weighted sum: nothing of an update is kept
    all  ///< each of them: memory grows with the cohort
};

/// What is known of one update of the round.
struct client_report {
    std::uint32_t client = 0;
    std::uint64_t samples = 0;         ///< that it was trained on, once each epoch
    std::uint64_t steps = 0;           ///< of its local optimizer
    double loss = 0;                   ///< of the last local epoch
    std::optional<double> loss_before; ///< with the weights that it received
    double distance = 0;               ///< L2 norm of the update minus those weights
};

/// What the master keeps of a strategy from one round to the next, by name; part of the checkpoint. Empty
/// before the first round.
using server_state = std::map<std::string, std::vector<float>>;

/// A run of neighbouring values.
struct block {
    std::size_t first = 0;
    std::size_t size = 0;
};

/// All blocks but the last are of this size.
inline constexpr std::size_t block_values = 16'384;

[[nodiscard]] std::vector<block> blocks_of(std::size_t values);

/// Calls `work` for each of blocks_of(values), on as many threads as there are, and returns when all are
/// done; the first exception passes.
using block_runner = std::function<void(std::size_t values, const std::function<void(const block&)>& work)>;

/// One after the other, on the calling thread.
void run_blocks(std::size_t values, const std::function<void(const block&)>& work);

/// A round whose updates have come.
struct gathered_round {
    std::uint32_t round = 0;                     ///< from 1
    std::uint32_t clients = 0;                   ///< N: of the whole federation
    local_training local;                        ///< what they were asked for
    std::span<const float> x;                    ///< the global weights that they began with
    std::vector<client_report> reports;          ///< of the updates that count, by client
    const round_sum* sum = nullptr;              ///< intake::sum: of those updates, and of each channel
    std::vector<std::span<const float>> updates; ///< intake::all: one a report
    block_runner in_blocks = run_blocks;
};

/// A client whose update a rule did not use.
struct passed_over {
    std::uint32_t client = 0;
    std::string reason; ///< for people
};

/// Turns the updates of a round into the next global weights, and says what clients do for it. One file a
/// paper, in src/method/strategies/; "Adding a strategy" in docs/architecture.md is the whole of it.
/// Immutable once its keys are read: any thread.
class strategy {
public:
    strategy() = default;
    strategy(const strategy&) = delete;
    strategy& operator=(const strategy&) = delete;
    virtual ~strategy() = default;

    /// The plan's `strategy.type`.
    [[nodiscard]] virtual std::string_view name() const = 0;
    /// Its keys in the plan's `strategy`.
    virtual void describe(text::keys& keys);
    /// Why its keys do not go together with each other or with how clients train; empty: they do.
    [[nodiscard]] virtual std::string objection(const local_training& local) const;
    /// Why they do not go together with the model; empty: they do.
    [[nodiscard]] virtual std::string objection_to(const nn::network& network) const;

    [[nodiscard]] virtual intake takes() const { return intake::sum; }

    /// The fewest updates with which a step can be made.
    [[nodiscard]] virtual std::size_t fewest_updates() const { return 1; }

    /// The weight of an update in the sum: over 0, and at most `largest_factor`. Throws std::domain_error,
    /// for people, for a report that no honest client sends.
    [[nodiscard]] virtual double factor(const client_report& report, const local_training& local) const;
    /// For a client with so many samples (1 or more), whatever it will report; a whole number, 1 or more.
    [[nodiscard]] virtual double largest_factor(std::uint64_t samples) const;
    /// How far of the way from x to the update it counts, over 0 and at most 1: x + share * (update - x) is
    /// what is added. intake::sum only.
    [[nodiscard]] virtual double share(const client_report& report) const;

    /// More vectors of parameter_count() floats that clients get with the weights and send with their update:
    /// entries of the server's state, zeros before the first round. They are added up as the updates are.
    [[nodiscard]] virtual std::vector<std::string> channels() const { return {}; }

    /// Writes the next global weights, and the state to go with them. `next` is as long as round.x and may
    /// not overlap it. Throws std::overflow_error if the result is not finite; then both are of no use.
    virtual std::vector<passed_over> step(const gathered_round& round, server_state& state,
                                          std::span<float> next) const = 0;

    /// Clients do more than train from the received weights and send what comes out: train() counts, and
    /// workers must know the strategy.
    [[nodiscard]] virtual bool has_client_half() const { return false; }

    /// client_report::loss_before is needed; only with has_client_half().
    [[nodiscard]] virtual bool asks_for_loss() const { return false; }

    /// What a client does in a round. By default it trains once, from what it received; with asks_for_loss()
    /// it says loss_before.
    virtual client_answer train(client_training& client) const;

    /// Each client has a model of its own, personal(): it is tested on what the client holds out, beside the
    /// global one.
    [[nodiscard]] virtual bool is_personal() const { return false; }

    /// The client's own model, given its state and the global weights; by default these.
    virtual void personal(const nn::network& network, const client_state& state,
                          std::span<const float> global, std::span<float> own) const;
};

/// The names of all strategies, in the order of the documents.
[[nodiscard]] std::vector<std::string_view> strategy_names();

/// What a strategy of this name does, for people; empty if there is none.
[[nodiscard]] std::string_view strategy_sentence(std::string_view name);

/// One with the defaults of its keys; null if there is none of this name.
[[nodiscard]] std::unique_ptr<strategy> make_strategy(std::string_view name);

} // namespace fedasio::method
