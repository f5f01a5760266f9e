#include <fedasio/text/json_reader.hpp>
#include <fedasio/wire/weights.hpp>

#include <boost/json/object.hpp>

namespace fedasio::wire {

using boost::json::object;
using reader = text::json_reader;

object to_meta(const weights& what) {
    return {{"version", what.version}};
}

weights read_weights(const object& meta) {
    return weights{reader(meta, "weights").number32("version")};
}

} // namespace fedasio::wire
