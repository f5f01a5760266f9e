#include "master/pool_blocks.hpp"

#include <boost/asio/post.hpp>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <exception>
#include <memory>
#include <mutex>
#include <new>
#include <utility>
#include <vector>

namespace fedasio::master {
namespace {

using block_work = std::function<void(const method::block&)>;

/// Blocks that several threads take one after the other. Whoever comes when none is left finds `work` gone
/// and does not touch it.
class shared_blocks {
public:
    shared_blocks(std::size_t values, const block_work& work)
        : blocks_(method::blocks_of(values)), work_(work), open_(blocks_.size()) {}

    [[nodiscard]] std::size_t size() const noexcept { return blocks_.size(); }

    void take_all() {
        for (auto i = next_++; i < blocks_.size(); i = next_++) {
            try {
                work_(blocks_[i]);
            } catch (...) {
                const std::scoped_lock alone(mutex_);
                failure_ = failure_ ? failure_ : std::current_exception();
            }
            const std::scoped_lock alone(mutex_);
            if (--open_ == 0) {
                done_.notify_all();
            }
        }
    }

    void wait() {
        std::unique_lock lock(mutex_);
        done_.wait(lock, [this] { return open_ == 0; });
        if (failure_) {
            std::rethrow_exception(std::exchange(failure_, nullptr));
        }
    }

private:
    std::vector<method::block> blocks_;
    const block_work& work_;
    std::atomic<std::size_t> next_ = 0;
    std::size_t open_;
    std::exception_ptr failure_;
    std::mutex mutex_;
    std::condition_variable done_;
};

} // namespace

method::block_runner blocks_on(boost::asio::any_io_executor pool, std::size_t helpers) {
    return [pool = std::move(pool), helpers](std::size_t values, const block_work& work) {
        const auto shared = std::make_shared<shared_blocks>(values, work);
        const auto wanted = std::min(helpers, shared->size() - std::min<std::size_t>(shared->size(), 1));
        for (std::size_t i = 0; i < wanted; ++i) {
            try {
                boost::asio::post(pool, [shared] { shared->take_all(); });
            } catch (const std::bad_alloc&) {
                break; // this thread does what the others do not
            }
        }
        shared->take_all();
        if (shared->size() > 0) {
            shared->wait();
        }
    };
}

void do_all(const method::block_runner& in_blocks, std::span<const std::function<void()>> jobs) {
    in_blocks(jobs.size() * method::block_values,
              [&](const method::block& part) { jobs[part.first / method::block_values](); });
}

} // namespace fedasio::master
