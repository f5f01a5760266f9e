#pragma once

#include <fedasio/store/disk.hpp>

#include "sim/world.hpp"
#include <cstddef>
#include <filesystem>
#include <map>
#include <memory>
#include <string>

namespace fedasio::sim {

/// The machine lost its power in the middle of an operation. No std::exception: no code may catch it and go
/// on.
struct power_lost {};

/// A disk in a real folder, for who reads from it, beside which it is remembered what would survive: the
/// bytes that were synced, under the names whose directory was.
class disk final : public store::disk {
public:
    disk(world& in, std::filesystem::path root);

    std::unique_ptr<store::open_file> create(const std::filesystem::path& path) override;
    std::unique_ptr<store::open_file> append(const std::filesystem::path& path, std::uint64_t keep) override;
    void rename(const std::filesystem::path& from, const std::filesystem::path& to) override;
    void remove(const std::filesystem::path& path) override;
    void make_directory(const std::filesystem::path& path) override;
    void sync_directory(const std::filesystem::path& path) override;

    /// What a power failure leaves: of what was not synced some, all or none, and files may be torn.
    void lose_what_was_not_synced();

    /// Turns a bit of the newest file over that was written as a whole; false if there is none.
    bool rot();
    /// The same with the newest journal of rounds.
    bool rot_journal();

    double failure = 0;       ///< probability that an operation fails
    double power_failure = 0; ///< probability that the power goes during one
    bool was_cut = false;     ///< it went
    std::size_t failures = 0;

private:
    struct content {
        std::string bytes;
        std::string durable;
        bool is_synced = false; ///< `durable` is what `bytes` was at the last sync
    };

    struct directory {
        std::map<std::string, std::shared_ptr<content>> names;
        std::map<std::string, std::shared_ptr<content>> durable;
        bool is_durable = false; ///< its own name is
    };

    class writer;

    /// One step of an operation: it may fail, and the power may go.
    void step(const std::filesystem::path& path, const char* what);
    void fail_sometimes(const std::filesystem::path& path, const char* what);
    bool rot_one(std::string_view extension);
    directory& parent_of(const std::filesystem::path& path);

    world& world_;
    std::filesystem::path root_;
    std::map<std::filesystem::path, directory> directories_;
};

} // namespace fedasio::sim
