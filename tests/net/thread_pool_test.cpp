#include <fedasio/net/thread_pool.hpp>

#include <boost/asio/post.hpp>
#include <boost/test/unit_test.hpp>

#include <atomic>
#include <csignal>
#include <cstdlib>
#include <functional>
#include <latch>
#include <pthread.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

using fedasio::net::thread_pool;

namespace {

/// A sanitizer needs address space for itself, and ends the process where it gets none.
constexpr bool is_watched =
#if defined(__has_feature)
    __has_feature(address_sanitizer) || __has_feature(thread_sanitizer);
#else
    false;
#endif
using unless_watched = boost::unit_test::enable_if<!is_watched>;

/// Runs `what` in a process of its own, with so much address space more than it has, and gives its exit code.
int in_narrow_process(rlim_t more_bytes, const std::function<int()>& what) {
    const auto child = ::fork();
    if (child == 0) {
        long pages = 0;
        if (auto* const file = std::fopen("/proc/self/statm", "r")) {
            (void)std::fscanf(file, "%ld", &pages);
            std::fclose(file);
        }
        const auto used = static_cast<rlim_t>(pages) * static_cast<rlim_t>(::sysconf(_SC_PAGESIZE));
        const rlimit limit{used + more_bytes, used + more_bytes};
        ::setrlimit(RLIMIT_AS, &limit);
        std::_Exit(what());
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

} // namespace

BOOST_AUTO_TEST_SUITE(thread_pools)

BOOST_AUTO_TEST_CASE(all_threads_work_at_once) {
    thread_pool pool(4);
    BOOST_TEST(pool.size() == 4U);
    BOOST_TEST(pool.shortage().empty());
    std::latch all(4);
    std::atomic<int> done = 0;
    for (int i = 0; i < 4; ++i) {
        boost::asio::post(pool.get_executor(), [&] {
            all.arrive_and_wait();
            ++done;
        });
    }
    pool.join();
    BOOST_TEST(done == 4);
}

BOOST_AUTO_TEST_CASE(fewer_threads_than_asked_for_do_the_work, *unless_watched()) {
    const auto code = in_narrow_process(rlim_t{100} << 20, [] {
        thread_pool pool(1000);
        std::atomic<int> done = 0;
        for (int i = 0; i < 100; ++i) {
            boost::asio::post(pool.get_executor(), [&] { ++done; });
        }
        const bool leaves_room = std::malloc(std::size_t{30} << 20) != nullptr; // NOLINT: the process ends
        const bool is_told = pool.shortage().find("of 1000 threads") != std::string::npos;
        const bool is_smaller = pool.size() > 0 && pool.size() < 1000;
        pool.join();
        return done == 100 && leaves_room && is_told && is_smaller ? 0 : 1;
    });
    BOOST_TEST(code == 0);
}

BOOST_AUTO_TEST_CASE(not_one_thread_is_an_error_that_says_what_to_do, *unless_watched()) {
    const auto code = in_narrow_process(rlim_t{1} << 20, [] {
        // Larger than the stacks of threads that have ended, which are used again.
        pthread_attr_t large;
        pthread_attr_init(&large);
        pthread_attr_setstacksize(&large, std::size_t{1} << 30);
        pthread_setattr_default_np(&large);
        try {
            const thread_pool pool(2);
        } catch (const std::runtime_error& e) {
            return std::string(e.what()).find("ulimit") != std::string::npos ? 0 : 2;
        }
        return 1;
    });
    BOOST_TEST(code == 0);
}

BOOST_AUTO_TEST_SUITE_END()
