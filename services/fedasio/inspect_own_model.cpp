#include "inspect_own_model.hpp"

#include <fedasio/nn/model_arrays.hpp>
#include <fedasio/plan/arrays_json.hpp>
#include <fedasio/plan/private_arrays.hpp>
#include <fedasio/plan/trained_model.hpp>
#include <fedasio/store/safetensors.hpp>
#include <fedasio/text/printable.hpp>

#include <boost/json/value.hpp>

#include <algorithm>
#include <filesystem>
#include <fmt/format.h>
#include <iostream>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

namespace fedasio::steering {
namespace {

constexpr std::size_t most_listed = 200;

/// Empty if they are not known here: the first trainer has them, or a file that lies elsewhere.
std::optional<nn::model_arrays> arrays_of(const plan::plan& plan) {
    const std::filesystem::path path = plan.initial_arrays;
    if (path.empty() || !std::filesystem::exists(path)) {
        return std::nullopt;
    }
    try {
        return plan::with_private(plan::arrays_of(path, store::read_safetensors(path)), plan.private_arrays);
    } catch (const std::exception& e) {
        throw std::runtime_error(std::string("of the plan's model.arrays: ") + e.what());
    }
}

std::string_view text_of(nn::array_role role) {
    switch (role) {
    case nn::array_role::trained:
        return "trained";
    case nn::array_role::statistic:
        return "a statistic, averaged plainly";
    case nn::array_role::counter:
        return "a counter, of which the largest is kept";
    case nn::array_role::at_client:
        return "stays at the client";
    }
    return "";
}

void print(const nn::model_arrays& arrays) {
    const auto all = arrays.all();
    for (std::size_t i = 0; i < std::min(all.size(), most_listed); ++i) {
        const auto& one = all[i];
        std::cout << fmt::format("  {}: {}, {}, {}\n", text::printable(one.name),
                                 one.dims.empty() ? "a number"
                                                  : fmt::format("{}", fmt::join(one.dims, " x ")),
                                 one.type, text_of(one.role));
    }
    if (all.size() > most_listed) {
        std::cout << fmt::format("  and {} more\n", all.size() - most_listed);
    }
    std::cout << fmt::format("  together {} values", arrays.size());
    if (arrays.shared() < arrays.size()) {
        std::cout << fmt::format(", of which {} travel", arrays.shared());
    }
    std::cout << '\n';
}

/// What is understood without the arrays.
void print_origin(const plan::plan& plan) {
    if (plan.model_from_trainer) {
        std::cout
            << "  what the trainer of the first client begins with: names and shapes are known in a run\n";
    } else {
        std::cout << fmt::format("  the arrays in {}, a file that is not here: the master needs it\n",
                                 text::printable(plan.initial_arrays));
    }
    for (const auto& name : plan.private_arrays) {
        std::cout << fmt::format("  {}: stays at the client\n", text::printable(name));
    }
}

/// Who tests, and by which metrics of its own the model is judged.
void print_judgement(const plan::plan& plan) {
    std::cout << "\nTested by ";
    if (plan::has_test_files(plan.source)) {
        std::cout << "the master on its test files.\n";
    } else if (plan.test_fraction > 0) {
        std::cout << fmt::format("the clients on {:g} of their samples, or by a master's --evaluator.\n",
                                 plan.test_fraction);
    } else {
        std::cout << "nobody, unless the master has an --evaluator.\n";
    }
    for (const auto& [name, is_higher] : plan.judged_metrics) {
        std::cout << fmt::format("  the trainers' metric {}: the {} the better\n", text::printable(name),
                                 is_higher ? "higher" : "lower");
    }
    std::cout << fmt::format("  the best model is that with the best {}\n",
                             text::printable(plan::best_metric(plan)));
}

} // namespace

void print_own_model(const plan::plan& plan) {
    const auto arrays = arrays_of(plan);
    std::cout << "Model: that of a trainer of one's own, with which each worker is started (--trainer)\n";
    if (arrays) {
        print(*arrays);
    } else {
        print_origin(plan);
    }
    print_judgement(plan);
}

void add_own_model(boost::json::object& said, const plan::plan& plan) {
    const auto arrays = arrays_of(plan);
    said["arrays"] = nullptr;
    if (arrays) {
        said["arrays"] = plan::to_json(*arrays);
        said["parameters"] = arrays->size();
        said["private_parameters"] = arrays->size() - arrays->shared();
    }
}

} // namespace fedasio::steering
