#include <fedasio/data/error.hpp>
#include <fedasio/data/idx.hpp>

#include <boost/test/unit_test.hpp>
#include <zlib.h>

#include "data/says.hpp"
#include "scratch_directory.hpp"
#include <sys/resource.h>

using namespace fedasio::data;
using fedasio::data::test::says;
using fedasio::test::scratch_directory;

namespace {

std::string header(const std::vector<std::uint32_t>& dims, char type = 0x08) {
    std::string bytes{'\0', '\0', type, static_cast<char>(dims.size())};
    for (const std::uint32_t dim : dims) {
        for (int shift = 24; shift >= 0; shift -= 8) {
            bytes += static_cast<char>(dim >> shift);
        }
    }
    return bytes;
}

// Three images of 2 x 3 pixels, numbered on: image 1 starts with pixel value 6.
std::string three_images() {
    std::string bytes = header({3, 2, 3});
    for (char pixel = 0; pixel < 18; ++pixel) {
        bytes += pixel;
    }
    return bytes;
}

std::string three_labels() {
    return header({3}) + std::string{'\4', '\0', '\1'};
}

std::string gzipped(const std::string& plain) {
    z_stream stream{};
    BOOST_REQUIRE(deflateInit2(&stream, 9, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) == Z_OK);
    std::string packed(deflateBound(&stream, plain.size()) + 32, '\0');
    std::string input = plain;
    stream.next_in = reinterpret_cast<Bytef*>(input.data());
    stream.avail_in = static_cast<uInt>(input.size());
    stream.next_out = reinterpret_cast<Bytef*>(packed.data());
    stream.avail_out = static_cast<uInt>(packed.size());
    BOOST_REQUIRE(deflate(&stream, Z_FINISH) == Z_STREAM_END);
    packed.resize(stream.total_out);
    deflateEnd(&stream);
    return packed;
}

struct files {
    scratch_directory directory;
    std::filesystem::path labels = directory.write("labels", three_labels());

    dataset read(const std::string& images) const {
        return read_idx(directory.write("images", images), labels);
    }

    void check_three(const dataset& set) const {
        BOOST_TEST(set.size() == 3U);
        BOOST_TEST(set.feature_dims() == (std::vector<std::uint32_t>{2, 3}),
                   boost::test_tools::per_element());
        BOOST_TEST(set.class_count() == 5U);
        BOOST_TEST(set.class_names()[4] == "4");
        BOOST_TEST(set.classes() == (std::vector<std::int32_t>{4, 0, 1}), boost::test_tools::per_element());
        const std::vector<std::uint32_t> second{1};
        std::vector<float> features(6);
        set.copy_features(second, features);
        BOOST_TEST(features[0] == 6 / 255.0F);
        BOOST_TEST(features[5] == 11 / 255.0F);
    }
};

long peak_kilobytes() {
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    return usage.ru_maxrss;
}

} // namespace

BOOST_FIXTURE_TEST_SUITE(idx, files)

BOOST_AUTO_TEST_CASE(plain_and_gzipped_files_read_alike) {
    check_three(read(three_images()));
    check_three(read(gzipped(three_images())));
    check_three(read_idx(directory.write("i", gzipped(three_images())),
                         directory.write("l", gzipped(three_labels()))));
}

BOOST_AUTO_TEST_CASE(samples_may_have_one_to_three_dimensions) {
    const std::string values(24, '\1');
    const dataset flat = read(header({3, 8}) + values);
    BOOST_TEST(flat.feature_dims() == (std::vector<std::uint32_t>{8}), boost::test_tools::per_element());
    const dataset coloured = read(header({3, 2, 2, 2}) + values);
    BOOST_TEST(coloured.feature_dims() == (std::vector<std::uint32_t>{2, 2, 2}),
               boost::test_tools::per_element());
    BOOST_CHECK_EXCEPTION(read(header({3, 2, 2, 2, 1}) + values), error, says({"images", "5 dimensions"}));
}

BOOST_AUTO_TEST_CASE(a_plain_file_cut_anywhere_is_refused) {
    const std::string whole = three_images();
    for (std::size_t size = 0; size < whole.size(); ++size) {
        BOOST_TEST_CONTEXT("cut to " << size) {
            BOOST_CHECK_EXCEPTION(read(whole.substr(0, size)), error,
                                  says({"images", "byte", "fetch it again"}));
        }
    }
    const std::string whole_labels = three_labels();
    const auto images = directory.write("images", whole);
    for (std::size_t size = 0; size < whole_labels.size(); ++size) {
        const auto cut = directory.write("cut-labels", whole_labels.substr(0, size));
        BOOST_CHECK_EXCEPTION(read_idx(images, cut), error, says({"cut-labels", "byte", "fetch it again"}));
    }
}

BOOST_AUTO_TEST_CASE(a_gzipped_file_cut_anywhere_is_refused) {
    const std::string whole = gzipped(three_images());
    for (std::size_t size = 0; size < whole.size(); ++size) {
        BOOST_TEST_CONTEXT("cut to " << size) {
            BOOST_CHECK_EXCEPTION(read(whole.substr(0, size)), error, says({"images", "byte", "cut short"}));
        }
    }
}

BOOST_AUTO_TEST_CASE(a_damaged_gzipped_file_is_refused) {
    std::string damaged = gzipped(three_images());
    damaged[damaged.size() - 6] = static_cast<char>(damaged[damaged.size() - 6] ^ 1); // in the checksum
    BOOST_CHECK_EXCEPTION(read(damaged), error, says({"images", "cannot be read", "fetch it again"}));
}

BOOST_AUTO_TEST_CASE(bytes_after_the_end_are_refused) {
    BOOST_CHECK_EXCEPTION(read(three_images() + '\0'), error, says({"34 bytes", "has 35"}));
    BOOST_CHECK_EXCEPTION(read(gzipped(three_images() + '\0')), error, says({"byte 34", "goes on after"}));
}

BOOST_AUTO_TEST_CASE(other_files_are_refused) {
    BOOST_CHECK_EXCEPTION(read("P5 2 2 255 "), error, says({"byte 0", "IDX"}));
    BOOST_CHECK_EXCEPTION(read(std::string{'\0', '\1', '\10', '\3'}), error, says({"byte 0", "IDX"}));
    BOOST_CHECK_EXCEPTION(read(header({3, 2}, 0x0d) + std::string(24, '\0')), error,
                          says({"byte 2", "type 13", "unsigned bytes"}));
    const auto images = directory.write("images", three_images());
    BOOST_CHECK_EXCEPTION(read_idx(labels, images), error, says({"labels", "swapped"}));
    BOOST_CHECK_EXCEPTION(read_idx(images, images), error, says({"images", "3 dimensions", "swapped"}));
    BOOST_CHECK_EXCEPTION(read_idx(directory.path() / "nowhere", labels), error,
                          says({"nowhere", "no such file", "plan"}));
    BOOST_CHECK_EXCEPTION(read_idx(images, directory.path()), error,
                          says({"is a folder, where a file is needed"}));
}

BOOST_AUTO_TEST_CASE(counts_that_differ_and_empty_sets_are_refused) {
    BOOST_CHECK_EXCEPTION(read(header({2, 2}) + "abcd"), error, says({"labels", "3 labels", "2 images"}));
    const auto no_images = directory.write("none", header({0, 28, 28}));
    const auto no_labels = directory.write("no-labels", header({0}));
    BOOST_CHECK_EXCEPTION(read_idx(no_images, no_labels), error, says({"is empty"}));
    BOOST_CHECK_EXCEPTION(read(header({3, 0, 2})), error, says({"images", "is empty"}));
}

// The claims below would take from 4 GiB to 2^96 bytes.
BOOST_AUTO_TEST_CASE(a_lying_header_takes_no_memory) {
    const long before = peak_kilobytes();
    constexpr std::uint32_t huge = 0xffffffffU;
    const auto huge_labels = directory.write("huge-labels", header({huge}) + "abc");
    const auto read_huge = [&](const std::string& images) {
        return read_idx(directory.write("images", images), huge_labels);
    };
    BOOST_CHECK_EXCEPTION(read_huge(header({huge, 1}) + "abc"), error,
                          says({"huge-labels", "4294967303 bytes"}));
    const auto packed_labels = directory.write("packed-labels", gzipped(header({huge}) + "abc"));
    const auto images = directory.write("images", header({huge, 1}) + "abc");
    BOOST_CHECK_EXCEPTION(read_idx(images, packed_labels), error,
                          says({"packed-labels", "byte 11", "cut short"}));

    const std::string values(18, 'x');
    BOOST_CHECK_EXCEPTION(read(header({3, 20000, 20000}) + values), error,
                          says({"images", "1200000016 bytes"}));
    BOOST_CHECK_EXCEPTION(read(gzipped(header({3, 20000, 20000}) + values)), error,
                          says({"byte 34", "cut short"}));
    BOOST_CHECK_EXCEPTION(read(header({3, huge, huge}) + values), error, says({"16 GiB"}));
    BOOST_CHECK_EXCEPTION(read(header({3, huge, huge, huge}) + values), error, says({"16 GiB"}));
    BOOST_TEST(peak_kilobytes() - before < 200 * 1024);
}

// Enough that a gzipped file is unpacked in several steps.
BOOST_AUTO_TEST_CASE(steps_of_unpacking_join) {
    constexpr std::uint32_t side = 1500;
    std::string images = header({3, side, side});
    for (std::uint32_t i = 0; i < 3 * side * side; ++i) {
        images += static_cast<char>(i % 251);
    }
    const dataset set = read(gzipped(images));
    const std::vector<std::uint32_t> all{0, 1, 2};
    std::vector<float> features(std::size_t{3} * side * side);
    set.copy_features(all, features);
    std::size_t wrong = 0;
    for (std::size_t i = 0; i < features.size(); ++i) {
        wrong += features[i] == static_cast<float>(i % 251) / 255.0F ? 0 : 1;
    }
    BOOST_TEST(wrong == 0U);
}

BOOST_AUTO_TEST_CASE(fashion_mnist) {
    const std::filesystem::path place = "/usr/share/datasets/fashion-mnist";
    if (!std::filesystem::exists(place / "t10k-images-idx3-ubyte.gz")) {
        BOOST_TEST_MESSAGE("skipped: no " << place);
        return;
    }
    const dataset set = read_idx(place / "t10k-images-idx3-ubyte.gz", place / "t10k-labels-idx1-ubyte.gz");
    BOOST_TEST(set.size() == 10'000U);
    BOOST_TEST(set.feature_dims() == (std::vector<std::uint32_t>{28, 28}), boost::test_tools::per_element());
    BOOST_TEST(set.class_count() == 10U);
    BOOST_TEST(set.classes().first(10) == (std::vector<std::int32_t>{9, 2, 1, 1, 6, 1, 4, 6, 5, 7}),
               boost::test_tools::per_element());
    std::vector<int> counts(10);
    for (const std::int32_t label : set.classes()) {
        ++counts[static_cast<std::size_t>(label)];
    }
    BOOST_TEST(counts == std::vector<int>(10, 1000), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(images_are_read_some_at_a_time) {
    const scratch_directory dir;
    for (const bool packed : {false, true}) {
        const auto file = dir.write("images", packed ? gzipped(three_images()) : three_images());
        idx_images images(file);
        BOOST_TEST(images.size() == 3U);
        BOOST_TEST((images.dims() == std::vector<std::uint32_t>{2, 3}));
        std::vector<std::uint8_t> two(12);
        images.read(two);
        BOOST_TEST(two.back() == 11);
        std::vector<std::uint8_t> one(6);
        images.read(one);
        BOOST_TEST(one.front() == 12);
    }
    const auto longer = dir.write("longer", gzipped(three_images() + "x"));
    idx_images images(longer);
    std::vector<std::uint8_t> all(18);
    BOOST_CHECK_EXCEPTION(images.read(all), error, says({"goes on after the data"}));
    const auto cut = dir.write("cut", three_images().substr(0, 20));
    BOOST_CHECK_EXCEPTION(idx_images{cut}, error, says({"the header promises"}));
    BOOST_TEST(read_idx_labels(dir.write("labels", three_labels())).at(0) == 4);
    BOOST_CHECK_EXCEPTION((void)read_idx_labels(longer), error, says({"dimensions"}));
}

BOOST_AUTO_TEST_SUITE_END()
