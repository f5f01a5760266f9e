#pragma once

#include <fedasio/plan/trained_model.hpp>

#include <filesystem>
#include <memory>
#include <mutex>
#include <string>

namespace fedasio::program {

/// The saved model that was read last, kept in memory: who tries one asks about it again and again. Safe to
/// use from many threads, which wait for each other.
class last_read_model {
public:
    /// Reads the file unless it is the one that was read last and was not written to since. Throws as
    /// plan::read_trained_model() and data::file_identity() do.
    [[nodiscard]] std::shared_ptr<const plan::trained_model> read(const std::filesystem::path& path);

private:
    std::mutex reading_;
    std::string identity_; ///< empty: there is none
    std::shared_ptr<const plan::trained_model> model_;
};

} // namespace fedasio::program
