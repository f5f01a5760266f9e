// Pictures against Pillow: image_vectors.json holds what it made of them, and image_vectors.py says how.

#include <fedasio/data/error.hpp>
#include <fedasio/data/image.hpp>
#include <fedasio/data/image_folder.hpp>

#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/test/unit_test.hpp>

#include "data/says.hpp"
#include "scratch_directory.hpp"
#include <algorithm>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <numeric>
#include <string>
#include <vector>

namespace fedasio::data::test {
namespace {

namespace json = boost::json;
using fedasio::test::scratch_directory;
using bytes = std::vector<std::uint8_t>;

const json::object& vectors() {
    static const json::value all = [] {
        std::ifstream in(FEDASIO_SOURCE_DIR "/tests/data/image_vectors.json");
        return json::parse(std::string(std::istreambuf_iterator<char>(in), {}));
    }();
    return all.as_object();
}

bytes from_hex(std::string_view text) {
    bytes result(text.size() / 2);
    for (std::size_t i = 0; i < result.size(); ++i) {
        std::from_chars(text.data() + 2 * i, text.data() + 2 * i + 2, result[i], 16);
    }
    return result;
}

bytes file_named(std::string_view name) {
    for (const auto& one : vectors().at("cases").as_array()) {
        if (one.at("name").as_string() == name) {
            return from_hex(one.at("file").as_string());
        }
    }
    throw std::invalid_argument("there is no such case");
}

bytes damaged(std::string_view name) {
    return from_hex(vectors().at("damaged").at(name).as_string());
}

std::string text_of(const bytes& content) {
    return {content.begin(), content.end()};
}

} // namespace

BOOST_AUTO_TEST_SUITE(images)

BOOST_AUTO_TEST_CASE(every_kind_becomes_what_pillow_makes_of_it) {
    BOOST_TEST(vectors().at("cases").as_array().size() > 20U);
    for (const auto& one : vectors().at("cases").as_array()) {
        BOOST_TEST_CONTEXT(one.at("name").as_string()) {
            const auto height = one.at("height").to_number<std::uint32_t>();
            const auto width = one.at("width").to_number<std::uint32_t>();
            const auto channels = one.at("channels").to_number<std::uint32_t>();
            const auto fitted = fit_image(
                with_channels(decode_image(from_hex(one.at("file").as_string())), channels), height, width);
            BOOST_TEST(fitted.height == height);
            BOOST_TEST(fitted.width == width);
            BOOST_TEST(fitted.channels == channels);
            BOOST_TEST(fitted.pixels == from_hex(one.at("pixels").as_string()),
                       boost::test_tools::per_element());
        }
    }
}

BOOST_AUTO_TEST_CASE(what_cannot_be_used_is_refused_with_a_reason) {
    const std::map<std::string, std::string> reasons{{"empty", "is empty"},
                                                     {"text", "is no PNG or JPEG"},
                                                     {"gif", "is a GIF image: convert"},
                                                     {"cut png", "damaged PNG (it is cut short)"},
                                                     {"cut jpeg", "damaged JPEG (Premature end"},
                                                     {"changed png", "damaged PNG"},
                                                     {"cmyk jpeg", "4 colour components (CMYK): convert"},
                                                     {"huge png", "claims 2147483647 x 2147483647 pixels"},
                                                     {"huge jpeg", "claims 61440 x 61440 pixels"}};
    BOOST_TEST(vectors().at("damaged").as_object().size() == reasons.size());
    for (const auto& [name, reason] : reasons) {
        BOOST_TEST_CONTEXT(name) {
            BOOST_CHECK_EXCEPTION((void)decode_image(damaged(name)), std::runtime_error, says({reason}));
        }
    }
}

BOOST_AUTO_TEST_CASE(a_jpeg_of_very_many_scans_is_refused) {
    // Each of them goes over all pixels again: of a few bytes comes work for minutes.
    auto content = file_named("progressive jpeg");
    const auto is_scan = [&](std::size_t at) { return content[at] == 0xff && content[at + 1] == 0xda; };
    std::size_t last = 0;
    for (std::size_t i = 0; i + 1 < content.size(); ++i) {
        last = is_scan(i) ? i : last;
    }
    const bytes scan(content.begin() + static_cast<std::ptrdiff_t>(last), content.end() - 2);
    for (int i = 0; i < 600; ++i) {
        content.insert(content.end() - 2, scan.begin(), scan.end());
    }
    BOOST_CHECK_EXCEPTION((void)decode_image(content), std::runtime_error, says({"damaged JPEG"}));
}

BOOST_AUTO_TEST_CASE(the_box_lies_in_the_middle) {
    const auto wide = centred_box(100, 300, 10, 10);
    BOOST_TEST(wide.left == 100.0F);
    BOOST_TEST(wide.right == 200.0F);
    BOOST_TEST(wide.top == 0.0F);
    BOOST_TEST(wide.bottom == 100.0F);
    const auto tall = centred_box(300, 100, 20, 40);
    BOOST_TEST(tall.top == 125.0F);
    BOOST_TEST(tall.bottom == 175.0F);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(image_folders)

namespace {

/// A folder for each class, as they come.
struct pets {
    pets() {
        for (const auto* name : {"pets/cat", "pets/dog/young", "pets/.hidden"}) {
            std::filesystem::create_directories(folder / name);
        }
        const auto png = text_of(file_named("png as it is"));
        folder.write("pets/dog/b.PNG", png);
        folder.write("pets/dog/young/a.png", png);
        folder.write("pets/cat/1.jpg", text_of(file_named("jpeg")));
        folder.write("pets/cat/.thumb.png", "no image");
        folder.write("pets/cat/Thumbs.db", "no image");
        folder.write("pets/.hidden/c.png", png);
    }

    scratch_directory folder;
};

} // namespace

BOOST_FIXTURE_TEST_CASE(a_folder_a_class, pets) {
    const auto list = list_images(folder / "pets", {}, {});
    BOOST_TEST(list.classes == (std::vector<std::string>{"cat", "dog"}), boost::test_tools::per_element());
    std::vector<std::string> names;
    for (const auto& file : list.files) {
        names.push_back(std::to_string(file.label) + " " +
                        file.path.lexically_relative(folder / "pets").string());
    }
    BOOST_TEST(names == (std::vector<std::string>{"0 cat/1.jpg", "1 dog/b.PNG", "1 dog/young/a.png"}),
               boost::test_tools::per_element());
    const auto samples = read_images(list, {8, 8, 3});
    BOOST_TEST(samples.size() == 3U);
    BOOST_TEST(samples.feature_dims() == (std::vector<std::uint32_t>{8, 8, 3}),
               boost::test_tools::per_element());
    BOOST_TEST(samples.class_names()[1] == "dog");
    std::vector<float> values(192);
    samples.copy_features(std::vector<std::uint32_t>{0}, values);
    const auto pixels = read_sample(folder / "pets/cat/1.jpg", {8, 8, 3});
    for (std::size_t i = 0; i < values.size(); ++i) {
        BOOST_TEST(values[i] == static_cast<float>(pixels[i]) / 255.0F, boost::test_tools::tolerance(1e-6F));
    }
}

BOOST_FIXTURE_TEST_CASE(the_plan_says_which_classes_there_are_and_in_what_order, pets) {
    const auto list = list_images(folder / "pets", {}, {"dog", "bird", "cat"});
    BOOST_TEST(list.classes.size() == 3U);
    BOOST_TEST(list.files.front().label == 0);
    BOOST_TEST(list.files.front().path.filename() == "b.PNG");
    BOOST_TEST(list.files.back().label == 2);
    BOOST_CHECK_EXCEPTION((void)list_images(folder / "pets", {}, {"cat", "bird"}), error,
                          says({"the class 'dog' is not among `classes`"}));
}

BOOST_FIXTURE_TEST_CASE(classes_that_are_numbers_stand_by_their_value, pets) {
    for (const auto* name : {"digits/10", "digits/9", "digits/2"}) {
        std::filesystem::create_directories(folder / name);
        folder.write(std::string(name) + "/a.png", text_of(file_named("grey png")));
    }
    BOOST_TEST(list_images(folder / "digits", {}, {}).classes == (std::vector<std::string>{"2", "9", "10"}),
               boost::test_tools::per_element());
}

BOOST_FIXTURE_TEST_CASE(a_table_of_names_and_classes, pets) {
    const auto labels = folder.write("labels.csv", "id,breed,more\ndog/b.PNG,poodle,x\ncat/1, tabby ,y\n");
    const auto list = list_images(folder / "pets", labels, {});
    BOOST_TEST(list.classes == (std::vector<std::string>{"poodle", "tabby"}),
               boost::test_tools::per_element());
    BOOST_TEST(list.files.size() == 2U);
    BOOST_TEST(list.files[1].path == folder / "pets" / "cat" / "1.jpg");
    for (const auto* name : {"../secret.png", "/etc/passwd", "cat/../../x.png"}) {
        const auto other = folder.write("other.csv", "id,breed\n" + std::string(name) + ",a\n");
        BOOST_CHECK_EXCEPTION((void)list_images(folder / "pets", other, {}), error,
                              says({"other.csv, line 2: column 'id'", "is no name of a file below"}));
    }
    const auto empty = folder.write("empty.csv", "id,breed\na.png,\n");
    BOOST_CHECK_EXCEPTION((void)list_images(folder / "pets", empty, {}), error,
                          says({"line 2", "class is missing"}));
}

BOOST_FIXTURE_TEST_CASE(damaged_files_end_it_or_are_left_out_by_name, pets) {
    folder.write("pets/dog/broken.jpg", text_of(damaged("cut jpeg")));
    folder.write("pets/cat/old.gif", text_of(damaged("gif")));
    const auto list = list_images(folder / "pets", {}, {});
    BOOST_TEST(list.files.size() == 5U);
    BOOST_CHECK_EXCEPTION((void)read_images(list, {8, 8, 3}), error,
                          says({"old.gif: is a GIF", "\"on_error\": \"skip\""}));
    const auto samples = read_images(list, {8, 8, 3}, true);
    BOOST_TEST(samples.size() == 3U);
    BOOST_TEST(samples.left_out() == 2U);
    const auto& reasons = samples.left_out_reasons();
    BOOST_REQUIRE(reasons.size() == 2U);
    BOOST_TEST(reasons[0].find("old.gif: is a GIF") != std::string::npos);
    BOOST_TEST(reasons[1].find("broken.jpg: is a damaged JPEG") != std::string::npos);
    BOOST_TEST(samples.classes() == (std::vector<std::int32_t>{0, 1, 1}), boost::test_tools::per_element());
    image_list none{list.classes, {list.files[1]}};
    BOOST_CHECK_EXCEPTION((void)read_images(none, {8, 8, 3}, true), error,
                          says({"none of the 1 images can be used", "old.gif"}));
}

BOOST_FIXTURE_TEST_CASE(threads_change_nothing, pets) {
    const auto good = list_images(folder / "pets", {}, {});
    image_list list{good.classes, {}};
    for (unsigned i = 0; i < 700; ++i) {
        list.files.push_back(good.files[i % good.files.size()]);
    }
    for (unsigned i = 0; i < 112; ++i) {
        list.files.insert(list.files.begin() + 6 * i,
                          {folder.write("odd-" + std::to_string(i) + ".jpg", "no picture"), 0});
    }
    const auto features = [](const dataset& samples) {
        std::vector<std::uint32_t> all(samples.size());
        std::iota(all.begin(), all.end(), 0U);
        std::vector<float> values(samples.size() * samples.feature_count());
        samples.copy_features(all, values);
        return values;
    };
    const auto alone = read_images(list, {8, 8, 3}, true, 1);
    const auto many = read_images(list, {8, 8, 3}, true, 7);
    BOOST_TEST(alone.size() == 700U);
    BOOST_TEST((features(alone) == features(many)));
    BOOST_TEST(alone.classes() == many.classes(), boost::test_tools::per_element());
    BOOST_TEST(many.left_out() == 112U);
    BOOST_TEST(many.left_out_reasons() == alone.left_out_reasons(), boost::test_tools::per_element());
    BOOST_TEST_REQUIRE(many.left_out_reasons().size() == 101U);
    BOOST_TEST(many.left_out_reasons().back() == "and 12 more");
    // The first that cannot be used is named, whoever comes upon another sooner.
    for (int again = 0; again < 20; ++again) {
        BOOST_CHECK_EXCEPTION((void)read_images(list, {8, 8, 3}, false, 7), error,
                              says({"odd-0.jpg: is no PNG"}));
    }
}

BOOST_FIXTURE_TEST_CASE(folders_that_cannot_be_used, pets) {
    BOOST_CHECK_EXCEPTION((void)list_images(folder / "nowhere", {}, {}), error,
                          says({"there is no such folder"}));
    BOOST_CHECK_EXCEPTION((void)list_images(folder / "pets/cat/1.jpg", {}, {}), error,
                          says({"is no folder"}));
    BOOST_CHECK_EXCEPTION((void)list_images(folder / "pets/cat", {}, {}), error, says({"holds no folders"}));
    std::filesystem::create_directories(folder / "pets/horse");
    BOOST_CHECK_EXCEPTION((void)list_images(folder / "pets", {}, {}), error, says({"horse: holds no PNG"}));
    BOOST_TEST(list_images(folder / "pets", {}, {"cat", "dog", "horse"}).files.size() == 3U);
    const image_list list{{"a"}, std::vector<image_file>(1U << 20U, image_file{"x.png", 0})};
    BOOST_CHECK_EXCEPTION((void)read_images(list, {1U << 12U, 1U << 12U, 3}), error,
                          says({"more than 16 GiB"}));
}

BOOST_FIXTURE_TEST_CASE(the_identity_tells_changes, pets) {
    const auto before = identity_of(list_images(folder / "pets", {}, {}));
    BOOST_TEST(before == identity_of(list_images(folder / "pets", {}, {})));
    const auto fresh = folder.write("pets/fresh.png", text_of(file_named("grey png")));
    BOOST_TEST(before == identity_of(list_images(folder / "pets", {}, {}))); // of no class
    std::filesystem::rename(fresh, folder / "pets/dog/b.PNG");
    const auto after = identity_of(list_images(folder / "pets", {}, {}));
    BOOST_TEST(before != after);
    BOOST_TEST(after != identity_of(list_images(folder / "pets", {}, {"dog", "cat"})));
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace fedasio::data::test
