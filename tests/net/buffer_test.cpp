#include <fedasio/net/buffer.hpp>

#include <boost/test/unit_test.hpp>

#include <atomic>
#include <cstdint>
#include <net/buffer_pool.hpp>
#include <thread>
#include <vector>

using namespace fedasio::net;

namespace {

bool is_aligned(const buffer& what) {
    return reinterpret_cast<std::uintptr_t>(what.bytes().data()) % buffer::alignment == 0;
}

} // namespace

BOOST_AUTO_TEST_SUITE(buffers)

BOOST_AUTO_TEST_CASE(every_size_is_there_to_its_last_byte) {
    for (std::size_t around = 1; around <= 2 * buffer_pool::largest; around *= 2) {
        for (const auto bytes :
             {around - 1, around, around + 1, around + around / 4, around + around / 4 + 1}) {
            for (int again = 0; again < 2; ++again) {
                buffer one(bytes);
                BOOST_TEST(one.size() == bytes);
                BOOST_TEST(is_aligned(one));
                if (bytes > 0) {
                    one.bytes().front() = one.bytes().back() = std::byte{1}; // under ASan
                }
            }
        }
    }
}

BOOST_AUTO_TEST_CASE(memory_is_used_again) {
    const auto* const first = buffer(200'000).bytes().data();
    const buffer again(199'000); // of the same class
    BOOST_TEST(again.bytes().data() == first);
    const buffer another(200'000);
    BOOST_TEST(another.bytes().data() != first);
}

BOOST_AUTO_TEST_CASE(what_lies_unused_is_bounded) {
    {
        std::vector<buffer> many;
        for (std::size_t bytes = 0; bytes < 2 * buffer_pool::most_unused; bytes += 1'000'000) {
            many.emplace_back(1'000'000);
        }
    }
    BOOST_TEST(buffer_pool::instance().unused_bytes() <= buffer_pool::most_unused);
    BOOST_TEST(buffer_pool::instance().unused_bytes() > 0U);
}

// Under TSan.
BOOST_AUTO_TEST_CASE(any_thread_may_make_and_free_them) {
    std::vector<std::thread> threads;
    std::atomic<std::size_t> wrong = 0;
    for (unsigned own = 1; own <= 4; ++own) {
        threads.emplace_back([&wrong, own] {
            for (std::size_t n = 0; n < 20'000; ++n) {
                buffer one(1 + n % 5'000);
                one.bytes().front() = std::byte(own);
                const buffer other(100'000);
                wrong += one.bytes().front() != std::byte(own) ? 1 : 0;
            }
        });
    }
    for (auto& one : threads) {
        one.join();
    }
    BOOST_TEST(wrong == 0U);
}

BOOST_AUTO_TEST_SUITE_END()
