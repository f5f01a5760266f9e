#include <fedasio/data/image_folder.hpp>

#include <boost/algorithm/hex.hpp>
#include <boost/json/parse.hpp>
#include <boost/test/unit_test.hpp>

#include "data/image_decoders.hpp"
#include "data/shared_bound.hpp"
#include "scratch_directory.hpp"
#include <array>
#include <atomic>
#include <fstream>
#include <iterator>
#include <memory>
#include <sched.h>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace fedasio::data::test {
namespace {

std::string picture(std::string_view name) {
    std::ifstream in(FEDASIO_SOURCE_DIR "/tests/data/image_vectors.json");
    const auto all = boost::json::parse(std::string(std::istreambuf_iterator<char>(in), {}));
    for (const auto& one : all.at("cases").as_array()) {
        if (one.at("name").as_string() == name) {
            std::string content;
            boost::algorithm::unhex(std::string(one.at("file").as_string()), std::back_inserter(content));
            return content;
        }
    }
    throw std::invalid_argument("there is no such case");
}

/// Does `job` on another thread, and waits until that waits in `bound`; false: it ended before.
template <class Job>
bool comes_to_wait(shared_bound& bound, std::jthread& thread, Job job) {
    const auto over = std::make_shared<std::atomic<bool>>(false);
    thread = std::jthread([job = std::move(job), over] {
        job();
        *over = true;
    });
    while (bound.waiting() == 0 && !*over) {
        ::sched_yield();
    }
    return !*over;
}

} // namespace

BOOST_AUTO_TEST_SUITE(bounds_of_several_threads)

BOOST_AUTO_TEST_CASE(no_more_is_held_than_the_bound) {
    shared_bound bound(10);
    std::jthread other;
    bound.take(4);
    bound.take(6);
    BOOST_TEST_REQUIRE(comes_to_wait(bound, other, [&] { bound.take(5); }));
    bound.give_back(4); // too little
    BOOST_TEST(bound.waiting() == 1U);
    bound.give_back(6);
    other.join();
    BOOST_TEST(bound.waiting() == 0U);
    BOOST_TEST_REQUIRE(comes_to_wait(bound, other, [&] { bound.take(6); }));
    bound.give_back(5);
}

BOOST_AUTO_TEST_CASE(what_is_larger_than_the_bound_goes_alone) {
    shared_bound bound(10);
    std::jthread other;
    bound.take(100);
    BOOST_TEST_REQUIRE(comes_to_wait(bound, other, [&] { bound.take(1); }));
    bound.give_back(100);
    other.join();
    BOOST_TEST_REQUIRE(comes_to_wait(bound, other, [&] { bound.take(100); }));
    bound.give_back(1);
}

BOOST_AUTO_TEST_CASE(pictures_of_files_wait_for_each_other) {
    const fedasio::test::scratch_directory folder;
    const auto pixels = 2 * most_image_pixels;
    const auto bytes = 2 * most_image_bytes;
    for (const auto* const name : {"png as it is", "jpeg"}) {
        const std::array files{image_file{folder.write("picture", picture(name)), 0}};
        for (auto* const bound : {&pixels_at_once(), &file_bytes_at_once()}) {
            const auto all = bound == &pixels_at_once() ? pixels : bytes;
            std::vector<read_file> results;
            std::jthread other;
            bound->take(all);
            const bool waits =
                comes_to_wait(*bound, other, [&] { results = read_samples(files, {1, 1, 1}, 1); });
            bound->give_back(all);
            other.join();
            BOOST_TEST(waits);
            BOOST_TEST_REQUIRE(results.size() == 1U);
            BOOST_TEST(results.front().sample.size() == 1U);
        }
    }
    // All that was held has been given back, or this would wait.
    pixels_at_once().take(pixels);
    pixels_at_once().give_back(pixels);
    file_bytes_at_once().take(bytes);
    file_bytes_at_once().give_back(bytes);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace fedasio::data::test
