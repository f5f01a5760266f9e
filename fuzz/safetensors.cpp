#include <fedasio/store/model_store.hpp>
#include <fedasio/store/safetensors.hpp>

#include "memory_file.hpp"
#include "scratch_directory.hpp"
#include "target.hpp"
#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>

// A safetensors file. The tensors must be the bytes of the file, and be the same when they have been written
// and read once more.

namespace {

namespace store = fedasio::store;
namespace fuzz = fedasio::fuzz;

// Bit by bit: NaN is equal to NaN here.
bool same(const store::tensor& a, const store::tensor& b) {
    return a.name == b.name && a.dims == b.dims && a.values.size() == b.values.size() &&
           (a.values.empty() ||
            std::memcmp(a.values.data(), b.values.data(), a.values.size() * sizeof(float)) == 0);
}

void check_values(const store::model_file& model, std::string_view file) {
    std::uint64_t header = 0;
    std::memcpy(&header, file.data(), sizeof(header));
    file.remove_prefix(sizeof(header) + header);
    for (const auto& one : model.tensors) {
        const auto bytes = std::as_bytes(std::span(one.values));
        fuzz::require(file.starts_with({reinterpret_cast<const char*>(bytes.data()), bytes.size()}),
                      "the values are those of the file");
        file.remove_prefix(bytes.size());
    }
    fuzz::require(file.empty(), "no byte of the file is left over");
}

void check_rewritten(const store::model_file& model) {
    static const fedasio::test::scratch_directory dir;
    std::vector<store::tensor_view> views;
    views.reserve(model.tensors.size());
    for (const auto& one : model.tensors) {
        views.push_back({one.name, one.dims, one.values});
    }
    write_safetensors(dir / "again", views, model.metadata);
    const auto again = store::read_safetensors(dir / "again");
    fuzz::require(again.metadata == model.metadata, "the metadata is the same");
    fuzz::require(std::ranges::equal(again.tensors, model.tensors, same), "the tensors are the same");
}

void check_loaded(const std::filesystem::path& file) {
    const std::array<store::tensor_shape, 2> layout{{{"0.dense.kernel", {2, 3}}, {"0.dense.bias", {3}}}};
    std::array<float, 9> weights{};
    try {
        static_cast<void>(load_model(file, layout, weights));
        fuzz::require(std::ranges::all_of(weights, [](float value) { return std::isfinite(value); }),
                      "a loaded model has finite weights");
    } catch (const store::model_file_error&) {
        fuzz::require(weights == std::array<float, 9>{}, "a refused file leaves the weights unchanged");
    }
}

} // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static fuzz::memory_file file;
    const auto& path = file.holding(fuzz::as_text(data, size));
    store::model_file model;
    try {
        model = store::read_safetensors(path);
    } catch (const store::model_file_error&) {
        return 0;
    }
    check_values(model, fuzz::as_text(data, size));
    check_rewritten(model);
    check_loaded(path);
    return 0;
}
