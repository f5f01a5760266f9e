#include <fedasio/store/model_store.hpp>

#include <boost/test/unit_test.hpp>

#include "scratch_directory.hpp"
#include <cmath>
#include <stdexcept>
#include <sys/stat.h>

using namespace fedasio::store;
using fedasio::test::scratch_directory;

namespace {

const std::vector<tensor_shape> layout{{"z.kernel", {2, 2}}, {"a.bias", {2}}};
const std::vector<float> weights{1, 2, 3, 4, 5, 6};

std::string load_error(const std::filesystem::path& path, const std::vector<tensor_shape>& shapes,
                       std::size_t size) {
    std::vector<float> out(size, -1.0F);
    try {
        load_model(path, shapes, out);
    } catch (const model_file_error& error) {
        BOOST_TEST(out == std::vector<float>(size, -1.0F), boost::test_tools::per_element());
        return error.what();
    }
    return "no error";
}

bool has(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

} // namespace

BOOST_AUTO_TEST_SUITE(model_store)

BOOST_AUTO_TEST_CASE(names) {
    for (const std::string name : {"best", "A-z_0.9", "a..b", "-"}) {
        BOOST_TEST(is_model_name(name), name);
        BOOST_TEST(model_path("/s", name) == "/s/models/" + name + ".safetensors");
    }
    BOOST_TEST(is_model_name(std::string(64, 'x')));
    const std::string zero("a\0b", 3);
    for (const std::string& name :
         {std::string(), std::string("."), std::string(".."), std::string(".hidden"), std::string("a/b"),
          std::string("../a"), std::string("a b"), std::string("é"), std::string(65, 'x'), zero}) {
        BOOST_TEST(!is_model_name(name), name);
        BOOST_CHECK_THROW((void)model_path("/s", name), std::invalid_argument);
    }
}

BOOST_AUTO_TEST_CASE(models_are_listed_by_name) {
    const scratch_directory dir;
    BOOST_TEST(list_models(dir.path()).empty());
    for (const std::string name : {"second", "first", "v1.2"}) {
        save_model(model_path(dir.path(), name), layout, weights, {});
    }
    fedasio::test::write_bytes(dir / "models" / "third.safetensors.partial", "x");
    fedasio::test::write_bytes(dir / "models" / "note.txt", "x");
    std::filesystem::create_directory(dir / "models" / "folder.safetensors");
    std::filesystem::create_symlink("loop.safetensors", dir / "models" / "loop.safetensors");
    BOOST_TEST_REQUIRE(::mkfifo((dir / "models" / "pipe.safetensors").c_str(), 0600) == 0);
    const std::vector<std::string> expected{"first", "second", "v1.2"};
    BOOST_TEST(list_models(dir.path()) == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(the_flat_span_comes_back) {
    const scratch_directory dir;
    save_model(dir / "m", layout, weights, {{"round", "7"}});
    std::vector<float> out(6);
    BOOST_TEST(load_model(dir / "m", layout, out).at("round") == "7");
    BOOST_TEST(out == weights, boost::test_tools::per_element());
    // By name, not by place.
    const std::vector<tensor_shape> turned{layout[1], layout[0]};
    load_model(dir / "m", turned, out);
    BOOST_TEST(out == (std::vector<float>{5, 6, 1, 2, 3, 4}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(another_models_file_is_refused) {
    const scratch_directory dir;
    save_model(dir / "m", layout, weights, {});
    BOOST_TEST(has(load_error(dir / "m", {{"z.kernel", {2, 2}}}, 4), "has 2 tensors, the model has 1"));
    BOOST_TEST(has(load_error(dir / "m", {{"z.kernel", {2, 2}}, {"b.bias", {2}}}, 6), "no tensor `b.bias`"));
    BOOST_TEST(has(load_error(dir / "m", {{"z.kernel", {4, 1}}, {"a.bias", {2}}}, 6),
                   "`z.kernel` is [2, 2], the model's is [4, 1]"));
    save_model(dir / "n", layout, std::vector<float>{1, 2, 3, 4, 5, std::nanf("")}, {});
    BOOST_TEST(has(load_error(dir / "n", layout, 6), "`a.bias` holds a NaN"));
}

BOOST_AUTO_TEST_CASE(sizes_must_agree) {
    const scratch_directory dir;
    std::vector<float> five(5);
    BOOST_CHECK_THROW(save_model(dir / "m", layout, five, {}), std::invalid_argument);
    save_model(dir / "m", layout, weights, {});
    BOOST_CHECK_THROW(load_model(dir / "m", layout, five), std::invalid_argument);
}

BOOST_AUTO_TEST_SUITE_END()
