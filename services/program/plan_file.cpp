#include "program/plan_file.hpp"

namespace fedasio::program {

plan::plan read_checked_plan(const std::filesystem::path& file) {
    auto plan = plan::read_plan(file);
    plan::check_model(plan, file.string());
    return plan;
}

} // namespace fedasio::program
