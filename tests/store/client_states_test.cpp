#include <fedasio/store/client_states.hpp>

#include <boost/test/unit_test.hpp>

#include "scratch_directory.hpp"
#include <chrono>
#include <stdexcept>
#include <system_error>

using namespace fedasio::store;
using fedasio::test::read_bytes;
using fedasio::test::scratch_directory;
using fedasio::test::write_bytes;

namespace {

const std::string run = "0123456789abcdef";
const std::string other_run = "fedcba9876543210";

client_arrays state_of(float value) {
    return {{"c", {value, -value}}, {"head.bias", {0.5F}}, {"none", {}}};
}

/// Fails when it is told to.
class faulty_disk final : public disk {
public:
    std::unique_ptr<open_file> create(const std::filesystem::path& path) override {
        if (is_full) {
            throw std::system_error(ENOSPC, std::generic_category(), path.string() + ": cannot open");
        }
        return system_disk().create(path);
    }

    std::unique_ptr<open_file> append(const std::filesystem::path& path, std::uint64_t keep) override {
        return system_disk().append(path, keep);
    }

    void rename(const std::filesystem::path& from, const std::filesystem::path& to) override {
        system_disk().rename(from, to);
    }

    void remove(const std::filesystem::path& path) override {
        if (is_full) {
            throw std::system_error(EROFS, std::generic_category(), path.string() + ": cannot remove");
        }
        system_disk().remove(path);
    }

    void make_directory(const std::filesystem::path& path) override { system_disk().make_directory(path); }

    void sync_directory(const std::filesystem::path& path) override { system_disk().sync_directory(path); }

    bool is_full = false;
};

std::size_t files_in(const std::filesystem::path& folder) {
    return static_cast<std::size_t>(
        std::distance(std::filesystem::directory_iterator(folder), std::filesystem::directory_iterator()));
}

std::filesystem::path file_of(const std::filesystem::path& folder, const std::string& which) {
    return folder / (which + ".safetensors");
}

} // namespace

BOOST_AUTO_TEST_SUITE(states_of_clients)

BOOST_AUTO_TEST_CASE(what_was_put_is_got_in_memory_and_in_a_folder) {
    const scratch_directory dir;
    client_states in_memory;
    client_states in_folder(dir / "a" / "b");
    for (auto* states : {&in_memory, &in_folder}) {
        states->put(run, 3, 7, state_of(1));
        states->put(run, 3, 8, state_of(2));
        states->put(run, 4, 7, {});
        BOOST_TEST((states->get(run, 3, 7).state == state_of(1)));
        BOOST_TEST((states->get(run, 3, 8).state == state_of(2)));
        BOOST_TEST((states->get(run, 4, 7).state == client_arrays()));
        states->put(run, 3, 8, state_of(5));
        BOOST_TEST((states->get(run, 3, 8).state == state_of(5)));
    }
}

BOOST_AUTO_TEST_CASE(what_is_missing_is_said_with_what_is_there) {
    client_states states;
    const auto none = states.get(run, 3, 7);
    BOOST_TEST(!none.state.has_value());
    BOOST_TEST(none.problem == "there is no state of client 3 after round 7 here (nor after any other)");
    states.put(run, 3, 5, state_of(1));
    states.put(run, 3, 9, state_of(1));
    BOOST_TEST(states.get(run, 3, 7).problem ==
               "there is no state of client 3 after round 7 here (but after 5, 9)");
}

BOOST_AUTO_TEST_CASE(a_folder_outlives_the_process) {
    const scratch_directory dir;
    client_states(dir.path()).put(run, 3, 7, state_of(1));
    write_bytes(dir / "README", "mine");
    write_bytes(dir / (run + "-3-08.safetensors"), "another's");
    write_bytes(dir / (run + "-3-9.safetensors.partial"), "half a fi");
    client_states again(dir.path());
    BOOST_TEST((again.get(run, 3, 7).state == state_of(1)));
    BOOST_TEST(!again.get(run, 3, 8).state.has_value());
    BOOST_TEST(!again.get(run, 3, 9).state.has_value());
    BOOST_TEST(files_in(dir.path()) == 3U); // without the half file
}

BOOST_AUTO_TEST_CASE(runs_do_not_mix) {
    const scratch_directory dir;
    client_states states(dir.path());
    states.put(run, 3, 7, state_of(1));
    BOOST_TEST(!states.get(other_run, 3, 7).state.has_value());
    states.put(other_run, 3, 7, state_of(2));
    BOOST_TEST((states.get(run, 3, 7).state == state_of(1)));
    BOOST_TEST((states.get(other_run, 3, 7).state == state_of(2)));
    for (const auto* name : {"", "../../etc/passwd0", "0123456789ABCDEF", "0123456789abcde"}) {
        BOOST_CHECK_THROW(states.put(name, 1, 1, {}), std::invalid_argument);
        BOOST_CHECK_THROW((void)states.get(name, 1, 1), std::invalid_argument);
    }
}

BOOST_AUTO_TEST_CASE(what_is_damaged_is_said_and_set_aside) {
    const scratch_directory dir;
    client_states states(dir.path());
    const auto path = file_of(dir.path(), run + "-3-7");
    for (const std::size_t from_end : {std::size_t{1}, std::size_t{200}}) {
        states.put(run, 3, 7, state_of(1));
        auto bytes = read_bytes(path);
        bytes[bytes.size() - from_end] ^= 1;
        write_bytes(path, bytes);
        const auto got = states.get(run, 3, 7);
        BOOST_TEST(!got.state.has_value());
        BOOST_TEST(got.problem.find(path.string()) != std::string::npos, got.problem);
        BOOST_TEST(std::filesystem::exists(path.string() + ".damaged"));
        BOOST_TEST(!std::filesystem::exists(path));
    }
    // A file under another's name is as good as damaged.
    states.put(run, 5, 7, state_of(1));
    states.put(run, 6, 7, state_of(2));
    std::filesystem::copy_file(file_of(dir.path(), run + "-5-7"), file_of(dir.path(), run + "-6-7"),
                               std::filesystem::copy_options::overwrite_existing);
    BOOST_TEST(!states.get(run, 6, 7).state.has_value());
    // What vanished is said too, and the process goes on.
    std::filesystem::remove(file_of(dir.path(), run + "-5-7"));
    BOOST_TEST(states.get(run, 5, 7).problem.find("cannot open") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_full_disk_is_an_error_and_leaves_what_was) {
    const scratch_directory dir;
    faulty_disk faulty;
    client_states states(dir.path(), faulty);
    states.put(run, 3, 7, state_of(1));
    faulty.is_full = true;
    BOOST_CHECK_THROW(states.put(run, 3, 7, state_of(2)), std::system_error);
    BOOST_CHECK_THROW(states.put(run, 3, 8, state_of(2)), std::system_error);
    BOOST_TEST((states.get(run, 3, 7).state == state_of(1)));
    BOOST_TEST(!states.get(run, 3, 8).state.has_value());
}

BOOST_AUTO_TEST_CASE(only_what_nobody_can_ask_for_is_forgotten) {
    const scratch_directory dir;
    client_states in_memory;
    client_states in_folder(dir.path());
    for (auto* states : {&in_memory, &in_folder}) {
        const auto has = [&](std::uint32_t round) { return states->get(run, 3, round).state.has_value(); };
        for (const std::uint32_t round : {2U, 4U, 5U, 7U}) {
            states->put(run, 3, round, state_of(static_cast<float>(round)));
        }
        states->put(run, 4, 1, {});
        // Nobody has asked for one yet: any of them may be the last that counted.
        states->forget(run, 3, 100);
        BOOST_TEST(states->get(run, 3, 4).state.has_value());
        // 4 counted, and 5 may not have: whoever goes on from round 6 asks for 4.
        states->forget(run, 3, 3);
        states->forget(run, 3, 6);
        BOOST_TEST(!has(2));
        BOOST_TEST(has(4));
        BOOST_TEST(has(7));
        // Now that 7 counted, a run that goes on from round 6 still asks for 4.
        states->forget(run, 3, 6);
        BOOST_TEST(has(4));
        states->forget(run, 3, 7);
        BOOST_TEST(!has(4));
        BOOST_TEST(!has(5));
        BOOST_TEST(has(7));
        BOOST_TEST(states->get(run, 4, 1).state.has_value());
        states->forget(run, 9, 7);
    }
    BOOST_TEST(files_in(dir.path()) == 2U);
}

BOOST_AUTO_TEST_CASE(of_many_runs_the_latest_are_kept) {
    const scratch_directory dir;
    const auto digits = [](std::size_t number) {
        const auto text = std::to_string(number);
        return std::string(16 - text.size(), '0') + text;
    };
    constexpr auto all = client_states::most_runs + 2;
    for (std::size_t i = 0; i < all; ++i) {
        client_states(dir.path()).put(digits(i), 3, 7, {});
        std::filesystem::last_write_time(file_of(dir.path(), digits(i) + "-3-7"),
                                         std::filesystem::file_time_type(std::chrono::hours(i)));
    }
    BOOST_TEST(files_in(dir.path()) == client_states::most_runs);
    BOOST_TEST(!std::filesystem::exists(file_of(dir.path(), digits(1) + "-3-7")));
    BOOST_TEST(std::filesystem::exists(file_of(dir.path(), digits(2) + "-3-7")));
}

BOOST_AUTO_TEST_SUITE_END()
