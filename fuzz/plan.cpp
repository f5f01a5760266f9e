#include <fedasio/nn/network.hpp>
#include <fedasio/plan/plan.hpp>
#include <fedasio/text/json_text.hpp>

#include <boost/json/object.hpp>

#include "target.hpp"
#include <stdexcept>

// A plan. Its canonical form must give the same plan, and its model a network or an error that says why not.

namespace {

namespace text = fedasio::text;
namespace plan = fedasio::plan;
namespace fuzz = fedasio::fuzz;

void check_network(const fedasio::nn::model_spec& model) {
    try {
        const fedasio::nn::network network(model);
        std::size_t sum = 0;
        for (const auto& one : network.parameters()) {
            fuzz::require(one.offset == sum, "parameters follow each other without holes");
            sum += one.size;
        }
        fuzz::require(sum == network.parameter_count() && sum > 0 && sum < std::size_t{1} << 31,
                      "the number of parameters is that of all arrays, and bounded");
    } catch (const std::invalid_argument&) {
        return;
    }
}

} // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    plan::plan plan;
    try {
        plan = plan::parse_plan(fuzz::as_text(data, size), "fuzz.json");
    } catch (const text::field_error&) {
        return 0;
    }
    const std::string form = text::canonical_text(to_json(plan));
    const auto again = plan::parse_plan(form, "other.json");
    fuzz::require(text::canonical_text(to_json(again)) == form, "the canonical form gives the same plan");
    fuzz::require(plan_digest(again) == plan_digest(plan), "the canonical form has the same digest");
    check_network(plan.model);
    return 0;
}
