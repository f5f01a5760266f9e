#pragma once

#include <cstdint>
#include <map>
#include <string>

namespace fedasio::master {

/// Who was late: a worker that does not answer within a round's deadline costs everybody that deadline, so it
/// is asked less often. After `k` late rounds in a row it rests until 2^k rounds later (at most 64); one
/// round in time, and all is forgiven. A function of what happened alone.
class pace {
public:
    static constexpr unsigned most_doublings = 6;

    [[nodiscard]] bool rests(const std::string& name, std::uint32_t round) const;
    /// Counts once a round.
    void was_late(const std::string& name, std::uint32_t round);

    void was_in_time(const std::string& name) { late_.erase(name); }

    void clear() { late_.clear(); }

    /// Rounds in a row; 0: it was in time.
    [[nodiscard]] unsigned late_in_a_row(const std::string& name) const;
    /// The round from which on it is asked again.
    [[nodiscard]] std::uint32_t asked_again(const std::string& name) const;

private:
    struct lateness {
        unsigned in_a_row = 0;
        std::uint32_t last = 0;
        std::uint32_t asked_again = 0;
    };

    std::map<std::string, lateness> late_;
};

} // namespace fedasio::master
