#pragma once

#include <fedasio/master/events.hpp>
#include <fedasio/master/log.hpp>
#include <fedasio/master/report.hpp>
#include <fedasio/net/clock.hpp>

#include <filesystem>
#include <string>

namespace fedasio::program {

/// Where the rounds of this report go as a table, which pandas.read_json reads: `r.rounds.json` beside
/// `r.json`.
[[nodiscard]] std::filesystem::path rounds_beside(std::filesystem::path report);

/// Where a program that drives trainings puts what happens: the process's log, and the file of --report.
class event_output {
public:
    /// `report_file` empty: no report is kept.
    event_output(const net::clock& time, std::string report_file);

    /// The report is written each time a training ends.
    void take(const master::event& happened);

    /// False if a report could not be written; the log says why.
    [[nodiscard]] bool is_complete() const noexcept { return complete_; }

    /// How the last training ended; empty before one has.
    [[nodiscard]] const std::string& last_end() const noexcept { return last_end_; }

    /// The same if somebody was lacking in it, else empty.
    [[nodiscard]] const std::string& last_absence() const noexcept { return last_absence_; }

private:
    master::log_writer log_;
    master::report report_;
    std::string report_file_;
    bool complete_ = true;
    std::string last_end_;
    std::string last_absence_;
};

} // namespace fedasio::program
