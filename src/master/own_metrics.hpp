#pragma once

#include <fedasio/master/events.hpp>
#include <fedasio/plan/own_metrics.hpp>
#include <fedasio/plan/plan.hpp>

#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace fedasio::master {

/// What the trainers of several clients tell, each number averaged by samples over the clients that tell it.
/// Add them in the order of the clients: a sum of doubles depends on it.
class metric_means {
public:
    void add(const plan::own_metrics& told, std::uint64_t samples);

    /// Of more than `plan::limits::round_metrics` names those that most clients tell, of equal ones the first
    /// by name: so one client that tells many takes no place from the others.
    [[nodiscard]] plan::own_metrics finish() const;

private:
    struct sum {
        double value = 0; ///< times samples
        double samples = 0;
        std::uint64_t clients = 0;
    };

    std::map<std::string, sum, std::less<>> sums_;
};

/// Sees whether the plan judges models by metrics that nobody tells.
class metric_watch {
public:
    void begin_anew() { told_.clear(); }

    /// Of a finished round: sentences for people, each once.
    [[nodiscard]] std::vector<std::string> take(const plan::plan& plan, const round_result& result);

private:
    std::set<std::string> told_; ///< keys of the plan
};

} // namespace fedasio::master
