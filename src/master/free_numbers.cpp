#include <fedasio/master/free_numbers.hpp>

#include <iterator>

namespace fedasio::master {

bool free_numbers::is_free(std::uint32_t number) const {
    const auto next = stretches_.upper_bound(number);
    return next != stretches_.begin() && number <= std::prev(next)->second;
}

void free_numbers::take(std::uint32_t number) {
    if (!is_free(number)) {
        return;
    }
    const auto around = std::prev(stretches_.upper_bound(number));
    const auto last = around->second;
    if (around->first == number) {
        stretches_.erase(around);
    } else {
        around->second = number - 1;
    }
    if (number < last) {
        stretches_.emplace(number + 1, last);
    }
}

void free_numbers::give_back(std::uint32_t number) {
    if (is_free(number)) {
        return;
    }
    auto last = number;
    auto next = stretches_.upper_bound(number);
    if (next != stretches_.end() && next->first == number + 1) {
        last = next->second;
        next = stretches_.erase(next);
    }
    if (next != stretches_.begin() && std::prev(next)->second + 1 == number) {
        std::prev(next)->second = last;
    } else {
        stretches_.emplace(number, last);
    }
}

} // namespace fedasio::master
