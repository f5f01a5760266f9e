#pragma once

#include <string_view>

namespace fedasio {

/// "0.1.0"
std::string_view version() noexcept;
/// What the arithmetic was compiled for, for example "x86-64-v3". The same plan and seed give the same bits
/// on one instruction set; another may round otherwise.
std::string_view instruction_set() noexcept;

} // namespace fedasio
