#include <fedasio/nn/aligned_floats.hpp>

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <cstdint>
#include <limits>
#include <new>
#include <utility>

using fedasio::nn::aligned_floats;

BOOST_AUTO_TEST_SUITE(aligned_floats_block)

BOOST_AUTO_TEST_CASE(starts_on_a_line_and_at_zero) {
    for (const std::size_t size : {1U, 15U, 16U, 17U, 1000U}) {
        aligned_floats block(size);
        BOOST_TEST(reinterpret_cast<std::uintptr_t>(block.data()) % 64 == 0U);
        BOOST_TEST(block.span().size() == size);
        // To the end of the last line: the address sanitizer watches that it is ours.
        BOOST_TEST(std::all_of(block.data(), block.data() + (size + 15) / 16 * 16,
                               [](float it) { return it == 0; }));
    }
}

BOOST_AUTO_TEST_CASE(moves) {
    aligned_floats first(3);
    first.span()[2] = 5;
    aligned_floats second(std::move(first));
    BOOST_TEST(first.size() == 0U); // NOLINT(bugprone-use-after-move,clang-analyzer-cplusplus.Move)
    BOOST_TEST(second.span()[2] == 5);
    aligned_floats third(7);
    third = std::move(second);
    BOOST_TEST(second.size() == 0U); // NOLINT(bugprone-use-after-move,clang-analyzer-cplusplus.Move)
    BOOST_TEST(third.size() == 3U);
    BOOST_TEST(third.span()[2] == 5);
}

BOOST_AUTO_TEST_CASE(refuses_a_size_that_overflows) {
    BOOST_CHECK_THROW(aligned_floats(std::numeric_limits<std::size_t>::max() / 2), std::bad_alloc);
}

BOOST_AUTO_TEST_SUITE_END()
