#include <fedasio/store/model_store.hpp>

#include <boost/test/unit_test.hpp>

#include "last_read_model.hpp"
#include "scratch_directory.hpp"
#include <fstream>
#include <vector>

namespace {

using fedasio::program::last_read_model;
using fedasio::test::scratch_directory;

std::filesystem::path save(const scratch_directory& dir, const char* name, float weight) {
    const std::vector<float> weights(4, weight);
    const std::vector<fedasio::store::tensor_shape> layout{{"0.dense.kernel", {1, 2}}, {"0.dense.bias", {2}}};
    fedasio::store::save_model(
        dir / name, layout, weights,
        {{"network",
          R"({"input": [1], "layers": [{"type": "dense", "units": 2, "activation": "softmax"}]})"}});
    return dir / name;
}

} // namespace

BOOST_AUTO_TEST_SUITE(last_read_models)

BOOST_AUTO_TEST_CASE(a_file_is_read_again_once_it_was_written) {
    const scratch_directory dir;
    last_read_model models;
    const auto path = save(dir, "a.safetensors", 0.5F);
    const auto first = models.read(path);
    BOOST_TEST(models.read(path) == first);
    save(dir, "a.safetensors", 0.25F);
    const auto second = models.read(path);
    BOOST_TEST(second->weights.floats()[0] == 0.25F);
    BOOST_TEST(first->weights.floats()[0] == 0.5F);
    BOOST_TEST(models.read(path) == second);
}

BOOST_AUTO_TEST_CASE(another_file_takes_its_place) {
    const scratch_directory dir;
    last_read_model models;
    const auto one = save(dir, "a.safetensors", 0.5F);
    const auto other = save(dir, "b.safetensors", 0.25F);
    BOOST_TEST(models.read(one)->weights.floats()[0] == 0.5F);
    BOOST_TEST(models.read(other)->weights.floats()[0] == 0.25F);
    BOOST_TEST(models.read(one)->weights.floats()[0] == 0.5F);
}

BOOST_AUTO_TEST_CASE(a_damaged_file_is_no_model_and_leaves_none) {
    const scratch_directory dir;
    last_read_model models;
    const auto path = save(dir, "a.safetensors", 0.5F);
    (void)models.read(path);
    std::ofstream(path) << "no model";
    for (int times = 0; times < 2; ++times) {
        BOOST_CHECK_THROW((void)models.read(path), fedasio::store::model_file_error);
    }
    BOOST_TEST(models.read(save(dir, "a.safetensors", 0.25F))->weights.floats()[0] == 0.25F);
}

BOOST_AUTO_TEST_SUITE_END()
