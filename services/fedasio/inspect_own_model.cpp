#include "inspect_own_model.hpp"

#include <fedasio/nn/model_arrays.hpp>
#include <fedasio/plan/arrays_json.hpp>
#include <fedasio/plan/private_arrays.hpp>
#include <fedasio/plan/trained_model.hpp>
#include <fedasio/store/model_store.hpp>
#include <fedasio/store/safetensors.hpp>
#include <fedasio/text/printable.hpp>

#include <boost/json/value.hpp>

#include <algorithm>
#include <filesystem>
#include <fmt/format.h>
#include <optional>
#include <ostream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

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
        const auto file = store::read_safetensors(path);
        auto arrays = plan::with_private(checked_arrays(path, file), plan.private_arrays);
        if (const auto problem = plan::problem_of_size(arrays.size(), *plan.strategy); !problem.empty()) {
            throw std::runtime_error(problem);
        }
        return arrays;
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

void print(std::ostream& out, const nn::model_arrays& arrays) {
    const auto all = arrays.all();
    for (std::size_t i = 0; i < std::min(all.size(), most_listed); ++i) {
        const auto& one = all[i];
        out << fmt::format("  {}: {}, {}, {}\n", text::printable(one.name),
                           one.dims.empty() ? "a number" : fmt::format("{}", fmt::join(one.dims, " x ")),
                           one.type, text_of(one.role));
    }
    if (all.size() > most_listed) {
        out << fmt::format("  and {} more\n", all.size() - most_listed);
    }
    out << fmt::format("  together {} values", arrays.size());
    if (arrays.shared() < arrays.size()) {
        out << fmt::format(", of which {} travel", arrays.shared());
    }
    out << '\n';
}

/// What is understood without the arrays.
void print_origin(std::ostream& out, const plan::plan& plan) {
    if (plan.model_from_trainer) {
        out << "  what the trainer of the first client begins with: names and shapes are known in a run\n";
    } else {
        out << fmt::format("  the arrays in {}, a file that is not here: the master needs it\n",
                           text::printable(plan.initial_arrays));
    }
    for (const auto& name : plan.private_arrays) {
        out << fmt::format("  {}: stays at the client\n", text::printable(name));
    }
}

/// Who tests, and by which metrics of its own the model is judged.
void print_judgement(std::ostream& out, const plan::plan& plan) {
    out << "\nTested by ";
    if (plan::has_test_files(plan.source)) {
        out << "the master on its test files.\n";
    } else if (plan.test_fraction > 0) {
        out << fmt::format("the clients on {:g} of their samples, or by a master's --evaluator.\n",
                           plan.test_fraction);
    } else {
        out << "nobody, unless the master has an --evaluator.\n";
    }
    for (const auto& [name, is_higher] : plan.judged_metrics) {
        out << fmt::format("  the trainers' metric {}: the {} the better\n", text::printable(name),
                           is_higher ? "higher" : "lower");
    }
    out << fmt::format("  the best model is that with the best {}\n",
                       text::printable(plan::best_metric(plan)));
}

} // namespace

nn::model_arrays checked_arrays(const std::filesystem::path& path, const store::model_file& file) {
    auto arrays = plan::arrays_of(path, file);
    std::vector<float> values(arrays.size());
    store::load_model(path, plan::layout_of(arrays), values);
    return arrays;
}

void print_own_model(std::ostream& out, const plan::plan& plan) {
    const auto arrays = arrays_of(plan);
    out << "Model: that of a trainer of one's own, with which each worker is started (--trainer)\n";
    if (arrays) {
        print(out, *arrays);
    } else {
        print_origin(out, plan);
    }
    print_judgement(out, plan);
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
