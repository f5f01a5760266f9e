#include <fedasio/plan/limits.hpp>
#include <fedasio/text/json_reader.hpp>
#include <fedasio/wire/train.hpp>

#include <boost/json/object.hpp>

#include "wire/numbers.hpp"
#include "wire/own_metrics.hpp"

namespace fedasio::wire {

using boost::json::object;
using reader = text::json_reader;

object to_meta(const train& what) {
    object meta{{"round", what.round}, {"client", what.client}, {"version", what.version}};
    put(meta, "state_round", what.state_round);
    put(meta, "safe_round", what.safe_round);
    put(meta, what.state);
    return meta;
}

train read_train(const object& meta) {
    const reader in(meta, "train");
    train what{in.number32("round"), in.number32("client"), in.number32("version")};
    what.state_round = number32_or_0(in, "state_round");
    what.safe_round = number32_or_0(in, "safe_round");
    what.state = read_state(in.find("state"));
    return what;
}

object to_meta(const update& what) {
    object meta{{"round", what.round},
                {"client", what.client},
                {"samples", what.samples},
                {"loss", what.loss},
                {"seconds", what.seconds}};
    put(meta, "accuracy", what.accuracy);
    put(meta, "loss_before", what.loss_before);
    put(meta, what.state);
    put(meta, what.metrics);
    return meta;
}

update read_update(const object& meta) {
    const reader in(meta, "update");
    update what;
    what.round = in.number32("round");
    what.client = in.number32("client");
    what.samples = in.number("samples", plan::limits::samples);
    what.loss = in.real("loss", error_sum);
    what.accuracy = real_if(in.find("accuracy"), text::interval{0, 1});
    what.seconds = in.find("seconds") ? in.real("seconds", text::interval{0, 1e9}) : 0;
    what.loss_before = real_if(in.find("loss_before"), error_sum);
    what.state = read_state(in.find("state"));
    what.metrics = read_metrics(in.find("metrics"));
    return what;
}

} // namespace fedasio::wire
