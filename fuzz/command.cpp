#include <fedasio/dashboard/command_json.hpp>

#include "target.hpp"

// The body of a command. What was read must be the same when it has been written and read once more.

namespace {

namespace dashboard = fedasio::dashboard;
namespace fuzz = fedasio::fuzz;
using fedasio::master::command;

bool same(const command& a, const command& b) {
    return a.what == b.what && a.rounds == b.rounds && a.target_accuracy == b.target_accuracy &&
           a.no_target == b.no_target && a.now == b.now && a.name == b.name && a.worker == b.worker &&
           a.deadline == b.deadline && a.fraction == b.fraction && a.plan == b.plan;
}

} // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    command read;
    try {
        read = dashboard::parse_command(fuzz::as_text(data, size));
    } catch (const dashboard::command_error&) {
        return 0;
    }
    fuzz::require(same(dashboard::parse_command(dashboard::command_text(read)), read),
                  "a written command is read as the same");
    return 0;
}
