#include <fedasio/text/json_reader.hpp>
#include <fedasio/wire/measurements.hpp>

#include <boost/json/object.hpp>

#include "wire/numbers.hpp"

namespace fedasio::wire {

using boost::json::object;
using reader = text::json_reader;

object to_meta(const measurements& what) {
    return {{"cpu_percent", what.cpu_percent}, {"memory_bytes", what.memory_bytes}};
}

measurements read_measurements(const object& meta) {
    const reader in(meta, "measurements");
    return measurements{in.real("cpu_percent", not_negative), in.number("memory_bytes")};
}

} // namespace fedasio::wire
