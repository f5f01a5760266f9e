#include <fedasio/plan/arrays_json.hpp>
#include <fedasio/text/json_reader.hpp>
#include <fedasio/wire/initial.hpp>

#include <boost/json/object.hpp>

namespace fedasio::wire {

using boost::json::object;
using reader = text::json_reader;

object to_meta(const initial& what) {
    return {{"seed", what.seed}};
}

initial read_initial(const object& meta) {
    const reader in(meta, "initial");
    return {in.number("seed")};
}

object to_meta(const initial_arrays& what) {
    return {{"arrays", plan::to_json(what.arrays)}};
}

initial_arrays read_initial_arrays(const object& meta) {
    const reader in(meta, "initial");
    return {plan::arrays_from_json(in.get("arrays").value(), "initial.arrays")};
}

} // namespace fedasio::wire
