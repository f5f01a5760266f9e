#pragma once

#include <boost/json/array.hpp>

#include <string>

namespace fedasio::steering {

/// The array of worker objects as a table, a worker a line: who it is, what it does and how well, and why it
/// does nothing. Those that are gone stand last; of more than `most` lines the rest is counted.
std::string workers_text(const boost::json::array& workers, std::size_t most);

} // namespace fedasio::steering
