#pragma once

#include <cstddef>
#include <optional>
#include <span>

namespace fedasio::nn {

/// What a client's training is from one trainer::begin() to the next, beside the network and the
/// optimizer_spec. Everything but `weights` may be left out, and then means what the spec says.
///
/// The gradient that the optimiser steps along is, added up in float32 from left to right,
///
///     g = dloss/dw + correction + weight_decay * w + proximal * (w - anchor)
///
/// and the optimiser's moments are moments of that g. Some algorithms in these terms, x being the global
/// weights:
///  - FedProx (Li et al., 2020): proximal mu, anchor x;
///  - SCAFFOLD (Karimireddy et al., 2020): correction c - c_k;
///  - FedDyn (Acar et al., 2021): correction -g_k, proximal alpha, anchor x;
///  - Ditto (Li et al., 2021): weights v_k, proximal lambda, anchor x;
///  - FedRep (Collins et al., 2021): one pass with the base frozen, then one with the head frozen.
struct training_pass {
    /// Where training starts: parameter_count() floats, copied unless there is an `into`. May be the
    /// trainer's own weights(): then the pass goes on from the one before.
    std::span<const float> weights;
    /// Added to the gradient in every step; parameter_count() floats, or empty for none. Not copied: it must
    /// live, and stay as it is, until the last step of the pass. Must not overlap the trainer's weights().
    std::span<const float> correction = {};
    /// What the proximal term pulls to; parameter_count() floats, or empty for `weights` as they are at
    /// begin(). Not copied, as `correction`; `weights` themselves may be given, which saves the copy.
    std::span<const float> anchor = {};
    /// Strength of that pull, at least 0; nothing: the spec's.
    std::optional<float> proximal = std::nullopt;
    /// At least 0 (to which a schedule may fall: then no weight moves); nothing: the spec's.
    std::optional<float> learning_rate = std::nullopt;
    /// Arrays that keep their values to the last bit, by their numbers in network::parameters(), in any
    /// order: they take no step at all, nor do decay or pull. One array at least must learn. The layers below
    /// the lowest one that learns cost no backward pass. Copied.
    std::span<const std::size_t> frozen = {};
    /// Where the weights are trained: parameter_count() floats that must live, and that nobody else touches,
    /// until the next begin(); empty: memory of the trainer's own. What a client gives back need not be
    /// copied then. `weights` are read from where they lie in the first step, and so must stay as they are
    /// until its end; they are `into` itself, or do not overlap it.
    std::span<float> into = {};
};

} // namespace fedasio::nn
