#include <fedasio/net/connection.hpp>

#include "checksums.hpp"
#include "target.hpp"
#include <memory>
#include <net/memory_stream.hpp>
#include <net/virtual_runtime.hpp>

// All that a peer says: the first byte tells how it arrives, the rest are its frames. Whatever comes, nothing
// over the limits is handed on, each request gets one answer, and the connection ends with a reason.

namespace {

namespace fuzz = fedasio::fuzz;
namespace testing = fedasio::net::testing;
using namespace fedasio::net;

constexpr frame_limits unasked{200, 500};
constexpr frame_limits asked{300, 300};

} // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) {
        return 0;
    }
    std::string bytes(fuzz::as_text(data, size).substr(1));
    const bool damaged = (data[0] & 128U) != 0;
    if (!damaged) {
        fuzz::correct_checksums(bytes);
    }
    testing::virtual_runtime world;
    testing::memory_pipe_options pipes;
    pipes.read_chunk = (data[0] & 63U) == 0 ? testing::memory_pipe_options::any : data[0] & 63U;
    pipes.late_reads = (data[0] & 64U) != 0;
    testing::memory_link link(world.executor(), pipes);
    connection_options options;
    options.limits = unasked;
    const auto subject = std::make_shared<connection>(world.get(), std::move(link.first), options);
    subject->on_frame([](const frame& got) {
        fuzz::require(got.type >= frame_type::first_free && !got.is_reply,
                      "only requests and notices come here");
        fuzz::require(got.body.size() <= unasked.body, "no body is over the limit");
    });
    int answered = 0;
    const auto count = [&answered](const answer& got) {
        ++answered;
        fuzz::require(got.reply.body.size() <= asked.body, "no reply's body is over the limit");
    };
    const auto first = subject->ask(frame(frame_type::first_free), asked, count);
    subject->ask(frame(frame_type::first_free), asked, count);
    subject->forget(subject->ask(frame(frame_type::first_free), asked, count));
    subject->start();
    world.settle();
    link.back->inject(bytes);
    world.settle();
    if (subject->is_open()) {
        fuzz::require(answered + static_cast<int>(subject->unanswered()) == 2,
                      "an answer is awaited or was given");
        subject->forget(first);
    }
    link.back->end();
    world.settle();
    fuzz::require(!subject->is_open(), "the end of the stream ends the connection");
    fuzz::require(world.run(subject->ended()).failed() && !subject->end_reason().empty(),
                  "there is a reason");
    fuzz::require(answered == 1 || answered == 2, "each request gets one answer");
    subject->on_frame({});
    world.run_for(std::chrono::minutes(1));
    fuzz::require(world.is_dry(), "nothing is left that waits");
    return 0;
}
