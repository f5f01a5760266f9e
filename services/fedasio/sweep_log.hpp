#pragma once

#include <fedasio/simulation/sweep.hpp>

#include <chrono>
#include <cstddef>
#include <string>

namespace fedasio::steering {

/// Tells in the log how a sweep gets on: a line for each run that starts or ends, and one every few seconds
/// in between, with the time that is left if no run reaches its target early.
class sweep_log {
public:
    explicit sweep_log(std::size_t runs) : runs_(runs) {}

    void take(const simulation::sweep_progress& news);

private:
    using clock = std::chrono::steady_clock;

    void tell_round(const simulation::sweep_progress& news);
    [[nodiscard]] double seconds_left(const simulation::sweep_progress& news, double in_run) const;

    std::size_t runs_;
    clock::time_point began_;
    clock::time_point told_;
    std::uint32_t rounds_before_ = 0;
    double seconds_of_finished_ = 0;
    std::size_t finished_ = 0;
};

} // namespace fedasio::steering
