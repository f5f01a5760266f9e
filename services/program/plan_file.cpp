#include "program/plan_file.hpp"

#include <fedasio/nn/network.hpp>

#include <stdexcept>

namespace fedasio::program {

federation::plan read_checked_plan(const std::filesystem::path& file) {
    auto plan = federation::read_plan(file);
    if (plan.model.input.size() != 0) {
        try {
            const nn::network whole(plan.model);
        } catch (const std::invalid_argument& e) {
            throw std::runtime_error(file.string() + ": model: " + e.what());
        }
    }
    return plan;
}

} // namespace fedasio::program
