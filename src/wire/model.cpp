#include <fedasio/plan/limits.hpp>
#include <fedasio/plan/spec_json.hpp>
#include <fedasio/text/json_reader.hpp>
#include <fedasio/wire/model.hpp>

#include <boost/json/object.hpp>

namespace fedasio::wire {

using boost::json::object;
using reader = text::json_reader;

object to_meta(const model& what) {
    return {{"seed", what.seed},
            {"network", plan::to_json(what.network)},
            {"local", plan::to_json(what.local)},
            {"parameters", what.parameters}};
}

model read_model(const object& meta) {
    const reader in(meta, "model");
    model what;
    what.seed = in.number("seed");
    what.network = plan::model_from_json(in.get("network").value(), "model.network");
    what.local = plan::local_training_from_json(in.get("local").value(), "model.local");
    what.parameters = in.number("parameters", plan::limits::parameters);
    return what;
}

} // namespace fedasio::wire
