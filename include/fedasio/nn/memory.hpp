#pragma once

#include <fedasio/nn/network.hpp>
#include <fedasio/nn/optimizer_spec.hpp>

#include <cstddef>
#include <cstdint>

namespace fedasio::nn {

/// Bytes that a trainer of this takes, about.
[[nodiscard]] std::uint64_t training_bytes(const network& model, const optimizer_spec& optimizer,
                                           std::size_t max_batch);

/// Bytes that an evaluator with this block takes, about.
[[nodiscard]] std::uint64_t evaluation_bytes(const network& model, std::size_t block);

/// How many samples may go through an evaluator at once, 1 to `most`, so that it takes no more than 64 MiB if
/// that is possible. The block changes no bit of what comes out.
[[nodiscard]] std::size_t evaluation_block(const network& model, std::size_t most);

} // namespace fedasio::nn
