#include <fedasio/data/partition.hpp>
#include <fedasio/random.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <numeric>
#include <stdexcept>
#include <string>
#include <utility>

namespace fedasio::data {

namespace {

using index_list = std::vector<std::uint32_t>;

// The round of a stream's key has no meaning here, so it tells the draws apart.
constexpr std::uint32_t dealing = 0;
constexpr std::uint32_t capping = 1;

index_list all_indices(std::size_t count) {
    index_list indices(count);
    std::iota(indices.begin(), indices.end(), 0U);
    return indices;
}

void require_samples(std::uint64_t parts, std::size_t samples, const char* what, const char* remedy) {
    if (parts > samples) {
        throw std::invalid_argument("partition: " + std::to_string(parts) + " " + what +
                                    " cannot be cut from " + std::to_string(samples) + " samples; " + remedy);
    }
}

std::vector<index_list> deal_iid(std::size_t samples, std::uint32_t clients, std::uint64_t seed) {
    require_samples(clients, samples, "clients", "lower `clients` in the plan");
    index_list order = all_indices(samples);
    random_stream(seed, purpose::partition, dealing).shuffle(std::span(order));
    std::vector<index_list> lists;
    auto from = order.begin();
    for (std::uint32_t client = 0; client < clients; ++client) {
        const auto size =
            static_cast<std::ptrdiff_t>(samples / clients + (client < samples % clients ? 1 : 0));
        lists.emplace_back(from, from + size);
        from += size;
    }
    return lists;
}

std::vector<index_list> deal_shards(std::span<const std::int32_t> classes, std::uint32_t clients,
                                    std::uint32_t shards_per_client, std::uint64_t seed) {
    if (shards_per_client == 0) {
        throw std::invalid_argument("partition: `shards_per_client` is 0; it must be at least 1");
    }
    const std::uint64_t shards = std::uint64_t{clients} * shards_per_client;
    require_samples(shards, classes.size(), "shards", "lower `clients` or `shards_per_client` in the plan");
    index_list order = all_indices(classes.size());
    std::ranges::sort(order, {}, [&](std::uint32_t index) { return std::pair(classes[index], index); });

    const std::size_t size = order.size() / shards;
    const std::size_t first_longer = shards - order.size() % shards;
    const auto start_of = [&](std::size_t shard) {
        return order.begin() +
               static_cast<std::ptrdiff_t>(shard * size + (shard > first_longer ? shard - first_longer : 0));
    };
    index_list shard_order = all_indices(shards);
    random_stream(seed, purpose::partition, dealing).shuffle(std::span(shard_order));
    std::vector<index_list> lists(clients);
    for (std::size_t i = 0; i < shards; ++i) {
        const std::uint32_t shard = shard_order[i];
        index_list& list = lists[i / shards_per_client];
        list.insert(list.end(), start_of(shard), start_of(shard + std::size_t{1}));
    }
    return lists;
}

std::vector<double> draw_proportions(double alpha, std::uint32_t clients, random_stream& stream) {
    std::vector<double> shares(clients);
    for (double& share : shares) {
        share = stream.gamma(alpha);
    }
    const double sum = std::accumulate(shares.begin(), shares.end(), 0.0);
    if (!(sum > 0)) {
        // With a tiny alpha every draw may be too small for a double; the limit of Dirichlet is then one
        // client alone.
        shares[stream.below(clients)] = 1;
        return shares;
    }
    for (double& share : shares) {
        share /= sum;
    }
    return shares;
}

std::vector<std::size_t> round_by_largest_remainders(std::span<const double> shares, std::size_t total) {
    std::vector<std::size_t> counts;
    std::vector<double> remainders;
    std::size_t left = total;
    for (const double share : shares) {
        const double exact = share * static_cast<double>(total);
        counts.push_back(std::min(left, static_cast<std::size_t>(exact)));
        remainders.push_back(exact - static_cast<double>(counts.back()));
        left -= counts.back();
    }
    index_list order = all_indices(shares.size());
    std::ranges::sort(order, {}, [&](std::uint32_t i) { return std::pair(-remainders[i], i); });
    for (std::size_t i = 0; i < left; ++i) {
        ++counts[order[i % order.size()]];
    }
    return counts;
}

std::vector<index_list> deal_dirichlet(std::span<const std::int32_t> classes, std::uint32_t clients,
                                       double alpha, std::uint64_t seed) {
    if (!(alpha > 0) || !std::isfinite(alpha)) {
        throw std::invalid_argument("partition: `alpha` of a dirichlet partition must be a positive number");
    }
    std::map<std::int32_t, index_list> by_class;
    for (std::uint32_t i = 0; i < classes.size(); ++i) {
        by_class[classes[i]].push_back(i);
    }
    random_stream stream(seed, purpose::partition, dealing);
    std::vector<index_list> lists(clients);
    for (auto& [label, indices] : by_class) {
        stream.shuffle(std::span(indices));
        const std::vector<double> shares = draw_proportions(alpha, clients, stream);
        const std::vector<std::size_t> counts = round_by_largest_remainders(shares, indices.size());
        auto from = indices.begin();
        for (std::uint32_t client = 0; client < clients; ++client) {
            const auto end = from + static_cast<std::ptrdiff_t>(counts[client]);
            lists[client].insert(lists[client].end(), from, end);
            from = end;
        }
    }
    return lists;
}

void cap(index_list& list, std::uint32_t most, std::uint64_t seed, std::uint32_t client) {
    std::ranges::sort(list);
    if (most == 0 || list.size() <= most) {
        return;
    }
    random_stream(seed, purpose::partition, capping, client).shuffle(std::span(list));
    list.resize(most);
    list.shrink_to_fit();
    std::ranges::sort(list);
}

void check(const partition_spec& spec, std::span<const std::int32_t> classes, std::size_t samples,
           std::uint32_t clients) {
    if (clients == 0) {
        throw std::invalid_argument(
            "partition: there are no clients; set `clients` in the plan to at least 1");
    }
    if (samples > std::numeric_limits<std::uint32_t>::max()) {
        throw std::invalid_argument("partition: more than 2^32 - 1 samples; split the data set");
    }
    if (!classes.empty() && classes.size() != samples) {
        throw std::invalid_argument("partition: " + std::to_string(classes.size()) + " classes for " +
                                    std::to_string(samples) + " samples");
    }
    const bool by_class =
        spec.type == partition_spec::scheme::shards || spec.type == partition_spec::scheme::dirichlet;
    if (by_class && classes.empty()) {
        throw std::invalid_argument(
            "partition: a regression has no classes to deal by; use the scheme \"iid\"");
    }
    if (std::ranges::any_of(classes, [](std::int32_t label) { return label < 0; })) {
        throw std::invalid_argument("partition: a class is negative");
    }
}

} // namespace

std::vector<index_list> partition(const partition_spec& spec, std::span<const std::int32_t> classes,
                                  std::size_t samples, std::uint32_t clients, std::uint64_t seed) {
    check(spec, classes, samples, clients);
    std::vector<index_list> lists;
    switch (spec.type) {
    case partition_spec::scheme::iid:
        lists = deal_iid(samples, clients, seed);
        break;
    case partition_spec::scheme::shards:
        lists = deal_shards(classes, clients, spec.shards_per_client, seed);
        break;
    case partition_spec::scheme::dirichlet:
        lists = deal_dirichlet(classes, clients, spec.alpha, seed);
        break;
    case partition_spec::scheme::local:
        if (clients != 1) {
            throw std::invalid_argument(
                "partition: with the scheme \"local\" a data set belongs to one client");
        }
        lists.push_back(all_indices(samples));
        break;
    }
    for (std::uint32_t client = 0; client < lists.size(); ++client) {
        cap(lists[client], spec.samples_per_client, seed, client);
    }
    return lists;
}

index_list client_indices(const partition_spec& spec, std::span<const std::int32_t> classes,
                          std::size_t samples, std::uint32_t clients, std::uint32_t client,
                          std::uint64_t seed) {
    if (client >= clients) {
        throw std::out_of_range("partition: client " + std::to_string(client) + " of " +
                                std::to_string(clients));
    }
    if (spec.type == partition_spec::scheme::local) {
        check(spec, classes, samples, clients);
        index_list list = all_indices(samples);
        cap(list, spec.samples_per_client, seed, client);
        return list;
    }
    std::vector<index_list> lists = partition(spec, classes, samples, clients, seed);
    return std::move(lists[client]);
}

} // namespace fedasio::data
