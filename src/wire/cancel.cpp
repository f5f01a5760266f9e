#include <fedasio/text/json_reader.hpp>
#include <fedasio/wire/cancel.hpp>

#include <boost/json/object.hpp>

namespace fedasio::wire {

using boost::json::object;
using reader = text::json_reader;

object to_meta(const cancel& what) {
    return {{"round", what.round}};
}

cancel read_cancel(const object& meta) {
    return cancel{reader(meta, "cancel").number32("round")};
}

} // namespace fedasio::wire
