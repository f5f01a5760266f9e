#pragma once

#include <fedasio/dashboard/archive.hpp>
#include <fedasio/master/run.hpp>

#include <cstdint>
#include <filesystem>
#include <map>
#include <mutex>
#include <string>

namespace fedasio::program {

/// Histograms of the arrays of the model that was asked about last, as they were answered: many viewers look
/// at the same ones. Safe to use from many threads, which wait for each other.
class histograms {
public:
    /// Of array `what.index`.
    [[nodiscard]] dashboard::archive_answer of_global(const master::global_weights& weights,
                                                      const dashboard::archive_question& what);
    /// Of a file that the master has saved, of whatever network. It is read whole, if it was not counted yet.
    [[nodiscard]] dashboard::archive_answer of_saved(const std::filesystem::path& path,
                                                     const dashboard::archive_question& what);

private:
    const dashboard::archive_answer* known(const std::string& model, std::uint64_t index);
    dashboard::archive_answer keep(std::uint64_t index, dashboard::archive_answer answer);

    std::mutex counting_;
    std::string model_; ///< whose they are: the version of the global weights, or the identity of a file
    std::map<std::uint64_t, dashboard::archive_answer> answers_;
};

} // namespace fedasio::program
