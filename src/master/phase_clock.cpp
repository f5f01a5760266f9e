#include <fedasio/master/phase_clock.hpp>

#include <chrono>
#include <utility>

namespace fedasio::master {

void phase_clock::enter(phase next, std::uint32_t round) {
    count();
    if (next != now_ || next == phase::waiting) {
        now_ = next;
        events_.publish(phase_entered{next, round});
    }
}

phase_seconds phase_clock::take_seconds() {
    count();
    return std::exchange(seconds_, {});
}

void phase_clock::count() {
    const auto now = time_.now();
    seconds_[static_cast<std::size_t>(now_)] += std::chrono::duration<double>(now - since_).count();
    since_ = now;
}

} // namespace fedasio::master
