#include <fedasio/nn/network.hpp>
#include <fedasio/plan/limits.hpp>
#include <fedasio/plan/plan.hpp>
#include <fedasio/text/field_error.hpp>

#include "last_layer.hpp"
#include <algorithm>
#include <charconv>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <variant>

namespace fedasio::plan {

std::string problem_of_size(std::uint64_t parameters, const method::strategy& strategy) {
    const auto vectors =
        1 + strategy.channels().size() + (strategy.has_client_half() ? limits::state_vectors : 0);
    const auto most = limits::parameters / vectors;
    return parameters <= most
               ? std::string()
               : "the model has " + std::to_string(parameters) + " parameters, more than the " +
                     std::to_string(most) + " that fit into one message" +
                     (vectors == 1 ? ""
                                   : " with what the strategy " + std::string(strategy.name()) + " adds") +
                     "; give its layers fewer units or filters";
}

namespace {

/// What the data makes of the outputs, as far as the plan tells.
void check_outputs(const plan& what, const nn::network& whole, const std::string& file_name) {
    const auto units = whole.output().size();
    const auto last = what.model.layers.size() - 1;
    const std::string where = file_name + ": model.layers[" + std::to_string(last) + "]";
    if (is_regression(what)) {
        if (units != 1) {
            throw text::field_error(
                where, "gives " + std::to_string(units) +
                           " values, but a regression (model.loss \"mean_squared_error\" on a "
                           "table) learns one number: end with {\"type\": \"dense\", \"units\": 1}");
        }
        if (!what.class_names.empty()) {
            throw text::field_error(file_name + ": class_names",
                                    "a regression has no classes; remove the key");
        }
        return;
    }
    if (!what.class_names.empty() && what.class_names.size() != units) {
        throw text::field_error(file_name + ": class_names",
                                "has " + std::to_string(what.class_names.size()) +
                                    " names, but the model has " + std::to_string(units) +
                                    " units: give each one a name");
    }
    const auto* table = std::get_if<data::csv_source>(&what.source);
    if (table == nullptr) {
        return;
    }
    const auto label = table->columns.find(table->label);
    if (label == table->columns.end() || label->second.categories.size() <= units) {
        return;
    }
    std::string names;
    for (const auto& name : label->second.categories) {
        names += (names.empty() ? "\"" : ", \"") + name + "\"";
    }
    throw text::field_error(where, "has " + std::to_string(units) +
                                       " units, but the plan gives the label \"" + table->label + "\" " +
                                       std::to_string(label->second.categories.size()) + " classes (" +
                                       names + "): give it one unit a class");
}

} // namespace

void check_model(const plan& what, const std::string& file_name) {
    if (is_trainers_own(what)) {
        return; // what is in a file, or a trainer has, is known when it is read
    }
    auto spec = what.model;
    if (spec.input.size() == 0) {
        spec.input = {1, 1, 1}; // what does not fit together does not depend on the number of columns
    }
    try {
        if (is_regression(what) && ends_in_softmax(spec)) {
            throw std::invalid_argument(
                "layer " + std::to_string(spec.layers.size() - 1) +
                " is a softmax, which gives shares of 1, but a regression (model.loss "
                "\"mean_squared_error\" on a table) learns a number: end with {\"type\": \"dense\", "
                "\"units\": 1}, "
                "or learn classes with the loss cross_entropy");
        }
        const nn::network whole(spec);
        if (const auto problem = problem_of_size(whole.parameter_count(), *what.strategy); !problem.empty()) {
            throw std::invalid_argument(problem);
        }
        check_outputs(what, whole, file_name);
        if (what.model.input.size() != 0) {
            if (const auto problem = what.strategy->objection_to(whole); !problem.empty()) {
                throw text::field_error(file_name + ": strategy", problem);
            }
        }
    } catch (const std::invalid_argument& e) {
        const std::string problem = e.what();
        std::size_t number = 0;
        constexpr std::string_view begin = "layer ";
        const auto* const digits = problem.data() + std::min(begin.size(), problem.size());
        const auto parsed = std::from_chars(digits, problem.data() + problem.size(), number);
        const bool is_layer = problem.starts_with(begin) && parsed.ec == std::errc();
        const std::string where = file_name + ": model";
        throw text::field_error(where, problem,
                                is_layer ? where + ".layers[" + std::to_string(number) + "]" : where);
    }
}

} // namespace fedasio::plan
