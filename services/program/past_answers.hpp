#pragma once

#include <fedasio/dashboard/archive.hpp>

#include <filesystem>
#include <optional>
#include <span>
#include <string>

namespace fedasio::program {

/// Answers from the histories of several state folders what a browser asks of runs, or writes what it says of
/// one; empty if none has that. Waits for the disk. Throws std::exception.
[[nodiscard]] std::optional<std::string> answer_of_past(std::span<const std::filesystem::path> histories,
                                                        const dashboard::archive_question& what);

} // namespace fedasio::program
