#include <boost/test/unit_test.hpp>

#include "worker/finished_updates.hpp"
#include <algorithm>

namespace {

using namespace fedasio::worker;
namespace net = fedasio::net;

net::payload floats(std::size_t count, float value) {
    net::buffer content(count * sizeof(float));
    std::ranges::fill(content.floats(), value);
    return net::payload(std::move(content));
}

trained update(std::uint32_t round, std::uint32_t client, std::size_t parameters = 10) {
    trained one;
    one.update.round = round;
    one.update.client = client;
    one.weights = floats(parameters, static_cast<float>(client));
    return one;
}

training_basis basis(float weight = 1, const char* model = "model", const char* data = "data") {
    return {std::make_shared<const std::string>(model), std::make_shared<const std::string>(data),
            floats(10, weight)};
}

BOOST_AUTO_TEST_SUITE(finished)

BOOST_AUTO_TEST_CASE(what_was_kept_is_found_by_round_and_client) {
    finished_updates kept(10'000);
    kept.begin(basis());
    kept.keep(basis(), update(3, 1));
    kept.keep(basis(), update(3, 2));
    const auto found = kept.find(3, 2);
    BOOST_TEST_REQUIRE(found.has_value());
    BOOST_TEST(found->update.client == 2U);
    BOOST_TEST(found->weights.floats()[0] == 2.0F);
    BOOST_TEST(!kept.find(4, 2).has_value());
    BOOST_TEST(!kept.find(3, 3).has_value());
}

BOOST_AUTO_TEST_CASE(the_same_basis_again_forgets_nothing) {
    finished_updates kept(10'000);
    kept.begin(basis());
    kept.keep(basis(), update(3, 1));
    kept.begin(basis());
    BOOST_TEST(kept.find(3, 1).has_value());
}

BOOST_AUTO_TEST_CASE(another_basis_forgets_everything) {
    for (const auto& other : {basis(2), basis(1, "another"), basis(1, "model", "other")}) {
        finished_updates kept(10'000);
        kept.begin(basis());
        kept.keep(basis(), update(3, 1));
        kept.begin(other);
        BOOST_TEST(!kept.find(3, 1).has_value());
    }
}

BOOST_AUTO_TEST_CASE(what_is_of_another_basis_is_not_kept) {
    finished_updates kept(10'000);
    kept.begin(basis());
    kept.keep(basis(2), update(3, 1));
    BOOST_TEST(!kept.find(3, 1).has_value());
}

BOOST_AUTO_TEST_CASE(the_oldest_go_when_there_is_no_room) {
    finished_updates kept(2 * (finished_updates::bytes_each + 40));
    kept.begin(basis());
    kept.keep(basis(), update(3, 1));
    kept.keep(basis(), update(3, 2));
    kept.keep(basis(), update(3, 3));
    BOOST_TEST(!kept.find(3, 1).has_value());
    BOOST_TEST(kept.find(3, 2).has_value());
    BOOST_TEST(kept.find(3, 3).has_value());
    kept.keep(basis(), update(3, 4, 1000));
    BOOST_TEST(!kept.find(3, 3).has_value());
    BOOST_TEST(kept.find(3, 4).has_value());
}

BOOST_AUTO_TEST_CASE(one_that_is_kept_again_counts_once) {
    finished_updates kept(2 * (finished_updates::bytes_each + 40));
    kept.begin(basis());
    kept.keep(basis(), update(3, 1));
    for (int i = 0; i < 5; ++i) {
        kept.keep(basis(), update(3, 2));
    }
    BOOST_TEST(kept.find(3, 1).has_value());
    BOOST_TEST(kept.find(3, 2).has_value());
}

BOOST_AUTO_TEST_CASE(without_room_nothing_is_kept) {
    finished_updates kept(0);
    kept.begin(basis());
    kept.keep(basis(), update(3, 1));
    BOOST_TEST(!kept.find(3, 1).has_value());
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace
