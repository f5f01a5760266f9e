#pragma once

#include <fedasio/master/events.hpp>
#include <fedasio/net/clock.hpp>

#include <boost/json/fwd.hpp>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace fedasio::master {

/// So many clients' latest tests stand in a report and survive a crash.
inline constexpr std::size_t most_kept_tests = 1000;

/// The JSON form of one round, the same in report, HTTP interface and stream (`docs/api.md`). A
/// number that does not exist or is not finite is null.
boost::json::object to_json(const round_result& result);
/// The round that `to_json` made this of. Throws std::exception if it made it of none.
round_result read_round(const boost::json::object& json);

/// Likewise of what one client found when it tested: a member for each metric.
boost::json::object to_json(const clients_evaluated::one& client);
/// Of the first `most_kept_tests` clients, each with its round.
boost::json::array to_json(const clients_evaluated& tested);
clients_evaluated::one read_client_test(const boost::json::object& json);
/// By class; null if it is not known.
boost::json::value recall_json(const std::vector<std::optional<double>>& recall);
/// What the latest test says of each class, or of a regression's values, as in the event `model_evaluated`.
boost::json::object to_json(const model_evaluated& what);
/// Who took part.
boost::json::array to_json(const std::vector<site>& sites);

/// What was understood of the tables; null if none was.
boost::json::value to_json(const data::data_description& what);

/// Likewise of a change of the plan.
boost::json::object to_json(const plan_changed& change);
plan_changed read_change(const boost::json::object& json);

/// Collects which data workers had in memory last: their names, and the digests that they told.
class data_digests {
public:
    void take(const event& happened);
    [[nodiscard]] boost::json::object to_json() const;

private:
    std::map<worker_id, std::string> names_;     ///< of the workers that are here
    std::map<std::string, std::string> digests_; ///< by name
};

/// Collects what `--report` writes: a subscriber to the events of a run.
class report {
public:
    explicit report(const net::clock& time) : time_(time) {}

    void take(const event& happened);
    /// As documented in docs/operations.md. `seconds_total` runs from the start of the first training to the
    /// end of the last; of a resumed run it counts the rounds before besides.
    [[nodiscard]] boost::json::object to_json() const;

private:
    /// How long a run takes.
    struct span {
        net::clock::time_point began = net::clock::time_point::max();
        double before = 0; ///< seconds, of the rounds of earlier processes
        net::clock::duration total{};
    };

    /// What is told of one run.
    struct account {
        run_opened opened;
        std::uint64_t parameters = 0;
        data::data_description data;
        std::vector<round_result> rounds;
        std::vector<plan_changed> changes;
        clients_evaluated tested;
        std::uint32_t checkpoint_round = 0;
        std::optional<training_finished> end;
        span time;
    };

    const net::clock& time_;
    data_digests digests_;
    account run_;
};

} // namespace fedasio::master
