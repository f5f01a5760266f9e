#include <fedasio/net/nursery.hpp>
#include <fedasio/net/shared_key.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/error.hpp>
#include <boost/test/unit_test.hpp>

#include <net/bytes.hpp>
#include <net/memory_stream.hpp>
#include <net/virtual_runtime.hpp>
#include <scratch_directory.hpp>
#include <sys/stat.h>

using namespace fedasio::net;
using namespace fedasio::net::testing;
using namespace std::chrono_literals;

namespace {

shared_key key_of(unsigned char byte) {
    shared_key::bytes value;
    value.fill(std::byte{byte});
    return shared_key(value);
}

/// One end's handshake, under way.
struct proving {
    opened result;
    bool over = false;

    proving(virtual_runtime& world, std::unique_ptr<stream> wire, const shared_key& key, side own) {
        asio::co_spawn(world.executor(), prove_key(world, std::move(wire), key, own),
                       [this](const std::exception_ptr& failure, opened got) {
                           BOOST_TEST(!failure);
                           over = true;
                           result = std::move(got);
                       });
        world.settle();
    }

    proving(const proving&) = delete;
    proving& operator=(const proving&) = delete;

    [[nodiscard]] error_code error() const {
        BOOST_TEST(over);
        BOOST_TEST((result.connection != nullptr) == !result.error);
        return result.error;
    }
};

/// A worker and a master whose bytes the test carries from one to the other.
struct fixture {
    virtual_runtime world;
    memory_link worker_link{world.executor()};
    memory_link master_link{world.executor()};

    proving start_worker(const shared_key& key = key_of(1)) {
        return {world, std::move(worker_link.first), key, side::connecting};
    }

    proving start_master(const shared_key& key = key_of(1)) {
        return {world, std::move(master_link.second), key, side::accepting};
    }

    std::string from_worker() {
        auto text = worker_link.forth->take();
        world.settle();
        return text;
    }

    std::string from_master() {
        auto text = master_link.back->take();
        world.settle();
        return text;
    }

    void to_worker(const std::string& text) {
        worker_link.back->inject(text);
        world.settle();
    }

    void to_master(const std::string& text) {
        master_link.forth->inject(text);
        world.settle();
    }
};

std::string told(const std::filesystem::path& file) {
    try {
        (void)shared_key::read(file);
    } catch (const std::runtime_error& e) {
        return e.what();
    }
    return {};
}

std::string proof_of(const shared_key& key) {
    const shared_key::nonce zero{};
    return to_hex(to_text(key.prove(side::connecting, zero, zero)));
}

const std::string greeting_text = "FDK1" + std::string(32, 'n');

} // namespace

BOOST_FIXTURE_TEST_SUITE(shared_keys, fixture)

BOOST_AUTO_TEST_CASE(both_have_the_key) {
    memory_link link(world.executor());
    proving worker(world, std::move(link.first), key_of(1), side::connecting);
    proving master(world, std::move(link.second), key_of(1), side::accepting);
    BOOST_TEST(!worker.error());
    BOOST_TEST(!master.error());
    BOOST_TEST(link.forth->unread() + link.back->unread() == 0U);
}

BOOST_AUTO_TEST_CASE(the_conversation_is_that_of_the_documentation) {
    auto worker = start_worker();
    auto master = start_master();
    const auto first = from_worker();
    BOOST_TEST(first.size() == 36U);
    BOOST_TEST(first.substr(0, 4) == "FDK1");
    BOOST_TEST(from_master().empty());
    to_master(first);
    const auto second = from_master();
    BOOST_TEST(second.size() == 36U);
    to_worker(second);
    shared_key::nonce workers;
    shared_key::nonce masters;
    std::memcpy(workers.data(), first.data() + 4, workers.size());
    std::memcpy(masters.data(), second.data() + 4, masters.size());
    const auto third = from_worker();
    BOOST_TEST(third == to_text(key_of(1).prove(side::connecting, workers, masters)));
    BOOST_TEST(!worker.over);
    to_master(third);
    BOOST_TEST(!master.error());
    const auto fourth = from_master();
    BOOST_TEST(fourth == to_text(key_of(1).prove(side::accepting, workers, masters)));
    to_worker(fourth);
    BOOST_TEST(!worker.error());
}

BOOST_AUTO_TEST_CASE(the_proof_of_the_documentation) {
    shared_key::bytes counting;
    shared_key::nonce ones;
    shared_key::nonce twos;
    for (std::size_t i = 0; i < counting.size(); ++i) {
        counting[i] = static_cast<std::byte>(i);
    }
    ones.fill(std::byte{1});
    twos.fill(std::byte{2});
    const shared_key key(counting);
    BOOST_TEST(to_hex(to_text(key.prove(side::connecting, ones, twos))) ==
               "6264fb711db47525cea7f17b5e90cac985a8fe68e3731b4d3f35f9103fdd8770");
    BOOST_TEST(to_hex(to_text(key.prove(side::accepting, ones, twos))) ==
               "f5f7ebf7cb9f82dd68f3a13d2d8631da81dc21abc7814ddb7f485fdceaaf2ac1");
}

BOOST_AUTO_TEST_CASE(a_worker_with_another_key) {
    memory_link link(world.executor());
    proving worker(world, std::move(link.first), key_of(1), side::connecting);
    proving master(world, std::move(link.second), key_of(2), side::accepting);
    BOOST_TEST(worker.error() == error_code(errc::wrong_key));
    BOOST_TEST(master.error() == error_code(errc::wrong_key));
    // Nothing that the master's key had a part in has left it.
    BOOST_TEST(link.back->take().empty());
}

BOOST_AUTO_TEST_CASE(a_master_without_the_key) {
    auto worker = start_worker();
    (void)from_worker();
    to_worker(greeting_text);
    BOOST_TEST(from_worker().size() == 32U);
    to_worker(std::string(31, 'x'));
    BOOST_TEST(!worker.over);
    to_worker("x");
    BOOST_TEST(worker.error() == error_code(errc::wrong_key));
}

BOOST_AUTO_TEST_CASE(one_wrong_bit_anywhere_in_the_proof) {
    for (std::size_t bit = 0; bit < 256; ++bit) {
        fixture own;
        auto worker = own.start_worker();
        auto master = own.start_master();
        own.to_master(own.from_worker());
        own.to_worker(own.from_master());
        auto proof = own.from_worker();
        proof[bit / 8] = static_cast<char>(proof[bit / 8] ^ (1 << (bit % 8)));
        own.to_master(proof);
        own.world.run_for(2s);
        BOOST_TEST(master.error() == error_code(errc::wrong_key));
    }
}

BOOST_AUTO_TEST_CASE(what_was_recorded_is_worth_nothing) {
    auto worker = start_worker();
    auto master = start_master();
    const auto first = from_worker();
    to_master(first);
    const auto second = from_master();
    to_worker(second);
    const auto third = from_worker();
    to_master(third);
    BOOST_TEST(!master.error());
    const auto fourth = from_master();

    memory_link again(world.executor());
    proving other_master(world, std::move(again.second), key_of(1), side::accepting);
    again.forth->inject(first + third);
    world.run_for(2s);
    BOOST_TEST(other_master.error() == error_code(errc::wrong_key));

    memory_link back(world.executor());
    proving other_worker(world, std::move(back.first), key_of(1), side::connecting);
    back.back->inject(second + fourth);
    world.settle();
    BOOST_TEST(other_worker.error() == error_code(errc::wrong_key));
}

BOOST_AUTO_TEST_CASE(an_echo_proves_nothing) {
    auto worker = start_worker();
    to_worker(from_worker());
    to_worker(from_worker());
    BOOST_TEST(worker.error() == error_code(errc::wrong_key));

    auto master = start_master();
    to_master(greeting_text);
    const auto challenge = from_master();
    // Another worker's proof for this challenge is its own; what a second connection to the master says is no
    // help either.
    memory_link other(world.executor());
    proving second(world, std::move(other.second), key_of(1), side::accepting);
    other.forth->inject(challenge);
    world.settle();
    to_master(other.back->take().substr(4));
    world.run_for(2s);
    BOOST_TEST(master.error() == error_code(errc::wrong_key));
}

BOOST_AUTO_TEST_CASE(a_proof_of_the_other_role_is_none) {
    auto master = start_master();
    to_master(greeting_text);
    shared_key::nonce workers;
    shared_key::nonce masters;
    workers.fill(std::byte{'n'});
    std::memcpy(masters.data(), from_master().data() + 4, masters.size());
    to_master(to_text(key_of(1).prove(side::accepting, workers, masters)));
    world.run_for(2s);
    BOOST_TEST(master.error() == error_code(errc::wrong_key));
}

BOOST_AUTO_TEST_CASE(every_end_of_the_stream) {
    for (std::size_t bytes = 0; bytes < 68; ++bytes) {
        fixture own;
        auto master = own.start_master();
        own.to_master((greeting_text + std::string(32, 'p')).substr(0, bytes));
        own.master_link.forth->end();
        own.world.settle();
        BOOST_TEST(master.error() == error_code(bytes < 36 ? errc::not_authenticated : errc::wrong_key));

        auto worker = own.start_worker();
        own.to_worker((greeting_text + std::string(32, 'p')).substr(0, bytes));
        own.worker_link.back->end();
        own.world.settle();
        BOOST_TEST(worker.error() == error_code(bytes < 36 ? errc::not_authenticated : errc::wrong_key));
    }
}

BOOST_AUTO_TEST_CASE(ten_seconds_and_no_more) {
    auto master = start_master();
    auto worker = start_worker();
    world.run_for(9s);
    to_master(greeting_text.substr(0, 20)); // a byte now and then gives no more time
    world.run_for(999ms);
    BOOST_TEST(!master.over);
    BOOST_TEST(!worker.over);
    world.run_for(1ms);
    BOOST_TEST(master.error() == error_code(errc::handshake_timeout));
    BOOST_TEST(worker.error() == error_code(errc::handshake_timeout));
}

BOOST_AUTO_TEST_CASE(what_others_begin_with) {
    const std::pair<std::string, errc> cases[] = {{"FDIO", errc::peer_is_unprotected},
                                                  {"\x16\x03\x01\x02", errc::peer_uses_tls},
                                                  {"GET ", errc::peer_uses_http},
                                                  {"FDK2", errc::bad_magic}};
    for (const auto& [text, expected] : cases) {
        fixture own;
        auto master = own.start_master();
        own.to_master(text);
        own.world.run_for(2s);
        BOOST_TEST(master.error() == error_code(expected));
        // Only a worker of this project is told what is expected here.
        BOOST_TEST(own.from_master().size() == (expected == errc::peer_is_unprotected ? 36U : 0U));
        auto worker = own.start_worker();
        own.to_worker(text);
        BOOST_TEST(worker.error() == error_code(expected));
    }
}

BOOST_AUTO_TEST_CASE(cancelled_at_any_moment) {
    for (const auto& heard : {std::string(), greeting_text, greeting_text + "p"}) {
        fixture own;
        nursery children(own.world.executor());
        opened result;
        const auto keep = [](awaitable<opened> work, opened* into) -> awaitable<void> {
            *into = co_await std::move(work);
        };
        children.spawn(keep(
            prove_key(own.world, std::move(own.master_link.second), key_of(1), side::accepting), &result));
        own.world.settle();
        own.to_master(heard);
        children.cancel();
        own.world.settle();
        BOOST_TEST(children.size() == 0U);
        BOOST_TEST(result.error == error_code(asio::error::operation_aborted));
    }
}

BOOST_AUTO_TEST_CASE(the_key_file) {
    const fedasio::test::scratch_directory folder;
    const auto file = folder / "key";
    const auto made = proof_of(shared_key::read_or_make(file));
    BOOST_TEST(proof_of(shared_key::read_or_make(file)) == made);
    BOOST_TEST(proof_of(shared_key::read(file)) == made);
    BOOST_TEST(proof_of(shared_key::read_or_make(folder / "other")) != made);
    BOOST_TEST(folder.entries() == 2U);
    struct stat status{};

    BOOST_TEST(::stat(file.c_str(), &status) == 0);
    BOOST_TEST((status.st_mode & 0777U) == 0600U);
    BOOST_TEST(fedasio::test::read_bytes(file).size() == 65U);

    const auto known = folder.write("known", std::string(32, '0') + std::string(32, 'F'));
    for (const auto mode : {0640U, 0604U, 0620U, 0601U}) {
        ::chmod(known.c_str(), mode);
        BOOST_TEST(told(known).find("chmod 600") != std::string::npos);
    }
    ::chmod(known.c_str(), 0600);
    shared_key::bytes value{};
    std::fill(value.begin() + 16, value.end(), std::byte{255});
    BOOST_TEST(proof_of(shared_key::read(known)) == proof_of(shared_key(value)));
}

BOOST_AUTO_TEST_CASE(key_files_that_are_none) {
    const fedasio::test::scratch_directory folder;
    for (const auto& text : {std::string(), std::string(63, 'a'), std::string(63, 'a') + "g",
                             std::string(64, 'a') + "b", std::string(64, 'a') + "\nb"}) {
        const auto file = folder.write("key", text);
        ::chmod(file.c_str(), 0600);
        BOOST_TEST(told(file).find("64 hexadecimal digits") != std::string::npos, text);
    }
    BOOST_TEST(told(folder / "absent").find("No such file") != std::string::npos);
    BOOST_TEST(told(folder.path()).find("is a folder, where a file is needed") != std::string::npos);
    BOOST_CHECK_THROW((void)shared_key::read_or_make(folder / "none" / "key"), std::runtime_error);
}

BOOST_AUTO_TEST_SUITE_END()
