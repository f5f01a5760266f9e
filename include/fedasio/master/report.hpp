#pragma once

#include <fedasio/master/events.hpp>
#include <fedasio/net/clock.hpp>

#include <boost/json/fwd.hpp>

#include <string>
#include <vector>

namespace fedasio::master {

/// The JSON form of one round, the same in report, HTTP interface and stream (`docs/api.md`). A
/// number that does not exist or is not finite is null.
boost::json::object to_json(const round_result& result);
/// The round that `to_json` made this of. Throws std::exception if it made it of none.
round_result read_round(const boost::json::object& json);

/// What was understood of the tables; null if none was.
boost::json::value to_json(const data::data_description& what);

/// Likewise of a change of the plan.
boost::json::object to_json(const plan_changed& change);
plan_changed read_change(const boost::json::object& json);

/// Collects what `--report` writes: a subscriber to the events of a run.
class report {
public:
    explicit report(const net::clock& time) : time_(time) {}

    void take(const event& happened);
    /// As documented in docs/operations.md. `seconds_total` runs from the start of the first training to the
    /// end of the last; of a resumed run it counts the rounds before besides.
    [[nodiscard]] boost::json::object to_json() const;

private:
    const net::clock& time_;
    run_opened run_;
    std::uint64_t parameters_ = 0;
    data::data_description data_;
    std::vector<round_result> rounds_;
    std::vector<plan_changed> changes_;
    std::uint32_t checkpoint_round_ = 0;
    training_finished end_;
    bool ended_ = false;
    net::clock::time_point began_ = net::clock::time_point::max();
    double seconds_before_ = 0; ///< of the rounds of earlier processes
    net::clock::duration seconds_total_{};
};

} // namespace fedasio::master
