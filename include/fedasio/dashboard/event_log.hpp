#pragma once

#include <fedasio/dashboard/event_ring.hpp>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <vector>

namespace fedasio::dashboard {

/// The events that a log shows, bounded. What happens in every round is kept apart from the rest, so that
/// rounds that take milliseconds do not push a failure out that happened a minute ago.
class event_log {
public:
    /// Each of the two kinds keeps so many events and bytes; of more the oldest go, but the newest always
    /// stays.
    event_log(std::size_t most_events, std::size_t most_bytes)
        : most_events_(most_events), most_bytes_(most_bytes) {}

    void push(std::uint64_t seq, shared_text text, bool every_round);
    /// All that is kept, in the order of their numbers.
    [[nodiscard]] std::vector<shared_text> texts() const;

private:
    struct entry {
        std::uint64_t seq = 0;
        shared_text text;
    };

    struct kind {
        std::deque<entry> entries;
        std::size_t bytes = 0;
    };

    std::size_t most_events_;
    std::size_t most_bytes_;
    kind routine_;
    kind rare_;
};

} // namespace fedasio::dashboard
