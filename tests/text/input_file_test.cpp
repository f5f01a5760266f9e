#include <fedasio/text/input_file.hpp>

#include <boost/test/unit_test.hpp>

#include "scratch_directory.hpp"
#include <fcntl.h>
#include <iterator>
#include <stdexcept>
#include <string>
#include <string_view>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <system_error>
#include <unistd.h>

namespace {

using fedasio::test::scratch_directory;
using fedasio::text::check_input;
using fedasio::text::open_input;
using fedasio::text::open_stored_file;
using fedasio::text::problem_of_file;
using fedasio::text::read_input;

/// What is said of a file that is not opened.
std::string refusal_of(const std::filesystem::path& file) {
    try {
        static_cast<void>(open_input(file));
    } catch (const std::runtime_error& problem) {
        BOOST_TEST(std::string_view(problem.what()).starts_with(file.string() + ": "));
        return problem.what();
    }
    return {};
}

void make_socket(const std::filesystem::path& file) {
    const int handle = ::socket(AF_UNIX, SOCK_STREAM, 0);
    ::sockaddr_un address{};
    address.sun_family = AF_UNIX;
    file.string().copy(address.sun_path, sizeof address.sun_path - 1);
    BOOST_TEST_REQUIRE(::bind(handle, reinterpret_cast<::sockaddr*>(&address), sizeof address) == 0);
    ::close(handle);
}

} // namespace

BOOST_AUTO_TEST_SUITE(input_files)

BOOST_AUTO_TEST_CASE(a_file_is_read_through_a_link_too) {
    const scratch_directory dir;
    const auto file = dir.write("a", "one\ntwo");
    std::filesystem::create_symlink(file, dir / "link");
    BOOST_TEST(read_input(file, 7) == "one\ntwo");
    auto in = open_input(dir / "link");
    BOOST_TEST(std::string(std::istreambuf_iterator<char>(in), {}) == "one\ntwo");
    BOOST_TEST(read_input(dir.write("empty", ""), 0).empty());
}

BOOST_AUTO_TEST_CASE(what_has_no_end_is_not_opened_and_nobody_waits_for_it) {
    const scratch_directory dir;
    BOOST_TEST_REQUIRE(::mkfifo((dir / "pipe").c_str(), 0600) == 0);
    make_socket(dir / "socket");
    std::filesystem::create_symlink("/dev/zero", dir / "zero");
    std::filesystem::create_symlink(dir / "pipe", dir / "link");
    BOOST_TEST(refusal_of(dir / "pipe").find("is a pipe") != std::string::npos);
    BOOST_TEST(refusal_of(dir / "link").find("is a pipe") != std::string::npos);
    BOOST_TEST(refusal_of(dir / "socket").find("is a socket") != std::string::npos);
    BOOST_TEST(refusal_of(dir / "zero").find("is a device") != std::string::npos);
    BOOST_TEST(refusal_of(dir.path()).find("is a folder") != std::string::npos);
    BOOST_CHECK_THROW((void)read_input(dir / "zero", 10), std::runtime_error);
}

BOOST_AUTO_TEST_CASE(what_the_kernel_makes_up_is_no_file) {
    const scratch_directory dir;
    std::filesystem::create_symlink("/proc/version", dir / "link");
    for (const auto& file : {std::filesystem::path("/proc/version"), dir / "link"}) {
        BOOST_TEST(refusal_of(file).find("is made up by the kernel") != std::string::npos);
        BOOST_TEST(problem_of_file(file).starts_with("is made up by the kernel"));
        BOOST_CHECK_THROW((void)read_input(file, 1000), std::runtime_error);
        BOOST_CHECK_THROW(check_input(file), std::runtime_error);
    }
    BOOST_TEST(problem_of_file(dir.write("empty", "")).empty());
    BOOST_TEST(problem_of_file(dir / "absent").empty());
}

BOOST_AUTO_TEST_CASE(what_is_not_there_or_leads_to_itself_is_told) {
    const scratch_directory dir;
    BOOST_TEST(refusal_of(dir / "absent").find("No such file") != std::string::npos);
    std::filesystem::create_symlink("loop", dir / "loop");
    BOOST_TEST(refusal_of(dir / "loop").find("symbolic links") != std::string::npos);
    BOOST_CHECK_THROW((void)open_input(dir / "absent"), std::system_error);
}

BOOST_AUTO_TEST_CASE(no_more_is_read_than_is_wanted) {
    const scratch_directory dir;
    const auto file = dir.write("long", std::string(101, 'x'));
    BOOST_TEST(read_input(file, 101).size() == 101U);
    BOOST_CHECK_EXCEPTION((void)read_input(file, 100), std::runtime_error, [&](const auto& problem) {
        return std::string_view(problem.what()).starts_with(file.string() + ": is longer than");
    });
}

BOOST_AUTO_TEST_CASE(what_a_shell_hands_over_may_be_a_pipe) {
    int ends[2];
    BOOST_TEST_REQUIRE(::pipe(ends) == 0);
    BOOST_TEST_REQUIRE(::write(ends[1], "{}", 2) == 2);
    ::close(ends[1]);
    const auto name = "/dev/fd/" + std::to_string(ends[0]);
    check_input(name);
    BOOST_CHECK_EXCEPTION((void)open_stored_file(name), std::runtime_error, [&](const auto& problem) {
        return problem.what() ==
               name + ": is a pipe, which can be read only once: write it to a file, and name that";
    });
    BOOST_TEST(read_input(name, 100) == "{}");
    ::close(ends[0]);
}

BOOST_AUTO_TEST_SUITE_END()
