#include <fedasio/plan/limits.hpp>
#include <fedasio/text/json_reader.hpp>
#include <fedasio/wire/run_over.hpp>

#include <boost/json/object.hpp>

namespace fedasio::wire {

using boost::json::object;
using reader = text::json_reader;

object to_meta(const run_over& what) {
    return {{"reason", what.reason}};
}

run_over read_run_over(const object& meta) {
    return run_over{reader(meta, "run_over").text_or_empty("reason", plan::limits::sentence)};
}

} // namespace fedasio::wire
