#pragma once

#include <fedasio/net/clock.hpp>

#include <algorithm>
#include <cstddef>
#include <map>
#include <string>

namespace fedasio::dashboard {

/// `burst` times at once, and then once in each `interval`.
struct rate {
    int burst = 1;
    net::clock::duration interval{};
};

/// Counts how often something happens for each key: the generic cell rate algorithm (ITU-T I.371), one
/// number a key. Remembers a bounded number of keys.
class rate_limit {
public:
    using time_point = net::clock::time_point;

    explicit rate_limit(rate each, std::size_t most_keys = 4096) : each_(each), most_keys_(most_keys) {}

    /// How long it must wait; zero: it may happen now.
    [[nodiscard]] net::clock::duration wait(const std::string& key, time_point now) const {
        const auto found = due_.find(key);
        const auto due = found == due_.end() ? now : std::max(now, found->second);
        return std::max(net::clock::duration{}, due - now - each_.interval * (each_.burst - 1));
    }

    /// It happens, allowed or not.
    void count(const std::string& key, time_point now) {
        if (due_.size() >= most_keys_ && !due_.contains(key)) {
            std::erase_if(due_, [now](const auto& entry) { return entry.second <= now; });
        }
        if (due_.size() >= most_keys_ && !due_.contains(key)) {
            due_.erase(std::ranges::min_element(due_, {}, [](const auto& entry) { return entry.second; }));
        }
        auto& due = due_.try_emplace(key, now).first->second;
        due = std::max(due, now) + each_.interval;
    }

private:
    rate each_;
    std::size_t most_keys_;
    std::map<std::string, time_point> due_; ///< when all that happened will be forgotten
};

} // namespace fedasio::dashboard
