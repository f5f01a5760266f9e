#pragma once

#include <fedasio/net/cell_rate.hpp>

#include <algorithm>
#include <cstddef>
#include <map>
#include <string>

namespace fedasio::dashboard {

using net::rate;

/// Counts how often something happens for each key. Remembers a bounded number of keys.
class rate_limit {
public:
    using time_point = net::clock::time_point;

    explicit rate_limit(rate each, std::size_t most_keys = 4096) : each_(each), most_keys_(most_keys) {}

    /// How long it must wait; zero: it may happen now.
    [[nodiscard]] net::clock::duration wait(const std::string& key, time_point now) const {
        const auto found = rates_.find(key);
        return found == rates_.end() ? net::clock::duration{} : found->second.wait(each_, now);
    }

    /// It happens, allowed or not.
    void count(const std::string& key, time_point now) {
        const auto forgotten = [](const auto& entry) { return entry.second.forgotten(); };
        if (rates_.size() >= most_keys_ && !rates_.contains(key)) {
            std::erase_if(rates_, [&](const auto& entry) { return forgotten(entry) <= now; });
        }
        if (rates_.size() >= most_keys_ && !rates_.contains(key)) {
            rates_.erase(std::ranges::min_element(rates_, {}, forgotten));
        }
        rates_[key].count(each_, now);
    }

private:
    rate each_;
    std::size_t most_keys_;
    std::map<std::string, net::cell_rate> rates_;
};

} // namespace fedasio::dashboard
