#pragma once

#include <fedasio/data/csv.hpp>
#include <fedasio/master/model_state.hpp>
#include <fedasio/nn/model_arrays.hpp>
#include <fedasio/nn/network.hpp>
#include <fedasio/plan/plan.hpp>

#include "master/initial_model.hpp"
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace fedasio::master {

/// The global model, the round that it is of and, for tables, how they are encoded for it. A plan that leaves
/// the number of inputs to the tables has none before these are known.
class global_model {
public:
    [[nodiscard]] bool is_there() const noexcept { return arrays_.has_value(); }

    /// While it is there.
    [[nodiscard]] const nn::model_arrays& arrays() const { return *arrays_; }

    /// Null where the model is a trainer's own, and while it is not there.
    [[nodiscard]] const nn::network* network() const noexcept { return network_ ? &*network_ : nullptr; }

    [[nodiscard]] const model_state& state() const noexcept { return state_; }

    [[nodiscard]] const net::payload& weights() const noexcept { return state_.weights; }

    /// Of the weights, for workers: another number whenever they are others, over 0.
    [[nodiscard]] std::uint32_t version() const noexcept { return version_; }

    /// The weights are those of this round.
    [[nodiscard]] std::uint32_t round() const noexcept { return round_; }

    [[nodiscard]] const std::optional<data::csv_schema>& schema() const noexcept { return schema_; }

    /// There is none, and no round of it. Versions go on.
    void forget();
    /// There is one, as it begins.
    void build(initial_model begun);

    void encode_tables_as(std::optional<data::csv_schema> schema) { schema_ = std::move(schema); }

    /// Other weights, of the same round.
    void replace(model_state with);
    /// Goes on from where another process was.
    void resume(model_state with, std::uint32_t round);

    /// What a round came to.
    void advance(model_state next, std::uint32_t round) { resume(std::move(next), round); }

    /// Of a saved model, for who reads it without its plan.
    [[nodiscard]] std::map<std::string, std::string> metadata(const plan::plan& plan,
                                                              const std::string& plan_digest) const;

    /// What 1 stands for among the targets of a regression.
    [[nodiscard]] double label_unit() const;

    /// True unless something is wrong with this class.
    [[nodiscard]] bool invariants() const;

private:
    std::optional<nn::network> network_;
    std::optional<nn::model_arrays> arrays_;
    model_state state_;
    std::uint32_t version_ = 0;
    std::uint32_t round_ = 0;
    std::optional<data::csv_schema> schema_;
};

} // namespace fedasio::master
