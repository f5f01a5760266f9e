#include <fedasio/master/stranger_log.hpp>

#include <chrono>
#include <utility>

namespace fedasio::master {
namespace {

constexpr net::rate each{20, std::chrono::seconds(10)};
constexpr net::clock::duration pause = std::chrono::seconds(10);

} // namespace

stranger_log::stranger_log(net::runtime& rt, teller tell) : rt_(rt), tell_(std::move(tell)) {}

void stranger_log::add(std::string what) {
    if (has_ended_) {
        return;
    }
    const auto now = rt_.time.now();
    if (untold_ == 0 && told_.wait(each, now) == net::clock::duration::zero()) {
        told_.count(each, now);
        tell_(std::move(what));
        return;
    }
    ++untold_;
    last_ = std::move(what);
    if (!later_) {
        later_ = rt_.time.at(now + pause, [this] { tell_the_rest(); });
    }
}

void stranger_log::end() {
    has_ended_ = true;
    if (later_) {
        tell_the_rest();
    }
}

void stranger_log::tell_the_rest() {
    later_.reset();
    const auto count = std::exchange(untold_, 0);
    tell_(std::to_string(count) + " more in the last 10 seconds; " + std::exchange(last_, {}));
}

} // namespace fedasio::master
