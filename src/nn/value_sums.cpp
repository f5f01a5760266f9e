#include <fedasio/nn/value_sums.hpp>

#include <cmath>

namespace fedasio::nn {

void value_sums::add(double output, double target) noexcept {
    ++count;
    absolute += std::abs(output - target);
    const double apart = target - label_mean;
    label_mean += apart / static_cast<double>(count);
    label_m2 += apart * (target - label_mean);
}

void value_sums::add(const value_sums& other) noexcept {
    if (other.count == 0) {
        return;
    }
    const auto own = static_cast<double>(count);
    const auto more = static_cast<double>(other.count);
    const double apart = other.label_mean - label_mean;
    count += other.count;
    absolute += other.absolute;
    label_mean += apart * more / (own + more);
    label_m2 += other.label_m2 + apart * apart * own * more / (own + more);
}

} // namespace fedasio::nn
