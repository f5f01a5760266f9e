#include <boost/asio/post.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/test/unit_test.hpp>

#include "master/pool_blocks.hpp"
#include <atomic>
#include <functional>
#include <stdexcept>
#include <vector>

using namespace fedasio;

BOOST_AUTO_TEST_SUITE(pool_blocks)

BOOST_AUTO_TEST_CASE(each_value_is_in_one_block_however_many_threads_there_are) {
    boost::asio::thread_pool pool(2);
    for (const std::size_t helpers : {0U, 1U, 7U}) {
        const auto run = master::blocks_on(pool.get_executor(), helpers);
        for (const std::size_t values :
             {std::size_t{0}, std::size_t{1}, method::block_values, 5 * method::block_values + 3}) {
            std::vector<std::atomic<int>> seen(values);
            run(values, [&](const method::block& part) {
                for (std::size_t i = part.first; i < part.first + part.size; ++i) {
                    ++seen[i];
                }
            });
            std::size_t once = 0;
            for (const auto& count : seen) {
                once += count == 1 ? 1 : 0;
            }
            BOOST_TEST(once == values);
        }
    }
    pool.join();
}

/// Its threads may all be busy, with who waits for blocks too.
BOOST_AUTO_TEST_CASE(a_pool_without_a_free_thread_is_no_obstacle) {
    boost::asio::thread_pool pool(1);
    std::atomic<std::size_t> done = 0;
    boost::asio::post(pool, [&] {
        const auto run = master::blocks_on(pool.get_executor(), 4);
        run(3 * method::block_values, [&](const method::block& part) { done += part.size; });
    });
    pool.join();
    BOOST_TEST(done == 3 * method::block_values);
}

BOOST_AUTO_TEST_CASE(what_goes_wrong_in_a_block_is_thrown_when_all_are_done) {
    boost::asio::thread_pool pool(2);
    const auto run = master::blocks_on(pool.get_executor(), 2);
    std::atomic<int> done = 0;
    BOOST_CHECK_THROW(run(4 * method::block_values,
                          [&](const method::block& part) {
                              ++done;
                              if (part.first == method::block_values) {
                                  throw std::overflow_error("not finite");
                              }
                          }),
                      std::overflow_error);
    BOOST_TEST(done == 4);
    pool.join();
}

BOOST_AUTO_TEST_CASE(each_of_some_jobs_is_done_once) {
    boost::asio::thread_pool pool(2);
    for (const std::size_t helpers : {0U, 2U}) {
        std::vector<std::atomic<int>> done(3);
        const std::vector<std::function<void()>> jobs{
            [&] { ++done[0]; },
            [&] {
                ++done[1];
                throw std::overflow_error("not finite");
            },
            [&] { ++done[2]; },
        };
        const auto run = master::blocks_on(pool.get_executor(), helpers);
        BOOST_CHECK_THROW(master::do_all(run, jobs), std::overflow_error);
        for (const auto& times : done) {
            BOOST_TEST(times == 1);
        }
        BOOST_CHECK_NO_THROW(master::do_all(run, {}));
    }
    pool.join();
}

BOOST_AUTO_TEST_SUITE_END()
