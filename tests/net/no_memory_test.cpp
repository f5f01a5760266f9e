#include <fedasio/net/connection.hpp>
#include <fedasio/net/gather.hpp>

#include <boost/test/unit_test.hpp>

#include <cstdlib>
#include <limits>
#include <net/raw_peer.hpp>
#include <new>

namespace {

constexpr auto never = std::numeric_limits<std::size_t>::max();

/// Which of the allocations of this program fails.
struct failing {
    std::size_t countdown = never; ///< the one that so many come before; only that one
    std::size_t over = never;      ///< every one of more bytes
    std::size_t failed = 0;
    std::size_t failed_bytes = 0;

    bool now(std::size_t bytes) {
        const bool is_its_turn = countdown == 0;
        countdown -= countdown == never ? 0 : 1; // from 0 to never
        if (is_its_turn || bytes > over) {
            ++failed;
            failed_bytes = bytes;
            return true;
        }
        return false;
    }
};

failing allocator;

void* allocate(std::size_t bytes, std::size_t alignment) {
    if (!allocator.now(bytes)) {
        const auto whole = (std::max<std::size_t>(bytes, 1) + alignment - 1) / alignment * alignment;
        if (void* memory = std::aligned_alloc(alignment, whole)) {
            return memory;
        }
    }
    throw std::bad_alloc();
}

} // namespace

void* operator new(std::size_t bytes) {
    return allocate(bytes, alignof(std::max_align_t));
}

void* operator new(std::size_t bytes, std::align_val_t alignment) {
    return allocate(bytes, static_cast<std::size_t>(alignment));
}

void operator delete(void* memory) noexcept {
    std::free(memory);
}

void operator delete(void* memory, std::size_t /*size*/) noexcept {
    std::free(memory);
}

void operator delete(void* memory, std::align_val_t /*alignment*/) noexcept {
    std::free(memory);
}

void operator delete(void* memory, std::size_t /*size*/, std::align_val_t /*alignment*/) noexcept {
    std::free(memory);
}

using namespace fedasio::net;
using namespace fedasio::net::testing;
using namespace std::chrono_literals;

namespace {

constexpr std::size_t body_bytes = 19'000'000;

connection_options with_bodies() {
    connection_options options;
    options.limits.body = body_bytes;
    return options;
}

/// A master's end with a body as the answer, and how that ended.
struct exchange {
    virtual_runtime world;
    connected_pair ends;
    payload body;
    std::vector<answer> answers;

    explicit exchange(std::size_t bytes)
        : ends(world, with_bodies()), body(payload_of(std::string(bytes, 'x'))) {
        answers.reserve(1); // the test's own memory does not fail
        ends.far->on_frame([this](const frame& got) { ends.far->reply(got, {{"n", 1}}, body); });
        world.settle();
    }

    void ask() {
        ends.near->ask(frame(16), {4096, body_bytes},
                       [this](answer got) { answers.push_back(std::move(got)); });
        world.settle();
    }
};

} // namespace

BOOST_AUTO_TEST_SUITE(no_memory)

BOOST_AUTO_TEST_CASE(a_body_without_memory_ends_its_connection_alone) {
    virtual_runtime world;
    raw_peer starved(world, with_bodies());
    raw_peer other(world, with_bodies());
    const auto body =
        payload_of(std::string(body_bytes, 'x')); // is kept, so that its memory cannot be used again
    const auto large = wire_form(frame(17, {}, body));
    const auto small = wire_form(frame(17, {}, payload_of("small")));
    std::vector<answer> lost;
    starved.subject()->ask(frame(16), {}, [&](answer got) { lost.push_back(std::move(got)); });

    // Only the head comes: the pipe of this test keeps its bytes in memory too.
    allocator.over = body_bytes - 1;
    starved.say(large.substr(0, 1000));
    other.say(small);
    allocator.over = never;

    BOOST_TEST(starved.end() == make_error_code(errc::no_memory));
    BOOST_TEST(starved.end_reason_says("no memory for a body of 19 MB"), starved.subject()->end_reason());
    BOOST_TEST_REQUIRE(lost.size() == 1U);
    BOOST_TEST(lost[0].reason == starved.subject()->end_reason());
    BOOST_TEST(other.received().size() == 1U);
    BOOST_TEST(other.subject()->is_open());
    BOOST_TEST(allocator.failed == 2U); // again when the pool of buffers has given back what it kept
    allocator.failed = 0;
}

// Each allocation of an exchange fails once, as SQLite tests itself. Whatever happens, nothing is left
// waiting: the exchange works, or its connections end, or the exception leaves the loop, which ends the
// process.
BOOST_AUTO_TEST_CASE(whichever_allocation_fails_nobody_waits_for_ever) {
    std::size_t ended = 0;
    std::size_t thrown = 0;
    std::size_t unharmed = 0;
    for (std::size_t n = 0;; ++n) {
        exchange own(20'000);
        exchange other(100);
        allocator = {};
        allocator.countdown = n;
        bool threw = false;
        try {
            own.ask();
            own.world.run_for(2s);
        } catch (const std::bad_alloc&) {
            threw = true;
        }
        const bool failed = allocator.failed > 0;
        allocator = {};
        if (!failed) {
            BOOST_TEST(own.answers.size() == 1U);
            BOOST_TEST(to_string(own.answers.at(0).result) == "reply");
            break;
        }
        if (threw) {
            ++thrown;
        } else {
            own.world.run_for(10s);
            BOOST_TEST_CONTEXT("allocation " << n) {
                BOOST_TEST_REQUIRE(own.answers.size() == 1U);
                const bool replied = own.answers[0].result == outcome::reply;
                BOOST_TEST((replied || !own.ends.near->is_open()));
                ++(own.ends.near->is_open() && own.ends.far->is_open() ? unharmed : ended);
            }
        }
        other.ask();
        BOOST_TEST(other.answers.size() == 1U);
    }
    BOOST_TEST(ended > 10U);
    BOOST_TEST_MESSAGE(ended << " ended, " << thrown << " thrown, " << unharmed << " unharmed");
}

BOOST_AUTO_TEST_SUITE_END()
