#pragma once

#include <filesystem>
#include <iosfwd>
#include <string>

namespace fedasio::steering {

/// What a file holds, by its first bytes.
enum class file_kind { data, plan, saved };
[[nodiscard]] file_kind kind_of_file(const std::filesystem::path& file);

/// Shows a model or a checkpoint. `plan` says what network it is of, if the file does not; empty: nobody
/// knows. Throws std::exception for a file that cannot be used.
int inspect_saved(std::ostream& out, const std::filesystem::path& file, const std::string& plan,
                  bool wants_json);

/// Shows a plan. Throws text::field_error for one that cannot be used.
int inspect_plan(std::ostream& out, const std::filesystem::path& file, bool wants_json);

} // namespace fedasio::steering
