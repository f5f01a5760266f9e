#include <fedasio/nn/schedule.hpp>

#include <algorithm>
#include <cmath>
#include <numbers>
#include <stdexcept>
#include <string>

namespace fedasio::nn {

namespace {

void require(bool is_met, const char* name, double value, const char* range) {
    if (!is_met) {
        throw std::invalid_argument("a schedule's " + std::string(name) + " is " + std::to_string(value) +
                                    ": it must be " + range);
    }
}

void check(const schedule& it) {
    switch (it.type) {
    case schedule::kind::constant:
        return;
    case schedule::kind::step:
        require(it.every > 0, "every", it.every, "1 or more");
        [[fallthrough]];
    case schedule::kind::exponential:
        require(it.factor > 0.0 && it.factor <= 1.0, "factor", it.factor, "above 0 and at most 1");
        return;
    case schedule::kind::cosine:
        require(it.rounds > 0, "rounds", it.rounds, "1 or more");
        require(it.minimum >= 0.0 && it.minimum <= 1.0, "minimum", it.minimum, "at least 0 and at most 1");
        return;
    }
}

// Not std::pow, whose last bit is another one in another C library.
double power(double base, std::uint32_t exponent) {
    double result = 1.0;
    for (; exponent != 0; exponent /= 2, base *= base) {
        result *= exponent % 2 == 1 ? base : 1.0;
    }
    return result;
}

} // namespace

double factor(const schedule& schedule, std::uint32_t round) {
    check(schedule);
    if (round == 0) {
        throw std::invalid_argument("a schedule is asked about round 0: rounds count from 1");
    }
    const std::uint32_t before = round - 1;
    switch (schedule.type) {
    case schedule::kind::constant:
        break;
    case schedule::kind::step:
        return power(schedule.factor, before / schedule.every);
    case schedule::kind::exponential:
        return power(schedule.factor, before);
    case schedule::kind::cosine: {
        if (before >= schedule.rounds) {
            return schedule.minimum;
        }
        const double turn = std::numbers::pi * before / schedule.rounds;
        return schedule.minimum + (1.0 - schedule.minimum) * (1.0 + std::cos(turn)) / 2.0;
    }
    }
    return 1.0;
}

} // namespace fedasio::nn
