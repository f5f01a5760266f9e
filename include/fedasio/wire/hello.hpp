#pragma once

#include <boost/json/fwd.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace fedasio::wire {

/// A worker's first frame.
struct hello {
    std::string name;          ///< unique among the workers, see `problem_of_name`
    std::uint32_t clients = 0; ///< clients it hosts at most; 0: as many as the master gives
    std::uint32_t threads = 1;
    std::string version;
    std::string instruction_set;
    std::vector<std::string> strategies = {}; ///< those with a client half that it knows
};

/// Why this cannot be a worker's name; empty: it can. A name has 1 to 64 bytes, is printable
/// (text::is_printable) and not blank.
[[nodiscard]] std::string problem_of_name(std::string_view name);

/// The reply.
struct welcome {
    std::uint32_t worker = 0;
    std::string plan; ///< the plan's name, for people
};

[[nodiscard]] boost::json::object to_meta(const hello& what);
[[nodiscard]] hello read_hello(const boost::json::object& meta);
[[nodiscard]] boost::json::object to_meta(const welcome& what);
[[nodiscard]] welcome read_welcome(const boost::json::object& meta);

} // namespace fedasio::wire
