#pragma once

#include <fedasio/data/source_spec.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace fedasio::data {

/// Deals the samples 0 .. samples-1 of one data set to `clients` clients; element c of the result is client
/// c's list, ascending. Every sample is dealt to exactly one client, unless `samples_per_client` caps the
/// lists: then each client keeps a random choice of its part. A pure function of its arguments.
///
/// `classes` has the class of each sample; empty in a regression, where only `iid` and `local` can be used.
/// - iid: sizes differ by at most one.
/// - shards: the samples, stably sorted by class, are cut into clients * shards_per_client shards; what is
/// left over lengthens
///   the last shards by one each. Balanced classes and 2 shards a client give most clients two classes
///   (McMahan et al., "Communication-efficient learning of deep networks from decentralized data", 2017).
/// - dirichlet: each class is divided in proportions drawn from Dirichlet(alpha), rounded by largest
/// remainders (Hsu, Qi
///   and Brown, "Measuring the effects of non-identical data distribution", 2019). With a small alpha or many
///   clients **a client may get no samples at all**; the caller decides whether that is an error.
/// - local: `clients` must be 1; the sole client gets everything.
///
/// Throws std::invalid_argument, with what to change in the plan: no clients, more clients (shards) than
/// samples in iid (shards), a scheme that needs classes in a regression, an alpha that is not a positive
/// number, no shards, `classes` of another size than `samples` or with a negative one, more than 2^32 - 1
/// samples.
std::vector<std::vector<std::uint32_t>> partition(const partition_spec& spec,
                                                  std::span<const std::int32_t> classes, std::size_t samples,
                                                  std::uint32_t clients, std::uint64_t seed);

/// The list of one client: `partition(...)[client]`, and it costs as much, so who needs many should call
/// that. With `local` the data set is this client's own: it gets all of it, whatever `clients` and `client`
/// are. Throws std::out_of_range unless client < clients.
std::vector<std::uint32_t> client_indices(const partition_spec& spec, std::span<const std::int32_t> classes,
                                          std::size_t samples, std::uint32_t clients, std::uint32_t client,
                                          std::uint64_t seed);

} // namespace fedasio::data
