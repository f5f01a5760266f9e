#include <fedasio/data/error.hpp>
#include <fedasio/plan/applied_model.hpp>
#include <fedasio/plan/trained_model.hpp>

#include "memory_file.hpp"
#include "target.hpp"
#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

// A saved model that somebody else made, with all that its metadata say of it. What is read can be used: it
// has the weights of its network, finite ones, and takes a row as its schema has it.

namespace {

namespace data = fedasio::data;
namespace fuzz = fedasio::fuzz;
namespace plan = fedasio::plan;
namespace store = fedasio::store;

void check_row(const plan::trained_model& model) {
    std::vector<data::named_field> fields;
    for (const auto& column : model.schema->columns) {
        fields.push_back({column.name, column.categories.empty() ? "1" : column.categories.front()});
    }
    try {
        const auto row = plan::row_sample(model, fields);
        plan::applied_model applied(model, 1);
        fuzz::require(applied.outputs_of(row).size() == model.network.output().size(),
                      "there are the outputs of the network");
    } catch (const data::error&) {
        // A number may be beyond what the schema's notation or scale allows.
    }
}

} // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static fuzz::memory_file file;
    const auto& path = file.holding(fuzz::as_text(data, size));
    try {
        const auto whole = store::read_safetensors(path);
        const auto arrays = plan::arrays_of(path, whole);
        fuzz::require(plan::layout_of(arrays).size() == arrays.all().size(),
                      "arrays are laid out as they are");
    } catch (const store::model_file_error&) {
        return 0;
    }
    try {
        const auto model = plan::read_trained_model(path);
        const auto weights = model.weights.floats();
        fuzz::require(weights.size() == model.network.parameter_count(), "a network has its weights");
        fuzz::require(std::ranges::all_of(weights, [](float one) { return std::isfinite(one); }),
                      "weights are finite");
        for (std::size_t i = 0; i < std::min<std::size_t>(model.network.output().size(), 100); ++i) {
            fuzz::require(model.schema.has_value() || !model.output_name(i).empty(), "an output has a name");
        }
        if (model.schema) {
            check_row(model);
        }
    } catch (const store::model_file_error&) {
        return 0;
    }
    return 0;
}
