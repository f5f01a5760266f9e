#pragma once

#include <fedasio/data/csv.hpp>
#include <fedasio/data/dataset.hpp>
#include <fedasio/data/holdout.hpp>
#include <fedasio/wire/load.hpp>
#include <fedasio/wire/survey.hpp>
#include <fedasio/worker/sample_cache.hpp>

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace fedasio::worker {

/// The data of the clients that one worker hosts: one data set in memory, and which of its samples are whose.
/// Immutable after construction, shared by the training threads.
class local_data {
public:
    /// Reads what `what` asks for, unless `cache` holds it: samples from the same file, which has not changed
    /// since, read in the same way.
    /// Pictures are decoded on so many threads.
    /// Throws data::error or std::invalid_argument, with texts fit for the master's log.
    local_data(const wire::load& what, const std::optional<std::filesystem::path>& data, sample_cache& cache,
               unsigned threads = 1);

    [[nodiscard]] const data::dataset& samples() const noexcept { return *samples_.set; }

    /// sample_digest() of all samples in memory, whoever's they are.
    [[nodiscard]] const std::string& digest() const noexcept { return samples_.digest; }

    /// How many of a client's samples to train on are of each class; empty in a regression.
    [[nodiscard]] std::vector<std::uint64_t> label_counts(std::uint32_t client) const;

    /// Null when this worker does not host the client.
    [[nodiscard]] const data::holdout* find(std::uint32_t client) const;

private:
    known_samples samples_;
    std::map<std::uint32_t, data::holdout> clients_;
};

/// Where a file of the plan lies on this machine. Without `data` (--data) the plan's own path counts. If
/// `data` is a folder, the file (or folder) of the same name in it is meant; otherwise, and if the plan has
/// no name, `data` itself. Throws data::error when neither names anything.
std::filesystem::path locate(const std::string& in_plan, const std::optional<std::filesystem::path>& data);

/// The training images of a source on this machine: the plan's folder, that of the same name in `data`, or
/// `data` itself. Throws data::error.
data::dataset read_local_images(const data::image_source& source,
                                const std::optional<std::filesystem::path>& data, unsigned threads = 1);

/// What a worker tells of its table, and what it says to its own people before.
struct table_summary {
    data::csv_summary told;
    std::string description; ///< a line: how the columns were understood
    std::vector<std::string> notes;
};

/// The summary of this worker's table for a survey. Throws data::error; for a source that is no table, and
/// for a summary that is too large to be sent, too.
table_summary summarize(const wire::survey& what, const std::optional<std::filesystem::path>& data);

} // namespace fedasio::worker
