#pragma once

#include <fedasio/master/events.hpp>

#include <cstdint>
#include <span>
#include <string>

namespace fedasio::master {

/// Whether any test of a run gave a result, those of earlier processes included.
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
