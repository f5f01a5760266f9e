#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <mutex>

namespace fedasio::data {

/// How much the threads of a process may hold at the same time, of whatever is counted. For any thread.
class shared_bound {
public:
    explicit shared_bound(std::uint64_t most) : most_(most) {}

    /// Waits until there is room, or nobody holds anything: what is larger than the bound goes alone.
    void take(std::uint64_t amount);
    void give_back(std::uint64_t amount);

    /// Threads that wait in take().
    [[nodiscard]] std::size_t waiting() const;

private:
    mutable std::mutex access_;
    std::condition_variable given_back_;
    const std::uint64_t most_;
    std::uint64_t held_ = 0;
    std::size_t waiting_ = 0;
};

/// What one thread holds of a bound, until it goes.
class bounded_share {
public:
    /// Null: no bound.
    explicit bounded_share(shared_bound* of) : of_(of) {}

    ~bounded_share() {
        if (held_ > 0) {
            of_->give_back(held_);
        }
    }

    bounded_share(const bounded_share&) = delete;
    bounded_share& operator=(const bounded_share&) = delete;

    /// Once: who waits for more while holding some may wait for ever.
    void take(std::uint64_t amount) {
        if (of_ != nullptr) {
            of_->take(amount);
            held_ = amount;
        }
    }

private:
    shared_bound* of_;
    std::uint64_t held_ = 0;
};

} // namespace fedasio::data
