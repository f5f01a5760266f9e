#include <fedasio/store/digest.hpp>

#include <boost/test/unit_test.hpp>

#include <array>

using namespace fedasio::store;

BOOST_AUTO_TEST_SUITE(digest)

// FIPS 180-4's own examples.
BOOST_AUTO_TEST_CASE(known_digests) {
    BOOST_TEST(sha256_hex("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    BOOST_TEST(sha256_hex("") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

BOOST_AUTO_TEST_CASE(weights_are_hashed_as_little_endian_float32) {
    const std::array<float, 2> weights{1.0F, -2.5F};
    const std::array<unsigned char, 8> bytes{0x00, 0x00, 0x80, 0x3f, 0x00, 0x00, 0x20, 0xc0};
    BOOST_TEST(weights_sha256(weights) == sha256_hex(std::as_bytes(std::span(bytes))));
}

BOOST_AUTO_TEST_CASE(pieces_are_hashed_as_the_whole) {
    BOOST_TEST(sha256().update("a").update("").update("bc").hex() == sha256_hex("abc"));
}

BOOST_AUTO_TEST_SUITE_END()
