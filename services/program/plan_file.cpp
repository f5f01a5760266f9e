#include "program/plan_file.hpp"

namespace fedasio::program {

plan::plan read_checked_plan(const std::filesystem::path& file, bool has_evaluator) {
    auto plan = plan::read_plan(file, has_evaluator);
    plan::check_model(plan, file.string());
    return plan;
}

} // namespace fedasio::program
