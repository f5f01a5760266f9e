#include <fedasio/net/thread_pool.hpp>

#include <algorithm>
#include <limits>
#include <new>
#include <stdexcept>
#include <system_error>

namespace fedasio::net {
namespace {

constexpr auto undecided = std::numeric_limits<std::size_t>::max();

} // namespace

thread_pool::thread_pool(std::size_t wanted)
    : context_(static_cast<int>(std::clamp<std::size_t>(wanted, 2, 1024))),
      open_(asio::make_work_guard(context_)), staying_(undecided) {
    std::string why;
    try {
        threads_.reserve(wanted);
        while (threads_.size() < wanted) {
            threads_.emplace_back([this, number = threads_.size()] { serve(number); });
        }
    } catch (const std::system_error& e) {
        why = e.code().message();
    } catch (const std::bad_alloc&) {
        why = "no memory";
    }
    const auto given = threads_.size();
    const auto staying = given == wanted ? given : (given + 1) / 2;
    staying_ = staying;
    staying_.notify_all();
    for (auto i = staying; i < given; ++i) {
        threads_[i].join();
    }
    threads_.resize(staying);
    if (staying == 0) {
        throw std::runtime_error("the system gives this program no thread (" + why +
                                 "): raise its limit of processes (ulimit -u) or of memory (ulimit -v)");
    }
    if (given < wanted) {
        shortage_ = "the system gives " + std::to_string(given) + " of " + std::to_string(wanted) +
                    " threads (" + why + "): going on with " + std::to_string(staying) +
                    "; raise the limit of processes (ulimit -u) or of memory (ulimit -v) for more";
    }
}

thread_pool::~thread_pool() {
    stop();
}

void thread_pool::join() {
    open_.reset();
    for (auto& one : threads_) {
        if (one.joinable()) {
            one.join();
        }
    }
}

void thread_pool::stop() {
    context_.stop();
    join();
}

void thread_pool::serve(std::size_t number) {
    staying_.wait(undecided);
    if (number < staying_) {
        context_.run();
    }
}

} // namespace fedasio::net
