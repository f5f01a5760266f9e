#pragma once

#include <fedasio/store/disk.hpp>

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace fedasio::store {

/// All that a run needs to go on after round `round` as if nothing had happened.
struct checkpoint {
    std::uint32_t round = 0; ///< the last finished one; 0: the initial weights
    std::uint64_t seed = 0;
    std::string plan_digest;
    std::vector<float> weights;
    /// What the strategy keeps, by name. A file from before it had names gives `strategy_state`.
    std::map<std::string, std::vector<float>> strategy_state;
    std::string history; ///< what the master keeps of the run beside these (its own JSON)

    friend bool operator==(const checkpoint&, const checkpoint&) = default;
};

/// Writes a checkpoint into `dir` (made if missing), durably, then removes checkpoints of the same plan but
/// for the last `keep`, and those of later rounds: they are of an earlier run that was not resumed. What
/// cannot be removed is left. Checkpoints of other plans are not touched. Returns the file's path:
/// `dir`/DIGEST-ROUND.safetensors with the first 16 digits of the digest and ten of the round. The file is a
/// safetensors file with the tensors `weights`, `strategy_state` (without values) and, for each NAME that the
/// strategy keeps, `strategy.NAME`. Throws std::system_error that names the
/// path.
std::filesystem::path save_checkpoint(const std::filesystem::path& dir, const checkpoint& state,
                                      std::size_t keep = 3, disk& on = system_disk());

/// Where a run's journal is kept beside its checkpoints. Throws std::invalid_argument if `run` is no name
/// that a run has: letters and digits.
[[nodiscard]] std::filesystem::path journal_path(const std::filesystem::path& dir,
                                                 std::string_view plan_digest, std::string_view run);

/// Removes the journals of all runs of the plan but one. What cannot be removed is left.
void remove_other_journals(const std::filesystem::path& dir, std::string_view plan_digest,
                           std::string_view run, disk& on = system_disk());

/// One checkpoint, whatever it is called. Every byte is covered by a SHA-256 in the file. Throws
/// model_file_error for a file that is damaged or none, and std::system_error if it cannot be read.
[[nodiscard]] checkpoint read_checkpoint(const std::filesystem::path& file);

/// The round of the newest file that is called a checkpoint of this plan, whatever is in it; nothing if there
/// is none. Throws std::system_error if the directory cannot be listed.
[[nodiscard]] std::optional<std::uint32_t> newest_round(const std::filesystem::path& dir,
                                                        std::string_view plan_digest);

/// What was found in a directory of checkpoints.
struct checkpoint_search {
    std::optional<checkpoint> latest;
    std::vector<std::string> warnings; ///< one line each: files that were passed over and why, for the log
};

/// The latest undamaged checkpoint of the plan with this digest, as read_checkpoint() reads it. A damaged
/// file is set aside, as its name + ".damaged", and one that cannot be read is left; each with a warning that
/// names it, and the one before it is taken. Nothing is deleted. A missing directory holds none.
[[nodiscard]] checkpoint_search latest_checkpoint(const std::filesystem::path& dir,
                                                  std::string_view plan_digest, disk& on = system_disk());

} // namespace fedasio::store
