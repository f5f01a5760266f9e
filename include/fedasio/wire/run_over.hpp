#pragma once

#include <boost/json/fwd.hpp>

#include <string>

namespace fedasio::wire {

/// The master ends for good; the worker may end too.
struct run_over {
    std::string reason;
};

[[nodiscard]] boost::json::object to_meta(const run_over& what);
[[nodiscard]] run_over read_run_over(const boost::json::object& meta);

} // namespace fedasio::wire
