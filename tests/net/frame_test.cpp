#include <fedasio/net/frame.hpp>

#include <boost/test/unit_test.hpp>

#include <cstdint>
#include <net/bytes.hpp>
#include <string>

using namespace fedasio::net;
using namespace fedasio::net::testing;

namespace {

using head_bytes = std::span<const std::byte, frame_header::size>;

head_bytes head_of(const std::string& bytes) {
    return as_bytes(bytes).first<frame_header::size>();
}

error_code decode_error(std::string bytes, std::size_t at, int value) {
    bytes[at] = static_cast<char>(value);
    return frame_header::decode(head_of(bytes)).error();
}

error_code meta_error(const std::string& meta) {
    std::string head(frame_header::size, '\0');
    const auto sum = crc32c(as_bytes(meta), crc32c(as_bytes(head).first(28)));
    for (unsigned i = 0; i < 4; ++i) {
        head[28 + i] = static_cast<char>(sum >> (8 * i));
    }
    const auto decoded = decode_meta(head_of(head), as_bytes(meta));
    return decoded ? error_code() : decoded.error();
}

frame full_frame() {
    frame full(0x0210, {{"code", "busy"}}, payload_of("\x01\x02\x03\x04"));
    full.is_reply = true;
    full.is_refusal = true;
    full.correlation = 0x0102030405060708;
    return full;
}

} // namespace

BOOST_AUTO_TEST_SUITE(frames)

// RFC 3720, appendix B.4, and the check value of the Castagnoli polynomial.
BOOST_AUTO_TEST_CASE(crc32c_known_answers) {
    BOOST_TEST(crc32c(as_bytes(std::string(32, '\0'))) == 0x8a9136aaU);
    BOOST_TEST(crc32c(as_bytes(std::string(32, '\xff'))) == 0x62a8ab43U);
    std::string rising;
    for (char c = 0; c < 32; ++c) {
        rising += c;
    }
    BOOST_TEST(crc32c(as_bytes(rising)) == 0x46dd794eU);
    BOOST_TEST(crc32c(as_bytes("123456789")) == 0xe3069283U);
    BOOST_TEST(crc32c({}) == 0U);
}

BOOST_AUTO_TEST_CASE(crc32c_continues_at_every_split) {
    const std::string text = "a checksum over two parts is the checksum over the whole, wherever it is cut";
    const auto bytes = as_bytes(text);
    const auto whole = crc32c(bytes);
    for (std::size_t cut = 0; cut <= bytes.size(); ++cut) {
        BOOST_TEST(crc32c(bytes.subspan(cut), crc32c(bytes.first(cut))) == whole);
    }
}

BOOST_AUTO_TEST_CASE(buffers_are_aligned_and_payloads_shared) {
    for (const std::size_t size : {1U, 63U, 4096U, 100001U}) {
        const buffer memory(size);
        BOOST_TEST(reinterpret_cast<std::uintptr_t>(memory.bytes().data()) % buffer::alignment == 0U);
        BOOST_TEST(memory.size() == size);
        BOOST_TEST(memory.floats().size() == size / 4);
    }
    const auto body = payload_of("12345678");
    const auto same = body; // NOLINT(performance-unnecessary-copy-initialization)
    BOOST_TEST(same.use_count() == 2);
    BOOST_TEST(same.bytes().data() == body.bytes().data());
    BOOST_TEST(body.checksum() == crc32c(body.bytes()));
    BOOST_TEST(payload().checksum() == 0U);
    BOOST_TEST(payload().empty());
}

// Other programs speak this protocol from its description alone: these bytes never change.
BOOST_AUTO_TEST_CASE(a_whole_frame_byte_by_byte) {
    const std::string expected = "4644494f" // FDIO
                                 "01"       // version
                                 "03"       // flags: reply, refusal
                                 "1002"     // type
                                 "0807060504030201"
                                 "0f000000" // length of the meta
                                 "04000000" // length of the body
                                 "f48c3029" // CRC-32C of the body
                                 "5aec20f9" // CRC-32C of the 28 bytes above and the meta
                                 "7b22636f6465223a2262757379227d" // {"code":"busy"}
                                 "01020304";
    BOOST_TEST(to_hex(wire_form(full_frame())) == expected);
    frame ping(frame_type::ping);
    ping.correlation = 1;
    BOOST_TEST(to_hex(wire_form(ping)) == "4644494f01000100010000000000000000000000000000000000000097cc875b");
}

BOOST_AUTO_TEST_CASE(header_round_trip) {
    const auto bytes = wire_form(full_frame());
    const auto decoded = frame_header::decode(head_of(bytes));
    BOOST_REQUIRE(decoded);
    BOOST_TEST(decoded->flags == 3);
    BOOST_TEST(decoded->type == 0x0210);
    BOOST_TEST(decoded->correlation == 0x0102030405060708U);
    BOOST_TEST(decoded->meta_length == 15U);
    BOOST_TEST(decoded->body_length == 4U);
    BOOST_TEST(decoded->body_checksum == crc32c(as_bytes("\x01\x02\x03\x04")));
    const auto meta = decode_meta(head_of(bytes), as_bytes(bytes).subspan(frame_header::size, 15));
    BOOST_REQUIRE(meta);
    BOOST_TEST((*meta == boost::json::object{{"code", "busy"}}));

    const auto plain = frame_header::decode(head_of(wire_form(frame(0xffff))));
    BOOST_REQUIRE(plain);
    BOOST_TEST(plain->flags == 0);
    BOOST_TEST(plain->type == 0xffff);
    BOOST_TEST(plain->meta_length == 0U);
    BOOST_TEST(plain->body_checksum == 0U);
}

BOOST_AUTO_TEST_CASE(what_is_wrong_with_a_header) {
    const auto good = wire_form(full_frame());
    for (std::size_t i = 0; i < 4; ++i) {
        BOOST_TEST(decode_error(good, i, 'x') == make_error_code(errc::bad_magic));
    }
    BOOST_TEST(decode_error(good, 4, 0) == make_error_code(errc::bad_version));
    BOOST_TEST(decode_error(good, 4, 2) == make_error_code(errc::bad_version));
    for (const int flags : {2, 4, 8, 16, 32, 64, 128, 255}) {
        BOOST_TEST(decode_error(good, 5, flags) == make_error_code(errc::bad_flags));
    }
    for (const int type : {0, 4, 9, 15}) {
        auto small = good;
        small[7] = 0;
        BOOST_TEST(decode_error(small, 6, type) == make_error_code(errc::bad_type));
    }
}

BOOST_AUTO_TEST_CASE(the_head_checksum_covers_every_bit) {
    const auto good = wire_form(full_frame());
    const std::size_t head_and_meta = frame_header::size + 15;
    for (std::size_t bit = 0; bit < head_and_meta * 8; ++bit) {
        auto bad = good;
        bad[bit / 8] = static_cast<char>(bad[bit / 8] ^ (1 << (bit % 8)));
        const auto meta = decode_meta(head_of(bad), as_bytes(bad).subspan(frame_header::size, 15));
        BOOST_TEST(meta.error() == make_error_code(errc::bad_checksum));
    }
}

BOOST_AUTO_TEST_CASE(meta_is_a_json_object_of_bounded_depth) {
    const auto nested = [](int depth) {
        std::string text = "1";
        for (int i = 0; i < depth; ++i) {
            text.insert(0, R"({"a":)");
            text += '}';
        }
        return text;
    };
    BOOST_TEST(!meta_error(""));
    BOOST_TEST(!meta_error("{}"));
    BOOST_TEST(!meta_error(nested(16)));
    for (const auto& bad : {nested(17), nested(1000), std::string("[]"), std::string("1"), std::string("{"),
                            std::string("{} {}"), std::string("{\"a\":\"\xff\"}"),
                            std::string("{\"a\":1e400}"), std::string("{\"a\":1,\"a\":2}")}) {
        BOOST_TEST(meta_error(bad) == make_error_code(errc::bad_meta));
    }
}

BOOST_AUTO_TEST_CASE(numbers_arrive_bit_for_bit) {
    // Of these Boost's own parser gives a neighbour.
    for (const double number : {13.387664401253263, 26.993950415948042, 0.1, 1e-310, 5e-324}) {
        const encoded_frame sent(frame(16, {{"x", number}}));
        const auto meta = decode_meta(head_of(sent.head), as_bytes(sent.head).subspan(frame_header::size));
        BOOST_REQUIRE(meta);
        BOOST_TEST(meta->at("x").as_double() == number);
    }
}

BOOST_AUTO_TEST_CASE(every_error_has_a_text_of_its_own) {
    std::string previous;
    for (int value = 1; value <= static_cast<int>(errc::gave_up); ++value) {
        const error_code ec(static_cast<errc>(value));
        BOOST_TEST(ec.message() != "unknown error");
        BOOST_TEST(ec.message() != previous);
        previous = ec.message();
    }
    BOOST_TEST(category().message(9999) == "unknown error");
}

BOOST_AUTO_TEST_SUITE_END()
