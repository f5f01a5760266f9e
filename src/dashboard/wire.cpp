#include "wire.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/error.hpp>

#include <exception>
#include <span>

namespace fedasio::dashboard {
namespace {

/// Hands a result on, never before the operation's start has returned.
auto deliver(const asio::any_io_executor& executor, wire::handler done) {
    return
        [executor, done = std::move(done)](const std::exception_ptr& failure, net::transferred what) mutable {
            const error_code result = failure ? error_code(asio::error::no_memory) : what.error;
            asio::post(executor, [done = std::move(done), result, bytes = what.bytes]() mutable {
                std::move(done)(result, bytes);
            });
        };
}

net::awaitable<net::transferred> read_from(std::shared_ptr<net::stream> below, asio::mutable_buffer into) {
    co_return co_await below->read_some(into);
}

template <class Buffers>
net::awaitable<net::transferred> write_to(std::shared_ptr<net::stream> below, Buffers from) {
    co_return co_await below->write_some(from);
}

} // namespace

void wire::read(asio::mutable_buffer into, handler done) {
    asio::co_spawn(executor_, read_from(below_, into), deliver(executor_, std::move(done)));
}

void wire::write(const few_buffers& from, handler done) {
    asio::co_spawn(executor_, write_to(below_, from), deliver(executor_, std::move(done)));
}

} // namespace fedasio::dashboard
