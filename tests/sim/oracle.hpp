#pragma once

#include <fedasio/method/strategy.hpp>
#include <fedasio/plan/plan.hpp>
#include <fedasio/worker/local_data.hpp>
#include <fedasio/worker/trainer.hpp>

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <tuple>
#include <utility>
#include <vector>

namespace fedasio::sim {

/// The global model after a round.
struct model_state {
    std::vector<float> weights;
    method::server_state strategy;
    std::map<std::uint32_t, method::client_state> clients; ///< what each keeps
};

using model_ptr = std::shared_ptr<const model_state>;

/// Says what a round must come to: trains the same clients without any federation, one after the other, and
/// takes their mean. For a plan whose data everybody reaches. Remembers what it has computed.
class oracle {
public:
    explicit oracle(const plan::plan& plan);

    [[nodiscard]] model_ptr initial() const { return initial_; }

    /// After a round with this cohort, of which `updated` sent an update.
    [[nodiscard]] model_ptr next(const model_ptr& before, std::uint32_t round,
                                 const std::vector<std::uint32_t>& cohort,
                                 const std::vector<std::uint32_t>& updated);

    /// Whether a model's test results are those that it had before, in whatever trial; the first are
    /// believed.
    [[nodiscard]] bool agrees(const model_ptr& model, std::optional<double> loss,
                              std::optional<double> accuracy);

private:
    using test_results = std::pair<std::optional<double>, std::optional<double>>;
    using round_key =
        std::tuple<model_ptr, std::uint32_t, std::vector<std::uint32_t>, std::vector<std::uint32_t>>;

    plan::plan plan_;
    std::shared_ptr<const worker::local_data> data_;
    std::unique_ptr<worker::trainer> trainer_;
    model_ptr initial_;
    std::map<round_key, model_ptr> known_;
    std::map<model_ptr, test_results> tested_;
};

} // namespace fedasio::sim
