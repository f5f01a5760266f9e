#pragma once

#include <boost/json/fwd.hpp>

#include <cstdint>

namespace fedasio::wire {

/// What is asked for in this round is not needed any more.
struct cancel {
    std::uint32_t round = 0;
};

[[nodiscard]] boost::json::object to_meta(const cancel& what);
[[nodiscard]] cancel read_cancel(const boost::json::object& meta);

} // namespace fedasio::wire
