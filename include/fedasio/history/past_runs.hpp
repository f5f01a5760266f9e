#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

/// Reading what a recorder wrote, in the JSON of docs/api.md. These wait for the disk, see whole transactions
/// only, may run on any thread beside a recorder, and throw std::runtime_error that names the file.
namespace fedasio::history {

/// So many runs tell their plans at once, and no further one once their texts have so many bytes.
inline constexpr std::size_t most_plans = 1000;
inline constexpr std::size_t most_plan_bytes = std::size_t{4} << 20;

/// So many metrics of trainers of one's own are told of a run, of its tests and of its trainings each: those
/// that most of its rounds tell.
inline constexpr std::size_t most_own_metrics = 16;

/// The latest runs, newest first, the first `plans` of them with their plans until these have `plan_bytes`;
/// none if there is no such file yet.
[[nodiscard]] std::string runs_text(const std::filesystem::path& file, std::size_t most = 1000,
                                    std::size_t plans = 0, std::size_t plan_bytes = most_plan_bytes);

/// A run with its plan and what people were told of it, the latest `most_notes` of that; empty if there is no
/// such run.
[[nodiscard]] std::optional<std::string> run_text(const std::filesystem::path& file, std::string_view run,
                                                  std::size_t most_notes = 1000);

/// The rounds of a run before round `before`, or all if that is 0, oldest first; of more than `most_bytes`
/// the latest. Empty if there is no such run.
[[nodiscard]] std::optional<std::string> rounds_text(const std::filesystem::path& file, std::string_view run,
                                                     std::uint32_t before = 0,
                                                     std::size_t most_bytes = std::size_t{16} << 20);

/// The report of a run so far (docs/operations.md), with rounds as above.
[[nodiscard]] std::optional<std::string> report_text(const std::filesystem::path& file, std::string_view run,
                                                     std::size_t most_bytes = std::size_t{16} << 20);

/// What each client did in a round of a run; empty if there is no such run.
[[nodiscard]] std::optional<std::string> clients_text(const std::filesystem::path& file, std::string_view run,
                                                      std::uint32_t round);

/// What each client found when it tested the model of a round, as in the report; empty if there is no such
/// run.
[[nodiscard]] std::optional<std::string> tests_text(const std::filesystem::path& file, std::string_view run,
                                                    std::uint32_t round);

/// How what clients found was spread in the rounds of a run, as `spreads` in docs/api.md: of at most 120
/// rounds, at even distances from the last one. Empty if there is no such run.
[[nodiscard]] std::optional<std::string> spreads_text(const std::filesystem::path& file,
                                                      std::string_view run);

/// What the latest test of a run says of each class, or of a regression's values, as in the event
/// `model_evaluated`, or null; empty if there is no such run.
[[nodiscard]] std::optional<std::string> evaluation_text(const std::filesystem::path& file,
                                                         std::string_view run);

/// What workers did in the latest rounds of a run, oldest first; empty if there is no such run.
[[nodiscard]] std::optional<std::string> lanes_text(const std::filesystem::path& file, std::string_view run);

} // namespace fedasio::history
