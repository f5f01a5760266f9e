#include "shared_bound.hpp"

namespace fedasio::data {

void shared_bound::take(std::uint64_t amount) {
    std::unique_lock lock(access_);
    ++waiting_;
    given_back_.wait(lock, [&] { return held_ == 0 || (held_ <= most_ && amount <= most_ - held_); });
    --waiting_;
    held_ += amount;
}

void shared_bound::give_back(std::uint64_t amount) {
    {
        const std::scoped_lock lock(access_);
        held_ -= amount;
    }
    given_back_.notify_all();
}

std::size_t shared_bound::waiting() const {
    const std::scoped_lock lock(access_);
    return waiting_;
}

} // namespace fedasio::data
