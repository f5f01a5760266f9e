#pragma once

#include <fedasio/store/disk.hpp>

#include <cstdint>
#include <filesystem>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace fedasio::store {

/// Arrays of float32 by name: what a client keeps from one of its rounds to the next.
using client_arrays = std::map<std::string, std::vector<float>>;

/// The states of a run's clients, by client and by the round after which they are theirs: in memory, or each
/// in a file of its own, which survives the process (see write_durably()); then nothing of them is kept in
/// memory but which there are. Several rounds of a client are kept side by side, since whoever drives the run
/// may go on from an earlier round than the last. Any thread; one call at a time reads or writes.
///
/// A state is put when its round was trained; whether the round counts is known later. Who gets it says that
/// it does, so forget() never drops what may still be asked for.
class client_states {
public:
    /// Of so many runs the latest are kept in a folder; in memory only one is.
    static constexpr std::size_t most_runs = 8;

    /// In memory.
    client_states() = default;
    /// In `folder`, which is made when it is needed. Files of other names in it are left alone.
    explicit client_states(std::filesystem::path folder, disk& on = system_disk());

    struct found {
        std::optional<client_arrays> state;
        std::string problem; ///< why there is none: a sentence for people
    };

    /// The client's state after that round. A file that is damaged is set aside, as its name + ".damaged".
    /// `run` is 16 hexadecimal digits: std::invalid_argument otherwise, also below. Throws std::system_error
    /// if the folder cannot be listed.
    [[nodiscard]] found get(const std::string& run, std::uint32_t client, std::uint32_t round);

    /// Replaces that of the same round. When it returns, the state is there for good. Throws
    /// std::system_error that names the path.
    void put(const std::string& run, std::uint32_t client, std::uint32_t round, client_arrays state);

    /// Nobody will go on from a round before `safe_round`: states of the client go that are older than the
    /// newest that counted, at or before it. What cannot be removed is left.
    void forget(const std::string& run, std::uint32_t client, std::uint32_t safe_round);

private:
    struct kept {
        bool counted = false;
        client_arrays arrays; ///< in memory only
    };

    using known_states = std::map<std::uint32_t, std::map<std::uint32_t, kept>>; ///< by client, then by round

    void use(const std::string& run);
    [[nodiscard]] known_states list(const std::string& run);
    [[nodiscard]] std::filesystem::path path_of(std::uint32_t client, std::uint32_t round) const;
    [[nodiscard]] client_arrays read(std::uint32_t client, std::uint32_t round) const;
    void write(std::uint32_t client, std::uint32_t round, const client_arrays& state) const;
    void remove(const std::filesystem::path& path) const;

    std::filesystem::path folder_; ///< empty: in memory
    disk* disk_ = nullptr;
    std::mutex busy_;
    std::string run_;
    known_states clients_;
};

} // namespace fedasio::store
