#include <fedasio/plan/arrays_json.hpp>
#include <fedasio/plan/limits.hpp>
#include <fedasio/plan/spec_json.hpp>
#include <fedasio/text/json_reader.hpp>
#include <fedasio/wire/model.hpp>

#include <boost/json/object.hpp>

#include <string>
#include <string_view>
#include <utility>

namespace fedasio::wire {

using boost::json::object;
using reader = text::json_reader;

namespace {

constexpr std::pair<std::string_view, bool> keepers[] = {{"worker", false}, {"master", true}};

} // namespace

object to_meta(const model& what) {
    object meta{{"seed", what.seed}};
    if (what.network) {
        meta["network"] = plan::to_json(*what.network);
    } else {
        meta["arrays"] = plan::to_json(what.arrays.value());
    }
    meta["local"] = plan::to_json(what.local);
    meta["parameters"] = what.parameters;
    if (what.strategy) {
        meta["strategy"] = plan::to_json(*what.strategy);
    }
    if (what.keeps_states()) {
        meta["state"] = what.master_keeps_state ? "master" : "worker";
        meta["run"] = what.run;
    }
    return meta;
}

model read_model(const object& meta) {
    const reader in(meta, "model");
    model what;
    what.seed = in.number("seed");
    if (const auto arrays = in.find("arrays"); arrays && !in.find("network")) {
        what.arrays = plan::arrays_from_json(arrays->value(), "model.arrays");
    } else {
        what.network = plan::model_from_json(in.get("network").value(), "model.network");
    }
    what.local = plan::local_training_from_json(in.get("local").value(), "model.local");
    what.parameters = in.number("parameters", plan::limits::parameters);
    if (const auto strategy = in.find("strategy")) {
        what.strategy = plan::strategy_from_json(strategy->value(), "model.strategy");
    }
    if (what.keeps_states()) {
        what.master_keeps_state = in.get("state").choice<bool>(keepers);
        what.run = in.text("run", plan::limits::run);
        if (what.run.find_first_not_of("0123456789abcdef") != std::string::npos) {
            in.get("run").refuse("hexadecimal digits"); // it may become the name of a folder
        }
    }
    return what;
}

} // namespace fedasio::wire
