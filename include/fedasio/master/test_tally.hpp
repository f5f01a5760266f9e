#pragma once

#include <fedasio/master/events.hpp>

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace fedasio::master {

/// The problem of a test that was cut short with its training, by whoever stopped that.
inline constexpr std::string_view stopped_test = "it was stopped before it was over";

/// Whether any test of a run gave a result, those of earlier processes included. One that was stopped tells
/// nothing of who tests, and does not count.
class test_tally {
public:
    void take(const round_result& result);

    /// Instead of all taken so far.
    void recall(std::span<const round_result> rounds);

    /// Why there is no result of any test, in words that end a sentence; empty if there is one, or there was
    /// no test.
    [[nodiscard]] std::string problem() const;

private:
    std::uint32_t failed_ = 0; ///< tests
    bool has_result_ = false;
    std::string last_problem_;
};

} // namespace fedasio::master
