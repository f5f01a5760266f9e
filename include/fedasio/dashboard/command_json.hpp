#pragma once

#include <fedasio/master/commands.hpp>
#include <fedasio/plan/limits.hpp>

#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>

namespace fedasio::dashboard {

/// The text is not a command; `what()` says what is wrong with it and what is expected.
class command_error : public std::invalid_argument {
public:
    using std::invalid_argument::invalid_argument;
};

/// Reads the body of `POST /api/v1/commands` (`docs/api.md`). Strict: unknown and repeated keys, keys of
/// another command, wrong types and values out of range throw command_error. `rounds` is a whole number from
/// 1 to plan::limits::rounds; `target_accuracy` and `fraction` are over 0 and at most 1; `deadline` is
/// 0.001 to 1,000,000 seconds; `name` is one that `store::is_model_name` takes. Whether `plan` is one is
/// for the run to say.
master::command parse_command(std::string_view body);

/// The body that asks for `what`.
std::string command_text(const master::command& what);

} // namespace fedasio::dashboard
