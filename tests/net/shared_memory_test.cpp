#include <fedasio/net/shared_memory.hpp>

#include <boost/test/unit_test.hpp>

#include <fcntl.h>
#include <sys/mman.h>
#include <system_error>
#include <unistd.h>

BOOST_AUTO_TEST_SUITE(shared_memory)

BOOST_AUTO_TEST_CASE(who_opens_its_path_sees_the_same_bytes) {
    fedasio::net::shared_memory memory(8192);
    BOOST_TEST(memory.bytes().size() == 8192U);
    BOOST_TEST(std::to_integer<int>(memory.bytes()[8191]) == 0);
    const int other = open(memory.path().c_str(), O_RDWR | O_CLOEXEC);
    BOOST_TEST_REQUIRE(other >= 0);
    auto* const mapped =
        static_cast<std::byte*>(mmap(nullptr, 8192, PROT_READ | PROT_WRITE, MAP_SHARED, other, 0));
    memory.bytes()[5000] = std::byte{7};
    BOOST_TEST(std::to_integer<int>(mapped[5000]) == 7);
    mapped[1] = std::byte{9};
    BOOST_TEST(std::to_integer<int>(memory.bytes()[1]) == 9);
    munmap(mapped, 8192);
    close(other);
}

BOOST_AUTO_TEST_CASE(nobody_takes_memory_away_from_under_its_readers) {
    const fedasio::net::shared_memory memory(8192);
    const int other = open(memory.path().c_str(), O_RDWR | O_CLOEXEC);
    BOOST_TEST_REQUIRE(other >= 0);
    BOOST_TEST(ftruncate(other, 0) != 0);
    BOOST_TEST(ftruncate(other, 16384) != 0);
    close(other);
}

BOOST_AUTO_TEST_CASE(what_the_system_does_not_give_is_an_error) {
    BOOST_CHECK_THROW(fedasio::net::shared_memory(0), std::system_error);
}

BOOST_AUTO_TEST_SUITE_END()
