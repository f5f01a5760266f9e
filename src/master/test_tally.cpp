#include <fedasio/master/test_tally.hpp>

#include <fmt/format.h>

namespace fedasio::master {

void test_tally::take(const round_result& result) {
    has_result_ = has_result_ || result.test_samples > 0;
    if (!result.test_problem.empty() && result.test_problem != stopped_test) {
        ++failed_;
        last_problem_ = result.test_problem;
    }
}

void test_tally::recall(std::span<const round_result> rounds) {
    *this = {};
    for (const auto& round : rounds) {
        take(round);
    }
}

std::string test_tally::problem() const {
    if (has_result_ || failed_ == 0) {
        return {};
    }
    return failed_ == 1
               ? "its only test failed: " + last_problem_
               : fmt::format("not one of its {} tests worked, the last because {}", failed_, last_problem_);
}

} // namespace fedasio::master
