#pragma once

#include <fedasio/master/events.hpp>
#include <fedasio/master/free_numbers.hpp>
#include <fedasio/net/clock.hpp>
#include <fedasio/plan/plan.hpp>

#include <cstdint>
#include <map>
#include <optional>
#include <string>

namespace fedasio::master {

/// Partition `local`, where each worker brings data of its own: which client an owner is, by its name, and
/// what is remembered of it while it is away. An owner keeps its client for as long as the run lasts, also
/// through a crash. Nothing here costs more than O(log n) of n owners, but for lists of all.
class owners {
public:
    struct absence {
        net::clock::time_point since;
        std::uint32_t round = 0; ///< the first one without it
        bool is_told = false;
        bool was_here = false; ///< in this process
    };

    /// Its data, as it told it last.
    struct loaded_data {
        std::string digest;
        std::uint64_t samples = 0;
    };

    /// Of a run that is resumed: who owned what before. Nobody of them has been here in this process.
    void take_up(const std::map<std::string, client_id>& known);

    /// By name.
    [[nodiscard]] const std::map<std::string, client_id>& all() const noexcept { return clients_; }

    [[nodiscard]] std::size_t size() const noexcept { return clients_.size(); }

    [[nodiscard]] bool contains(const std::string& name) const { return clients_.contains(name); }

    [[nodiscard]] std::optional<client_id> client_of(const std::string& name) const;
    /// Null if nobody owns it.
    [[nodiscard]] const std::string* name_of(client_id client) const;

    /// The smallest number that no owner has.
    [[nodiscard]] client_id first_free() const { return free_.first(); }

    /// One more than the largest number; 0: there are none.
    [[nodiscard]] std::uint32_t clients_total() const;

    /// Who is none yet becomes the owner of first_free(); the client is returned.
    client_id add(const std::string& name);
    /// Its client is free for another, as if it had never come.
    void forget(const std::string& name);

    /// So many must be there for a training to begin, and are worth waiting for: the plan's quorum, or with
    /// `require_all` all, of its `clients` or of those that are known, whichever are more.
    [[nodiscard]] std::uint64_t needed(const plan::plan& plan) const;

    /// Away since its first absence that has not ended with mark_back().
    absence& mark_away(const std::string& name, net::clock::time_point now, std::uint32_t round);

    void mark_back(const std::string& name) { away_.erase(name); }

    /// Null if it is not away.
    [[nodiscard]] const absence* absence_of(const std::string& name) const;

    /// What it loaded before, if it ever did; then this is remembered.
    std::optional<loaded_data> note_data(const std::string& name, loaded_data now);

    /// What must always hold and does not; empty: all does.
    [[nodiscard]] std::string broken_invariant() const;

private:
    std::map<std::string, client_id> clients_;
    std::map<client_id, std::string> names_;
    free_numbers free_;
    std::map<std::string, absence> away_;
    std::map<std::string, loaded_data> data_;
};

} // namespace fedasio::master
