#include <fedasio/master/stranger_log.hpp>

#include <algorithm>
#include <chrono>
#include <utility>

namespace fedasio::master {
namespace {

constexpr int at_once = 20;
constexpr net::clock::duration each = std::chrono::seconds(10);
constexpr net::clock::duration pause = std::chrono::seconds(10);

} // namespace

stranger_log::stranger_log(net::runtime& rt, teller tell)
    : rt_(rt), tell_(std::move(tell)), due_(rt.time.now()) {}

// The generic cell rate algorithm (ITU-T I.371).
void stranger_log::add(std::string what) {
    const auto now = rt_.time.now();
    due_ = std::max(due_, now);
    if (due_ - now <= each * (at_once - 1) && untold_ == 0) {
        due_ += each;
        tell_(std::move(what));
        return;
    }
    ++untold_;
    last_ = std::move(what);
    if (!later_) {
        later_ = rt_.time.at(now + pause, [this] { tell_the_rest(); });
    }
}

void stranger_log::tell_the_rest() {
    later_.reset();
    const auto count = std::exchange(untold_, 0);
    tell_(std::to_string(count) + " more in the last 10 seconds; " + std::exchange(last_, {}));
}

} // namespace fedasio::master
