#include <fedasio/learning/augmentation.hpp>

#include <boost/test/unit_test.hpp>

#include <array>
#include <map>
#include <vector>

namespace {

using fedasio::purpose;
using fedasio::random_stream;
using fedasio::learning::augment;
using fedasio::learning::augmentation;
using images = std::vector<float>;

constexpr fedasio::nn::shape small{2, 3, 1};
const images image{1, 2, 3, 4, 5, 6};

random_stream stream(std::uint32_t client = 0) {
    return {1, purpose::augmentation, 1, client};
}

/// How often each outcome comes of so many equal images.
std::map<images, int> outcomes(const augmentation& how, fedasio::nn::shape one, const images& what,
                               int times) {
    auto draws = stream();
    std::map<images, int> result;
    for (int i = 0; i < times; ++i) {
        auto copy = what;
        augment(how, one, copy, draws);
        ++result[copy];
    }
    return result;
}

} // namespace

BOOST_AUTO_TEST_SUITE(augmentations)

BOOST_AUTO_TEST_CASE(a_flip_turns_every_second_image) {
    const auto found = outcomes({true, 0}, small, image, 1000);
    BOOST_TEST(found.size() == 2U);
    BOOST_TEST(found.at(image) > 440);
    BOOST_TEST(found.at({3, 2, 1, 6, 5, 4}) > 440);
}

BOOST_AUTO_TEST_CASE(channels_of_a_pixel_stay_together) {
    const images colours{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12};
    const auto found = outcomes({true, 0}, {2, 2, 3}, colours, 50);
    BOOST_TEST(found.contains({4, 5, 6, 1, 2, 3, 10, 11, 12, 7, 8, 9}));
}

BOOST_AUTO_TEST_CASE(a_crop_moves_in_all_directions_alike_and_fills_with_black) {
    const auto found = outcomes({false, 1}, small, image, 9000);
    BOOST_TEST(found.size() == 9U);
    for (const auto& [what, times] : found) {
        BOOST_TEST(times > 850);
    }
    BOOST_TEST(found.contains(image));
    BOOST_TEST(found.contains({5, 6, 0, 0, 0, 0}));
    BOOST_TEST(found.contains({0, 0, 0, 0, 1, 2}));
}

// The order of the draws is part of the protocol.
BOOST_AUTO_TEST_CASE(draws_are_top_left_turn_for_one_image_after_the_other) {
    const images both{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12};
    auto varied = both;
    auto used = stream(3);
    augment({true, 1}, small, varied, used);

    auto draws = stream(3);
    images expected;
    for (const int first : {0, 6}) {
        const auto top = static_cast<int>(draws.below(3)) - 1;
        const auto left = static_cast<int>(draws.below(3)) - 1;
        const bool turned = draws.below(2) == 1;
        for (int y = 0; y < 2; ++y) {
            for (int x = 0; x < 3; ++x) {
                const int row = y + top;
                const int column = (turned ? 2 - x : x) + left;
                const bool inside = row >= 0 && row < 2 && column >= 0 && column < 3;
                expected.push_back(inside ? both.at(static_cast<std::size_t>(first + row * 3 + column)) : 0);
            }
        }
    }
    BOOST_TEST(varied == expected);
    BOOST_TEST(used() == draws());
}

BOOST_AUTO_TEST_CASE(none_draws_nothing) {
    auto draws = stream();
    auto copy = image;
    augment({}, small, copy, draws);
    BOOST_TEST(copy == image);
    BOOST_TEST(draws() == stream()());
}

BOOST_AUTO_TEST_SUITE_END()
