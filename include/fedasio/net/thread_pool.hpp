#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>

#include <atomic>
#include <cstddef>
#include <string>
#include <thread>
#include <vector>

namespace fedasio::net {

namespace asio = boost::asio;

/// The threads that compute. Unlike boost::asio::thread_pool it goes on where the system gives fewer threads
/// than asked for.
class thread_pool {
public:
    /// Starts so many threads. Where there are fewer (limits of processes or of address space), it gives half
    /// of those back, for what they will work with needs room too. Throws std::runtime_error that says what
    /// to do when there is not even one.
    explicit thread_pool(std::size_t wanted);
    /// Drops what has not begun and waits for what has.
    ~thread_pool();
    thread_pool(const thread_pool&) = delete;
    thread_pool& operator=(const thread_pool&) = delete;

    /// Waits until everything is done that was given to it.
    void join();
    /// Drops what has not begun and waits for what has.
    void stop();

    [[nodiscard]] std::size_t size() const noexcept { return threads_.size(); }

    /// Why there are fewer threads than asked for, as a sentence; empty if there are not.
    [[nodiscard]] const std::string& shortage() const noexcept { return shortage_; }

    [[nodiscard]] asio::any_io_executor get_executor() { return context_.get_executor(); }

private:
    void serve(std::size_t number);

    asio::io_context context_;
    asio::executor_work_guard<asio::io_context::executor_type> open_;
    std::atomic<std::size_t> staying_; ///< threads that go on; undecided while they are started
    std::vector<std::thread> threads_;
    std::string shortage_;
};

} // namespace fedasio::net
