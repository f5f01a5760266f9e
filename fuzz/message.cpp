#include <fedasio/text/field_error.hpp>
#include <fedasio/wire/cancel.hpp>
#include <fedasio/wire/evaluate.hpp>
#include <fedasio/wire/hello.hpp>
#include <fedasio/wire/initial.hpp>
#include <fedasio/wire/load.hpp>
#include <fedasio/wire/measurements.hpp>
#include <fedasio/wire/model.hpp>
#include <fedasio/wire/run_over.hpp>
#include <fedasio/wire/standing.hpp>
#include <fedasio/wire/survey.hpp>
#include <fedasio/wire/train.hpp>
#include <fedasio/wire/weights.hpp>

#include <boost/json/object.hpp>

#include "meta.hpp"
#include "target.hpp"

// The meta of a frame, given to the readers of all messages. What one takes must be the same when it has been
// sent on and read once more.

namespace {

namespace text = fedasio::text;
namespace wire = fedasio::wire;
namespace fuzz = fedasio::fuzz;
using boost::json::object;

template <class Message>
void check(const object& meta, Message (*read)(const object&)) {
    object written;
    try {
        written = wire::to_meta(read(meta));
    } catch (const text::field_error&) {
        return;
    }
    fuzz::require(wire::to_meta(read(fuzz::sent(written))) == written,
                  "what was read is the same when it was sent on");
}

} // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto meta = fuzz::received(fuzz::as_text(data, size));
    if (meta) {
        check(*meta, wire::read_hello);
        check(*meta, wire::read_welcome);
        check(*meta, wire::read_survey);
        check(*meta, wire::read_summary);
        check(*meta, wire::read_load);
        check(*meta, wire::read_loaded);
        check(*meta, wire::read_model);
        check(*meta, wire::read_weights);
        check(*meta, wire::read_train);
        check(*meta, wire::read_update);
        check(*meta, wire::read_evaluate);
        check(*meta, wire::read_evaluation);
        check(*meta, wire::read_initial);
        check(*meta, wire::read_initial_arrays);
        check(*meta, wire::read_cancel);
        check(*meta, wire::read_run_over);
        check(*meta, wire::read_measurements);
        check(*meta, wire::read_standing);
    }
    return 0;
}
