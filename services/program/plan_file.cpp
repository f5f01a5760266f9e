#include "program/plan_file.hpp"

namespace fedasio::program {

federation::plan read_checked_plan(const std::filesystem::path& file) {
    auto plan = federation::read_plan(file);
    federation::check_model(plan, file.string());
    return plan;
}

} // namespace fedasio::program
