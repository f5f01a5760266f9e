#include <fedasio/data/partition.hpp>

#include <boost/test/unit_test.hpp>

#include "data/says.hpp"
#include <algorithm>
#include <cmath>
#include <limits>
#include <set>
#include <stdexcept>

using namespace fedasio::data;
using fedasio::data::test::says;
using scheme = partition_spec::scheme;
using lists = std::vector<std::vector<std::uint32_t>>;

namespace {

partition_spec spec_of(scheme type) {
    partition_spec spec;
    spec.type = type;
    return spec;
}

partition_spec dirichlet(double alpha) {
    partition_spec spec = spec_of(scheme::dirichlet);
    spec.alpha = alpha;
    return spec;
}

// Ten classes in turn, as many of each.
std::vector<std::int32_t> balanced(std::size_t samples) {
    std::vector<std::int32_t> classes(samples);
    for (std::size_t i = 0; i < samples; ++i) {
        classes[i] = static_cast<std::int32_t>(i % 10);
    }
    return classes;
}

void check_complete(const lists& parts, std::size_t samples) {
    std::vector<int> dealt(samples);
    for (const auto& part : parts) {
        BOOST_TEST(std::ranges::is_sorted(part));
        for (const std::uint32_t index : part) {
            BOOST_REQUIRE(index < samples);
            ++dealt[index];
        }
    }
    BOOST_TEST(std::ranges::count(dealt, 1) == static_cast<std::ptrdiff_t>(samples));
}

std::size_t classes_in(const std::vector<std::uint32_t>& part, const std::vector<std::int32_t>& classes) {
    std::set<std::int32_t> seen;
    for (const std::uint32_t index : part) {
        seen.insert(classes[index]);
    }
    return seen.size();
}

// Half the sum of |share of the class here - share over all|, averaged over clients: 0 is even, 0.9 one class
// each.
double skew(const lists& parts, const std::vector<std::int32_t>& classes) {
    double sum = 0;
    double with_samples = 0;
    for (const auto& part : parts) {
        if (part.empty()) {
            continue;
        }
        ++with_samples;
        std::vector<double> counts(10);
        for (const std::uint32_t index : part) {
            ++counts[static_cast<std::size_t>(classes[index])];
        }
        for (const double count : counts) {
            sum += std::abs(count / static_cast<double>(part.size()) - 0.1) / 2;
        }
    }
    return sum / with_samples;
}

} // namespace

BOOST_AUTO_TEST_SUITE(partition_of_samples)

BOOST_AUTO_TEST_CASE(every_scheme_deals_every_sample_once_and_depends_on_the_arguments_alone) {
    const auto classes = balanced(1003);
    for (const scheme type : {scheme::iid, scheme::shards, scheme::dirichlet}) {
        const partition_spec spec = spec_of(type);
        const lists parts = partition(spec, classes, 1003, 7, 42);
        BOOST_TEST(parts.size() == 7U);
        check_complete(parts, 1003);
        BOOST_CHECK(parts == partition(spec, classes, 1003, 7, 42));
        BOOST_CHECK(parts != partition(spec, classes, 1003, 7, 43));
        for (std::uint32_t client = 0; client < 7; ++client) {
            BOOST_CHECK(parts[client] == client_indices(spec, classes, 1003, 7, client, 42));
        }
    }
}

// If this changes, no plan ever run reproduces any more.
BOOST_AUTO_TEST_CASE(parts_never_change) {
    const auto classes = balanced(20);
    BOOST_CHECK((partition(spec_of(scheme::iid), {}, 8, 3, 1) == lists{{2, 4, 5}, {1, 3, 6}, {0, 7}}));
    BOOST_CHECK((partition(spec_of(scheme::shards), classes, 20, 3, 1) ==
                 lists{{3, 4, 5, 13, 14, 15}, {2, 6, 7, 11, 12, 16, 17}, {0, 1, 8, 9, 10, 18, 19}}));
    BOOST_CHECK((partition(dirichlet(0.5), classes, 20, 3, 1) ==
                 lists{{0, 2, 6, 7, 9, 11, 16, 17, 19}, {4, 8, 10, 14, 15}, {1, 3, 5, 12, 13, 18}}));
}

BOOST_AUTO_TEST_CASE(iid_sizes_differ_by_at_most_one) {
    const lists parts = partition(spec_of(scheme::iid), {}, 1003, 7, 1);
    check_complete(parts, 1003);
    for (const auto& part : parts) {
        BOOST_TEST((part.size() == 143U || part.size() == 144U));
    }
    BOOST_TEST(skew(partition(spec_of(scheme::iid), {}, 10'000, 5, 1), balanced(10'000)) < 0.05);
}

BOOST_AUTO_TEST_CASE(shards_of_balanced_data_give_at_most_two_classes) {
    const auto classes = balanced(6000);
    const lists parts = partition(spec_of(scheme::shards), classes, 6000, 100, 5);
    check_complete(parts, 6000);
    std::size_t with_two = 0;
    for (const auto& part : parts) {
        BOOST_TEST(part.size() == 60U);
        const std::size_t count = classes_in(part, classes);
        BOOST_TEST(count <= 2U);
        with_two += count == 2 ? 1 : 0;
    }
    BOOST_TEST(with_two > 70U);
}

// One class: the sort must leave the order alone, so shards are runs, and the last ones are longer.
BOOST_AUTO_TEST_CASE(left_over_samples_lengthen_the_last_shards) {
    partition_spec spec = spec_of(scheme::shards);
    spec.shards_per_client = 1;
    lists parts = partition(spec, std::vector<std::int32_t>(11, 3), 11, 4, 9);
    std::ranges::sort(parts);
    BOOST_CHECK((parts == lists{{0, 1}, {2, 3, 4}, {5, 6, 7}, {8, 9, 10}}));
}

BOOST_AUTO_TEST_CASE(skew_grows_as_alpha_falls) {
    const auto classes = balanced(20'000);
    double last = 0;
    for (const double alpha : {1000.0, 10.0, 1.0, 0.1, 0.01}) {
        const lists parts = partition(dirichlet(alpha), classes, 20'000, 20, 3);
        check_complete(parts, 20'000);
        const double now = skew(parts, classes);
        BOOST_TEST(now > last + 0.005);
        last = now;
    }
    BOOST_TEST(skew(partition(dirichlet(1e6), classes, 20'000, 20, 3), classes) < 0.01);
}

BOOST_AUTO_TEST_CASE(a_tiny_alpha_gives_each_class_to_one_client) {
    const auto classes = balanced(1000);
    const lists parts = partition(dirichlet(1e-9), classes, 1000, 50, 3);
    check_complete(parts, 1000);
    std::size_t without = 0;
    for (const auto& part : parts) {
        BOOST_TEST(part.size() % 100 == 0U);
        without += part.empty() ? 1 : 0;
    }
    BOOST_TEST(without >= 40U);
    BOOST_TEST(without < 49U);
}

BOOST_AUTO_TEST_CASE(dirichlet_serves_more_clients_than_samples) {
    check_complete(partition(dirichlet(0.5), balanced(10), 10, 100, 1), 10);
}

BOOST_AUTO_TEST_CASE(a_cap_keeps_a_random_choice_of_the_own_part) {
    partition_spec spec = spec_of(scheme::shards);
    const auto classes = balanced(1000);
    const lists whole = partition(spec, classes, 1000, 5, 8);
    spec.samples_per_client = 30;
    const lists capped = partition(spec, classes, 1000, 5, 8);
    bool in_step = true;
    for (std::size_t client = 0; client < 5; ++client) {
        BOOST_TEST(capped[client].size() == 30U);
        BOOST_TEST(std::ranges::is_sorted(capped[client]));
        BOOST_TEST(std::ranges::includes(whole[client], capped[client]));
        BOOST_CHECK(!std::ranges::equal(capped[client], std::span(whole[client]).first(30)));
        for (std::size_t i = 0; i < 30; ++i) {
            in_step =
                in_step && std::ranges::find(whole[client], capped[client][i]) - whole[client].begin() ==
                               std::ranges::find(whole[0], capped[0][i]) - whole[0].begin();
        }
    }
    BOOST_TEST(!in_step);
    spec.samples_per_client = 1000;
    BOOST_CHECK(partition(spec, classes, 1000, 5, 8) == whole);
}

BOOST_AUTO_TEST_CASE(local_gives_everything_to_the_owner) {
    const partition_spec spec = spec_of(scheme::local);
    const std::vector<std::uint32_t> all{0, 1, 2, 3};
    BOOST_CHECK(partition(spec, {}, 4, 1, 1) == lists{all});
    BOOST_CHECK(client_indices(spec, {}, 4, 10, 7, 1) == all);
    BOOST_CHECK_THROW(partition(spec, {}, 4, 2, 1), std::invalid_argument);
    partition_spec capped = spec;
    capped.samples_per_client = 2;
    BOOST_TEST(client_indices(capped, {}, 4, 10, 7, 1).size() == 2U);
}

BOOST_AUTO_TEST_CASE(what_cannot_be_dealt_is_refused_with_a_remedy) {
    const auto classes = balanced(10);
    const auto refused = [](const partition_spec& spec, std::span<const std::int32_t> labels,
                            std::size_t samples, std::uint32_t clients,
                            const std::vector<std::string>& parts) {
        BOOST_CHECK_EXCEPTION(partition(spec, labels, samples, clients, 1), std::invalid_argument,
                              says(parts));
    };
    refused(spec_of(scheme::iid), classes, 10, 11, {"11 clients", "10 samples", "lower `clients`"});
    refused(spec_of(scheme::iid), classes, 10, 0, {"no clients"});
    refused(spec_of(scheme::iid), classes, 9, 2, {"10 classes for 9 samples"});
    refused(spec_of(scheme::shards), classes, 10, 6, {"12 shards", "10 samples", "shards_per_client"});
    refused(spec_of(scheme::shards), {}, 10, 2, {"regression", "iid"});
    refused(spec_of(scheme::dirichlet), {}, 10, 2, {"regression", "iid"});
    partition_spec none = spec_of(scheme::shards);
    none.shards_per_client = 0;
    refused(none, classes, 10, 2, {"shards_per_client"});
    for (const double alpha : {0.0, -1.0, std::nan(""), std::numeric_limits<double>::infinity()}) {
        refused(dirichlet(alpha), classes, 10, 2, {"`alpha`"});
    }
    const std::vector<std::int32_t> negative{0, -1};
    refused(spec_of(scheme::shards), negative, 2, 1, {"negative"});
    refused(spec_of(scheme::iid), {}, std::size_t{1} << 32, 2, {"2^32"});
    BOOST_CHECK_THROW(client_indices(spec_of(scheme::iid), classes, 10, 2, 2, 1), std::out_of_range);
    BOOST_CHECK_THROW(client_indices(spec_of(scheme::local), classes, 10, 2, 2, 1), std::out_of_range);
}

BOOST_AUTO_TEST_SUITE_END()
