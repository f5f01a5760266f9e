#include <boost/test/unit_test.hpp>

#include <map>
#include <net/raw_peer.hpp>
#include <random>

using namespace fedasio::net;
using namespace fedasio::net::testing;

namespace {

using generator = std::mt19937_64;

std::size_t below(generator& draw, std::size_t bound) {
    return static_cast<std::size_t>(draw() % bound);
}

std::string random_bytes(generator& draw, std::size_t size) {
    std::string bytes(size, '\0');
    for (auto& byte : bytes) {
        byte = static_cast<char>(draw());
    }
    return bytes;
}

/// Mostly a well-formed frame, also of types and flags that make no sense here.
std::string some_frame(generator& draw) {
    constexpr std::array<std::uint16_t, 6> types{1, 2, 3, 16, 17, 0xffff};
    frame what(types[below(draw, types.size())]);
    if (below(draw, 2) == 0) {
        what.meta["k"] = random_bytes(draw, below(draw, 4)).empty() ? 1 : 2;
        what.meta["reason"] = nullptr;
    }
    what.body = payload_of(random_bytes(draw, below(draw, 3) == 0 ? below(draw, 600) : 0));
    what.correlation = below(draw, 4);
    what.is_reply = below(draw, 4) == 0;
    what.is_refusal = what.is_reply && below(draw, 2) == 0;
    return wire_form(what);
}

void mutate(generator& draw, std::string& bytes) {
    if (bytes.empty()) {
        return;
    }
    switch (below(draw, 6)) {
    case 0:
        bytes[below(draw, bytes.size())] ^= static_cast<char>(1U << below(draw, 8));
        break;
    case 1:
        bytes.resize(below(draw, bytes.size()));
        break;
    case 2:
        bytes.insert(below(draw, bytes.size()), random_bytes(draw, 1 + below(draw, 40)));
        break;
    case 3:
        bytes.erase(below(draw, bytes.size()), 1 + below(draw, 8));
        break;
    case 4: // a header that is right but for what it announces
        if (bytes.size() >= frame_header::size) {
            bytes[16 + below(draw, 8)] = static_cast<char>(draw());
            const auto length = std::min<std::size_t>(static_cast<unsigned char>(bytes[16]),
                                                      bytes.size() - frame_header::size);
            const auto all = as_bytes(bytes);
            const auto sum = crc32c(all.subspan(frame_header::size, length), crc32c(all.first(28)));
            for (unsigned i = 0; i < 4; ++i) {
                bytes[28 + i] = static_cast<char>(sum >> (8 * i));
            }
        }
        break;
    default:
        bytes = random_bytes(draw, below(draw, 200));
        break;
    }
}

} // namespace

BOOST_AUTO_TEST_SUITE(malformed_input)

// Under ASan and UBSan. Whatever comes, the connection ends with an error that says why, or goes on.
BOOST_AUTO_TEST_CASE(ten_thousand_damaged_conversations) {
    std::map<std::string, int> ends;
    for (std::uint64_t seed = 1; seed <= 10000; ++seed) {
        BOOST_TEST_CONTEXT("seed " << seed) {
            generator draw(seed);
            virtual_runtime world(seed);
            connection_options options;
            options.limits = {200, 500};
            memory_pipe_options pipes;
            pipes.read_chunk = below(draw, 2) == 0 ? memory_pipe_options::any : 1 + below(draw, 40);
            raw_peer peer(world, options, pipes);
            int answered = 0;
            for (int i = 0; i < 2; ++i) {
                peer.subject()->ask(frame(16), {200, 300}, [&](const answer&) { ++answered; });
            }
            peer.subject()->forget(2);
            const auto frames = 1 + below(draw, 4);
            std::string bytes;
            for (std::size_t i = 0; i < frames; ++i) {
                auto next = some_frame(draw);
                if (below(draw, 2) == 0) {
                    mutate(draw, next);
                }
                bytes += next;
            }
            const auto cut = below(draw, bytes.size() + 1);
            peer.say(bytes.substr(0, cut));
            peer.say(bytes.substr(cut));
            for (const auto& got : peer.received()) {
                BOOST_TEST(got.type >= frame_type::first_free);
                BOOST_TEST(!got.is_reply);
                BOOST_TEST(got.body.size() <= 500U);
            }
            if (peer.subject()->is_open()) {
                ++ends["open"];
                BOOST_TEST(answered <= 1);
            }
            peer.in().end();
            world.settle();
            const auto why = peer.end();
            BOOST_TEST(why.failed());
            BOOST_TEST(!peer.subject()->end_reason().empty());
            BOOST_TEST(answered == 1);
            ++ends[why.message()];
        }
    }
    // The generator is worth something only while it reaches every one of these.
    for (const auto code : {errc::bad_magic, errc::bad_version, errc::bad_flags, errc::bad_type,
                            errc::meta_too_large, errc::body_too_large, errc::bad_checksum,
                            errc::unexpected_reply, errc::truncated, errc::closed_by_peer}) {
        BOOST_TEST(ends[make_error_code(code).message()] > 0, make_error_code(code).message());
    }
    BOOST_TEST(ends["open"] > 0);
}

BOOST_AUTO_TEST_SUITE_END()
