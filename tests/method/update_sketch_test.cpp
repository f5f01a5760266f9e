#include <fedasio/method/update_sketch.hpp>
#include <fedasio/random.hpp>

#include <boost/test/unit_test.hpp>

#include <cmath>
#include <limits>
#include <numeric>
#include <stdexcept>
#include <vector>

namespace {

using fedasio::method::cosine;
using fedasio::method::update_sketch;
using values = std::vector<float>;

values random_values(std::size_t count, std::uint32_t stream) {
    fedasio::random_stream random(1, fedasio::purpose::weights, 0, stream);
    values result(count);
    for (auto& value : result) {
        value = static_cast<float>(random.below(2001)) / 1000.0F - 1.0F;
    }
    return result;
}

double product(const values& one, const values& other) {
    return std::inner_product(one.begin(), one.end(), other.begin(), 0.0, std::plus<>(),
                              [](float a, float b) { return static_cast<double>(a) * b; });
}

values mixed(const values& one, const values& other, float share) {
    values result(one.size());
    for (std::size_t i = 0; i < one.size(); ++i) {
        result[i] = one[i] + share * other[i];
    }
    return result;
}

} // namespace

BOOST_AUTO_TEST_SUITE(update_sketches)

BOOST_AUTO_TEST_CASE(the_norm_is_that_of_the_difference_whatever_the_size) {
    for (const std::size_t size : {1U, 5U, 1023U, 1024U, 1025U, 5000U}) {
        const auto update = random_values(size, 1);
        const auto base = random_values(size, 2);
        const auto difference = mixed(update, base, -1);
        BOOST_TEST(update_sketch(update, base).norm() == std::sqrt(product(difference, difference)),
                   boost::test_tools::tolerance(1e-9));
    }
}

BOOST_AUTO_TEST_CASE(a_norm_alone_has_the_same_bits) {
    for (const std::size_t size : {1U, 15U, 16U, 17U, 1023U, 1024U, 1025U, 5000U}) {
        auto update = random_values(size, 1);
        const auto base = random_values(size, 2);
        update_sketch whole;
        update_sketch norm_only;
        BOOST_TEST(whole.extend_within(update, base, 1));
        BOOST_TEST(norm_only.measure_within(update, base, 1));
        BOOST_TEST(norm_only.norm() == whole.norm());
        for (const float bad : {1.5F, -1.5F, std::numeric_limits<float>::quiet_NaN()}) {
            for (const std::size_t place : {std::size_t{0}, size / 2, size - 1}) {
                auto wrong = update;
                wrong[place] = bad;
                BOOST_TEST(!update_sketch().measure_within(wrong, base, 1));
                BOOST_TEST(!update_sketch().extend_within(wrong, base, 1));
            }
        }
    }
    BOOST_CHECK_THROW((void)update_sketch().measure_within(values(3), values(4), 1), std::invalid_argument);
}

BOOST_AUTO_TEST_CASE(cosines_are_estimated) {
    constexpr std::size_t size = 50'000;
    const values zero(size, 0);
    double worst = 0;
    for (std::uint32_t i = 0; i < 40; ++i) {
        const auto one = random_values(size, 2 * i);
        const auto other = mixed(one, random_values(size, 2 * i + 1), static_cast<float>(i) / 4.0F - 5.0F);
        const double exact = product(one, other) / std::sqrt(product(one, one) * product(other, other));
        worst = std::max(worst, std::abs(*cosine({one, zero}, {other, zero}) - exact));
    }
    BOOST_TEST(worst < 0.12); // four standard errors
    BOOST_TEST(worst > 0.001);
}

BOOST_AUTO_TEST_CASE(a_difference_is_like_itself_and_unlike_its_opposite) {
    const auto one = random_values(3000, 1);
    const values zero(one.size(), 0);
    const update_sketch there(one, zero);
    const update_sketch back(zero, one);
    BOOST_TEST(*cosine(there, there) > 0.85);
    BOOST_TEST(*cosine(there, back) == -*cosine(there, there));
}

BOOST_AUTO_TEST_CASE(signs_differ_within_a_bucket) {
    // With equal signs the values of a bucket would add up, with random ones they mostly cancel out.
    const values ones(std::size_t{1024} * 1024, 1.0F);
    const values zero(ones.size(), 0);
    const update_sketch sketch(ones, zero);
    BOOST_TEST(*cosine(sketch, sketch) > 0.8);
    BOOST_TEST(*cosine(sketch, sketch) <= 1.0);
    auto first_bucket = zero;
    for (std::size_t i = 0; i < ones.size(); i += 1024) {
        first_bucket[i] = i / 1024 % 2 == 0 ? 1.0F : -1.0F;
    }
    BOOST_TEST(std::abs(*cosine({first_bucket, zero}, sketch)) < 0.5);
}

BOOST_AUTO_TEST_CASE(of_nothing_there_is_no_angle) {
    const values zero(10, 0);
    const auto one = random_values(10, 1);
    BOOST_TEST(!cosine({zero, zero}, {one, zero}));
    auto endless = one;
    endless[3] = std::numeric_limits<float>::infinity();
    BOOST_TEST(!cosine({endless, zero}, {one, zero}));
    BOOST_CHECK_THROW(update_sketch(zero, values(9)), std::invalid_argument);
}

BOOST_AUTO_TEST_SUITE_END()
