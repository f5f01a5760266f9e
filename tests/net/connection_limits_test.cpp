#include <boost/json/serialize.hpp>
#include <boost/test/unit_test.hpp>

#include <functional>
#include <net/raw_peer.hpp>

using namespace fedasio::net;
using namespace fedasio::net::testing;

namespace {

constexpr std::uint16_t notice = 17;

/// A frame whose header announces what its meta and body are not, with a head checksum that is right.
std::string announcing(std::uint32_t meta_length, std::uint32_t body_length, std::uint8_t flags = 0,
                       std::uint64_t correlation = 0) {
    frame small(notice);
    small.is_reply = (flags & frame_header::flag_reply) != 0;
    small.correlation = correlation;
    auto bytes = wire_form(small);
    const auto put = [&](std::size_t at, std::uint32_t value) {
        for (unsigned i = 0; i < 4; ++i) {
            bytes[at + i] = static_cast<char>(value >> (8 * i));
        }
    };
    put(16, meta_length);
    put(20, body_length);
    put(28, crc32c(as_bytes(bytes).first(28)));
    return bytes;
}

error_code end_after(const std::string& bytes, const std::vector<std::string>& said = {}) {
    virtual_runtime world;
    connection_options options;
    options.limits = {100, 50};
    raw_peer peer(world, options);
    peer.say(bytes);
    for (const auto& part : said) {
        BOOST_TEST(peer.end_reason_says(part), peer.subject()->end_reason() << " lacks " << part);
    }
    BOOST_TEST(peer.received().empty());
    return peer.end();
}

std::string changed(std::string bytes, std::size_t at) {
    bytes.at(at) = static_cast<char>(bytes.at(at) ^ 0x40);
    return bytes;
}

} // namespace

BOOST_AUTO_TEST_SUITE(connection_limits)

BOOST_AUTO_TEST_CASE(lengths_are_checked_before_anything_is_allocated) {
    BOOST_TEST(end_after(announcing(101, 0), {"type 17", "101", "100"}) ==
               make_error_code(errc::meta_too_large));
    BOOST_TEST(end_after(announcing(0, 51), {"type 17", "51 bytes", "at most 50"}) ==
               make_error_code(errc::body_too_large));
    BOOST_TEST(end_after(announcing(0xffffffff, 0), {"4294967295"}) == make_error_code(errc::meta_too_large));
    BOOST_TEST(end_after(announcing(0, 0xffffffff), {"4294967295"}) == make_error_code(errc::body_too_large));
}

BOOST_AUTO_TEST_CASE(what_is_exactly_at_the_limit_passes) {
    virtual_runtime world;
    connection_options options;
    options.limits = {13, 50};
    raw_peer peer(world, options);
    const frame edge(notice, {{"a", "12345"}}, payload_of(std::string(50, 'b')));
    BOOST_TEST(boost::json::serialize(edge.meta).size() == 13U);
    peer.say(edge);
    BOOST_TEST(peer.received().size() == 1U);
    BOOST_TEST(peer.subject()->is_open());
}

// A reply obeys the limits of whoever asked, not those for frames that come unasked.
BOOST_AUTO_TEST_CASE(replies_have_limits_of_their_own) {
    for (const std::size_t size : {60U, 61U}) {
        virtual_runtime world;
        connection_options options;
        options.limits = {100, 1000};
        raw_peer peer(world, options);
        std::vector<answer> got;
        peer.subject()->ask(frame(16), {0, 60}, [&](answer one) { got.push_back(std::move(one)); });
        world.settle();
        const auto asked = peer.hear();
        peer.say(reply_to(asked.at(0), {{"k", 1}}, payload_of(std::string(size, 'x'))));
        BOOST_TEST_REQUIRE(got.size() == 1U);
        BOOST_TEST(to_string(got[0].result) == (size == 60 ? "reply" : "lost"));
        if (size == 61) {
            BOOST_TEST(peer.end() == make_error_code(errc::body_too_large));
        }
    }
}

BOOST_AUTO_TEST_CASE(malformed_frames_end_the_connection) {
    const auto good = wire_form(frame(notice, {{"a", 1}}, payload_of("12345")));
    BOOST_TEST(end_after(changed(good, 0)) == make_error_code(errc::bad_magic));
    BOOST_TEST(end_after(changed(good, 4)) == make_error_code(errc::bad_version));
    BOOST_TEST(end_after(changed(good, 5)) == make_error_code(errc::bad_flags));
    auto reserved = good;
    reserved[6] = 15;
    BOOST_TEST(end_after(reserved) == make_error_code(errc::bad_type));
    BOOST_TEST(end_after(changed(good, 8), {"type 17"}) == make_error_code(errc::bad_checksum));
    BOOST_TEST(end_after(changed(good, 24)) == make_error_code(errc::bad_checksum));
    BOOST_TEST(end_after(changed(good, 34)) == make_error_code(errc::bad_checksum));
    BOOST_TEST(end_after(changed(good, good.size() - 1), {"body", "type 17"}) ==
               make_error_code(errc::bad_checksum));
}

// A trainer on the same machine need not compute the checksum of a body; whoever is far away must.
BOOST_AUTO_TEST_CASE(a_body_without_a_checksum_is_taken_only_where_that_is_agreed_on) {
    auto bytes = wire_form(frame(notice, {{"a", 1}}, payload_of("12345")));
    const auto put = [&](std::size_t at, std::uint32_t value) {
        for (unsigned i = 0; i < 4; ++i) {
            bytes[at + i] = static_cast<char>(value >> (8 * i));
        }
    };
    for (const std::uint32_t checksum : {0U, 1U}) {
        put(24, checksum);
        auto sum = crc32c(as_bytes(bytes).first(28));
        const auto meta = bytes.size() - frame_header::size - 5;
        sum = crc32c(as_bytes(bytes).subspan(frame_header::size, meta), sum);
        put(28, sum);
        BOOST_TEST(end_after(bytes, {"body"}) == make_error_code(errc::bad_checksum));
        virtual_runtime world;
        connection_options options;
        options.limits = {100, 50};
        options.allows_unchecked_bodies = true;
        raw_peer peer(world, options);
        peer.say(bytes);
        BOOST_TEST(peer.received().size() == (checksum == 0 ? 1U : 0U));
        BOOST_TEST(peer.subject()->is_open() == (checksum == 0));
        if (checksum == 0) {
            // Who passes the body on sends its checksum with it.
            BOOST_TEST(peer.received()[0].body.checksum() == payload_of("12345").checksum());
        }
    }
}

BOOST_AUTO_TEST_CASE(replies_that_nobody_asked_for) {
    frame stray(notice);
    stray.is_reply = true;
    stray.correlation = 1;
    BOOST_TEST(end_after(wire_form(stray), {"type 17"}) == make_error_code(errc::unexpected_reply));
    BOOST_TEST(end_after(announcing(0, 0xffffffff, frame_header::flag_reply, 9)) ==
               make_error_code(errc::unexpected_reply));

    virtual_runtime world;
    raw_peer peer(world);
    int answered = 0;
    peer.subject()->ask(frame(16), {}, [&](const answer&) { ++answered; });
    world.settle();
    const auto asked = peer.hear();
    peer.say(reply_to(asked.at(0)));
    peer.say(reply_to(asked.at(0)));
    BOOST_TEST(answered == 1);
    BOOST_TEST(peer.end() == make_error_code(errc::unexpected_reply));
}

BOOST_AUTO_TEST_CASE(a_reply_is_of_its_requests_type) {
    virtual_runtime world;
    raw_peer peer(world);
    int replies = 0;
    peer.subject()->ask(frame(16), {},
                        [&](const answer& got) { replies += got.result == outcome::reply ? 1 : 0; });
    world.settle();
    auto other = reply_to(peer.hear().at(0));
    other.type = 18;
    peer.say(other);
    BOOST_TEST(peer.end() == make_error_code(errc::unexpected_reply));
    BOOST_TEST(replies == 0);
}

BOOST_AUTO_TEST_CASE(an_end_inside_a_frame_is_told_from_one_between_frames) {
    const auto good = wire_form(frame(notice, {{"a", 1}}, payload_of("12345")));
    for (std::size_t length = 0; length < good.size(); ++length) {
        virtual_runtime world;
        connection_options options;
        options.limits.body = 50;
        raw_peer peer(world, options);
        peer.say(good.substr(0, length));
        BOOST_TEST(peer.subject()->is_open());
        peer.in().end();
        world.settle();
        BOOST_TEST(peer.received().empty());
        const error_code expected =
            length == 0 ? error_code(asio::error::eof) : make_error_code(errc::truncated);
        BOOST_TEST(peer.end() == expected);
        BOOST_TEST(peer.end_reason_says("closed without a goodbye") == (length == 0));
    }
}

BOOST_AUTO_TEST_CASE(an_end_after_a_whole_frame_is_one_without_a_goodbye) {
    virtual_runtime world;
    raw_peer peer(world);
    peer.say(frame(notice));
    peer.in().end();
    world.settle();
    BOOST_TEST(peer.received().size() == 1U);
    BOOST_TEST(peer.end() == error_code(asio::error::eof));
    BOOST_TEST(peer.end_reason_says("closed without a goodbye"));
}

// 60,000 bytes of characters that lie across the limit, wherever it falls between two of them.
BOOST_AUTO_TEST_CASE(long_reasons_are_cut_between_two_characters) {
    for (const std::string character : {"\u00e4", "\u20ac", "\U0001f41d"}) {
        for (std::size_t shift = 0; shift < character.size(); ++shift) {
            const auto whole = (500 - shift) / character.size();
            const auto text = [&](std::size_t count) {
                std::string result(shift, 'x');
                while (count-- > 0) {
                    result += character;
                }
                return result;
            };
            const auto given = text(60000 / character.size());
            const auto expected = text(whole) + "...";
            connection_options options;
            options.limits.meta = 200000;

            virtual_runtime world;
            raw_peer refusing(world, options);
            std::vector<answer> got;
            refusing.subject()->ask(frame(16), {}, [&](answer one) { got.push_back(std::move(one)); });
            world.settle();
            auto refusal = reply_to(refusing.hear().at(0), {{"code", given}, {"reason", given}});
            refusal.is_refusal = true;
            refusing.say(refusal);
            BOOST_TEST_REQUIRE(got.size() == 1U);
            BOOST_TEST(to_string(got[0].result) == "refused");
            BOOST_TEST(got[0].code == expected);
            BOOST_TEST(got[0].reason == expected);

            raw_peer leaving(world, options);
            leaving.say(frame(frame_type::bye, {{"reason", given}}));
            leaving.in().end();
            world.settle();
            BOOST_TEST(leaving.end() == make_error_code(errc::closed_by_peer));
            BOOST_TEST(leaving.subject()->end_reason() == "the peer said goodbye: " + expected);
        }
    }
}

BOOST_AUTO_TEST_CASE(a_reason_of_500_bytes_stays_whole) {
    virtual_runtime world;
    raw_peer peer(world);
    const std::string reason(500, 'x');
    peer.say(frame(frame_type::bye, {{"reason", reason}}));
    peer.in().end();
    world.settle();
    BOOST_TEST(peer.subject()->end_reason() == "the peer said goodbye: " + reason);
}

BOOST_AUTO_TEST_CASE(frames_of_a_connection_that_is_over_are_not_handed_on) {
    virtual_runtime world;
    raw_peer peer(world);
    int got = 0;
    peer.subject()->on_frame([&](const frame&) {
        ++got;
        peer.subject()->abort(errc::closed, "enough");
    });
    peer.say(wire_form(frame(notice)) + wire_form(frame(notice)));
    BOOST_TEST(got == 1);
}

BOOST_AUTO_TEST_SUITE_END()
