#pragma once

#include <fedasio/method/strategy.hpp>

#include <boost/asio/any_io_executor.hpp>

#include <cstddef>
#include <functional>
#include <span>

namespace fedasio::master {

/// Runs blocks on the calling thread and on up to `helpers` threads of `pool` next to it, for who is on the
/// pool already: the calling thread takes blocks as the others do, so that it ends however busy they are.
[[nodiscard]] method::block_runner blocks_on(boost::asio::any_io_executor pool, std::size_t helpers);

/// Does each of these once, at the same time as far as `in_blocks` has threads; throws what one of them
/// threw, when all are done.
void do_all(const method::block_runner& in_blocks, std::span<const std::function<void()>> jobs);

} // namespace fedasio::master
