#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/execution.hpp>
#include <boost/asio/io_context.hpp>

#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <utility>

namespace fedasio::worker::testing {

/// A pool whose jobs run when the test says so, in any order: as threads of which one is slow.
class picked_pool {
public:
    class executor {
    public:
        explicit executor(picked_pool& of) noexcept : pool_(&of) {}

        friend bool operator==(const executor& a, const executor& b) noexcept { return a.pool_ == b.pool_; }

        friend bool operator!=(const executor& a, const executor& b) noexcept { return !(a == b); }

        boost::asio::execution_context& query(boost::asio::execution::context_t) const noexcept {
            return pool_->context_;
        }

        [[nodiscard]] boost::asio::execution::blocking_t
        query(boost::asio::execution::blocking_t) const noexcept {
            return boost::asio::execution::blocking.never;
        }

        [[nodiscard]] executor require(boost::asio::execution::blocking_t::never_t) const noexcept {
            return *this;
        }

        template <class Function>
        void execute(Function what) const {
            auto job = std::make_shared<Function>(std::move(what));
            pool_->jobs_.emplace_back([job] { std::move (*job)(); });
        }

    private:
        picked_pool* pool_;
    };

    [[nodiscard]] boost::asio::any_io_executor get_executor() { return executor(*this); }

    /// Jobs that wait.
    [[nodiscard]] std::size_t size() const noexcept { return jobs_.size(); }

    /// Runs the job that came as the number `place` of those that wait, from 0.
    void run(std::size_t place = 0) {
        const auto at = jobs_.begin() + static_cast<std::ptrdiff_t>(place);
        const auto job = std::move(*at);
        jobs_.erase(at);
        job();
    }

private:
    boost::asio::io_context context_;
    std::deque<std::function<void()>> jobs_;
};

} // namespace fedasio::worker::testing
