#include <fedasio/federation/messages.hpp>

#include <boost/json/object.hpp>

#include "meta.hpp"
#include "target.hpp"

// The meta of a frame, given to the readers of all messages. What one takes must be the same when it has been
// sent on and read once more.

namespace {

namespace federation = fedasio::federation;
namespace fuzz = fedasio::fuzz;
using boost::json::object;

template <class Message>
void check(const object& meta, Message (*read)(const object&)) {
    object written;
    try {
        written = federation::to_meta(read(meta));
    } catch (const federation::plan_error&) {
        return;
    }
    fuzz::require(federation::to_meta(read(fuzz::sent(written))) == written,
                  "what was read is the same when it was sent on");
}

} // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto meta = fuzz::received(fuzz::as_text(data, size));
    if (meta) {
        check(*meta, federation::read_hello);
        check(*meta, federation::read_welcome);
        check(*meta, federation::read_survey);
        check(*meta, federation::read_summary);
        check(*meta, federation::read_load);
        check(*meta, federation::read_loaded);
        check(*meta, federation::read_model);
        check(*meta, federation::read_weights);
        check(*meta, federation::read_train);
        check(*meta, federation::read_update);
        check(*meta, federation::read_evaluate);
        check(*meta, federation::read_evaluation);
        check(*meta, federation::read_cancel);
        check(*meta, federation::read_run_over);
        check(*meta, federation::read_measurements);
        check(*meta, federation::read_standing);
    }
    return 0;
}
