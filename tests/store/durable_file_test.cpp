#include <fedasio/store/durable_file.hpp>

#include <boost/test/unit_test.hpp>

#include "scratch_directory.hpp"
#include <array>
#include <csignal>
#include <string>
#include <string_view>
#include <sys/resource.h>
#include <sys/stat.h>
#include <system_error>

using fedasio::store::write_durably;
using fedasio::test::read_bytes;
using fedasio::test::scratch_directory;

namespace {

void write(const std::filesystem::path& path, std::string_view first, std::string_view second = {}) {
    const std::array<std::span<const std::byte>, 2> parts{std::as_bytes(std::span(first)),
                                                          std::as_bytes(std::span(second))};
    write_durably(path, parts);
}

// Lets no file grow beyond a few bytes for as long as it lives: a full disk in small.
class file_size_limit {
public:
    explicit file_size_limit(rlim_t bytes) : handler_(std::signal(SIGXFSZ, SIG_IGN)) {
        ::getrlimit(RLIMIT_FSIZE, &before_);
        const rlimit limit{bytes, before_.rlim_max};
        ::setrlimit(RLIMIT_FSIZE, &limit);
    }

    ~file_size_limit() {
        ::setrlimit(RLIMIT_FSIZE, &before_);
        std::signal(SIGXFSZ, handler_);
    }

    file_size_limit(const file_size_limit&) = delete;
    file_size_limit& operator=(const file_size_limit&) = delete;

private:
    rlimit before_{};
    void (*handler_)(int);
};

} // namespace

BOOST_AUTO_TEST_SUITE(durable_file)

BOOST_AUTO_TEST_CASE(parts_become_one_file_and_nothing_else) {
    const scratch_directory dir;
    write(dir / "a", "one", "two");
    BOOST_TEST(read_bytes(dir / "a") == "onetwo");
    write(dir / "a", "3");
    BOOST_TEST(read_bytes(dir / "a") == "3");
    BOOST_TEST(dir.entries() == 1U);
}

BOOST_AUTO_TEST_CASE(missing_directories_are_made) {
    const scratch_directory dir;
    write(dir / "x" / "y" / "a", "text");
    BOOST_TEST(read_bytes(dir / "x" / "y" / "a") == "text");
}

BOOST_AUTO_TEST_CASE(a_leftover_of_a_crash_is_overwritten) {
    const scratch_directory dir;
    fedasio::test::write_bytes(dir / "a.partial", "a much longer text than the new one");
    write(dir / "a", "new");
    BOOST_TEST(read_bytes(dir / "a") == "new");
    BOOST_TEST(dir.entries() == 1U);
}

BOOST_AUTO_TEST_CASE(a_failed_write_leaves_the_old_file) {
    const scratch_directory dir;
    write(dir / "a", "old");
    {
        const file_size_limit full(100);
        BOOST_CHECK_EXCEPTION(
            write(dir / "a", std::string(1000, 'x')), std::system_error, [&](const std::system_error& error) {
                return std::string(error.what()).find((dir / "a").string()) != std::string::npos &&
                       error.code() == std::errc::file_too_large;
            });
    }
    BOOST_TEST(read_bytes(dir / "a") == "old");
    BOOST_TEST(dir.entries() == 1U);
}

BOOST_AUTO_TEST_CASE(a_failed_rename_leaves_no_partial_file) {
    const scratch_directory dir;
    std::filesystem::create_directories(dir / "a" / "not_empty");
    BOOST_CHECK_THROW(write(dir / "a", "text"), std::system_error);
    BOOST_TEST(dir.entries() == 1U);
}

BOOST_AUTO_TEST_CASE(a_pipe_in_the_place_of_a_file_keeps_nobody_waiting) {
    const scratch_directory dir;
    BOOST_TEST_REQUIRE(::mkfifo((dir / "a.partial").c_str(), 0600) == 0);
    BOOST_CHECK_THROW(write(dir / "a", "text"), std::system_error);
    BOOST_TEST_REQUIRE(::mkfifo((dir / "b").c_str(), 0600) == 0);
    write(dir / "b", "text");
    BOOST_TEST(read_bytes(dir / "b") == "text");
}

BOOST_AUTO_TEST_CASE(a_file_where_a_directory_should_be_is_an_error) {
    const scratch_directory dir;
    write(dir / "a", "text");
    BOOST_CHECK_THROW(write(dir / "a" / "b", "text"), std::system_error);
}

BOOST_AUTO_TEST_SUITE_END()
