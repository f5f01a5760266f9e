#include <fedasio/data/error.hpp>
#include <fedasio/worker/local_data.hpp>

#include <boost/test/unit_test.hpp>

#include "scratch_directory.hpp"
#include <set>

namespace {

namespace data = fedasio::data;
namespace wire = fedasio::wire;
using fedasio::worker::local_data;
using fedasio::worker::locate;
using fedasio::worker::sample_cache;

std::string table(int rows) {
    std::string text = "x,label\n";
    for (int i = 0; i < rows; ++i) {
        text += std::to_string(i) + (i % 2 == 0 ? ",even\n" : ",odd\n");
    }
    return text;
}

wire::load request_for(const std::filesystem::path& file, data::partition_spec::scheme scheme,
                       std::vector<std::uint32_t> clients) {
    data::csv_source source;
    source.train = file.string();
    source.label = "label";
    wire::load what;
    what.seed = 5;
    what.source = source;
    what.partition.type = scheme;
    what.clients_total = 4;
    what.clients = std::move(clients);
    const std::vector summaries{data::summarize_csv(file, source, false)};
    what.schema = data::merge(summaries, source, false);
    return what;
}

} // namespace

BOOST_AUTO_TEST_SUITE(data_of_a_worker)

BOOST_AUTO_TEST_CASE(a_worker_gets_the_parts_of_its_clients_only) {
    const fedasio::test::scratch_directory folder;
    sample_cache cache;
    const auto file = folder.write("all.csv", table(40));
    auto what = request_for(file, data::partition_spec::scheme::iid, {1, 3});
    what.holdout = 0.2;
    const local_data own(what, std::nullopt, cache);
    BOOST_TEST(own.samples().size() == 40U);
    BOOST_TEST(own.find(0) == nullptr);
    BOOST_REQUIRE(own.find(1) != nullptr);
    BOOST_TEST(own.find(1)->train.size() == 8U);
    BOOST_TEST(own.find(1)->held_out.size() == 2U);

    const auto everything = request_for(file, data::partition_spec::scheme::iid, {0, 1, 2, 3});
    const local_data all(everything, std::nullopt, cache);
    std::set<std::uint32_t> seen;
    for (std::uint32_t client = 0; client < 4; ++client) {
        seen.insert(all.find(client)->train.begin(), all.find(client)->train.end());
    }
    BOOST_TEST(seen.size() == 40U, "every sample belongs to one client");
    const std::set<std::uint32_t> of_one(all.find(1)->train.begin(), all.find(1)->train.end());
    for (const auto sample : own.find(1)->train) {
        BOOST_TEST(of_one.contains(sample), "a client's samples do not depend on the worker that hosts it");
    }
}

BOOST_AUTO_TEST_CASE(a_folder_of_tables_is_one_and_read_again_when_a_file_comes) {
    const fedasio::test::scratch_directory folder;
    sample_cache cache;
    folder.write("1.csv", table(6));
    auto what = request_for(folder.path(), data::partition_spec::scheme::local, {0});
    std::get<data::csv_source>(what.source).train.clear();
    BOOST_TEST(local_data(what, folder.path(), cache).samples().size() == 6U);
    folder.write("2.csv", table(4));
    BOOST_TEST(local_data(what, folder.path(), cache).samples().size() == 10U);
}

BOOST_AUTO_TEST_CASE(local_is_the_whole_file_for_one_client) {
    const fedasio::test::scratch_directory folder;
    sample_cache cache;
    const auto file = folder.write("mine.csv", table(12));
    const local_data own(request_for(file, data::partition_spec::scheme::local, {2}), std::nullopt, cache);
    BOOST_TEST(own.find(2)->train.size() == 12U);
    BOOST_CHECK_THROW(
        local_data(request_for(file, data::partition_spec::scheme::local, {1, 2}), std::nullopt, cache),
        std::invalid_argument);
}

BOOST_AUTO_TEST_CASE(the_same_file_is_not_read_twice) {
    const fedasio::test::scratch_directory folder;
    const auto file = folder.write("all.csv", table(40));
    sample_cache cache;
    const local_data first(request_for(file, data::partition_spec::scheme::iid, {0}), std::nullopt, cache);
    const local_data second(request_for(file, data::partition_spec::scheme::iid, {1}), std::nullopt, cache);
    BOOST_TEST(&first.samples() == &second.samples());
    auto other = request_for(file, data::partition_spec::scheme::iid, {1});
    other.schema->standardize = false;
    const local_data third(other, std::nullopt, cache);
    BOOST_TEST(&first.samples() != &third.samples());
}

// A table that was replaced or mended in place by one of the same size; what is trained on is told by digest.
BOOST_AUTO_TEST_CASE(a_file_that_changed_is_read_again) {
    const fedasio::test::scratch_directory folder;
    sample_cache cache;
    const auto file = folder.write("all.csv", "x,label\n1,a\n2,b\n3,a\n");
    const auto what = request_for(file, data::partition_spec::scheme::local, {0});
    const local_data before(what, std::nullopt, cache);
    BOOST_TEST(before.digest().size() == 64U);
    const auto when = std::filesystem::last_write_time(file);
    folder.write("all.csv", "x,label\n1,a\n2,b\n9,a\n");
    std::filesystem::last_write_time(file, when); // as `cp --preserve` or `tar` leave it
    const local_data after(what, std::nullopt, cache);
    BOOST_TEST(&after.samples() != &before.samples());
    BOOST_TEST(after.digest() != before.digest());
    // The same rows in another file are the same data.
    auto copied = what;
    std::get<data::csv_source>(copied.source).train =
        folder.write("copy.csv", "x,label\n1,a\n2,b\n9,a\n").string();
    BOOST_TEST(local_data(copied, std::nullopt, cache).digest() == after.digest());
    // Only the label differs.
    folder.write("copy.csv", "x,label\n1,a\n2,a\n9,a\n");
    BOOST_TEST(local_data(copied, std::nullopt, cache).digest() != after.digest());
}

BOOST_AUTO_TEST_CASE(what_changes_while_it_is_read_is_read_again) {
    int state = 0;
    int reads = 0;
    int changes = 2;
    const auto identify = [&] { return std::to_string(state); };
    const auto read = [&] {
        ++reads;
        state += changes-- > 0 ? 1 : 0;
        return std::make_shared<const data::dataset>(std::vector<std::uint32_t>{1},
                                                     std::vector<float>{static_cast<float>(state), 2},
                                                     std::vector<float>{3, 4});
    };
    sample_cache cache;
    const auto known = cache.get(identify, read);
    BOOST_TEST(reads == 3);
    BOOST_TEST(cache.get(identify, read).set == known.set);
    changes = 100;
    ++state;
    BOOST_CHECK_THROW(cache.get(identify, read), data::error);
    BOOST_TEST(reads == 6);
}

BOOST_AUTO_TEST_CASE(what_could_not_be_read_is_read_again) {
    sample_cache cache;
    const auto broken = []() -> std::shared_ptr<const data::dataset> { throw data::error("not there"); };
    const auto here = [] { return std::string("here"); };
    BOOST_CHECK_THROW(cache.get(here, broken), data::error);
    int reads = 0;
    const auto read = [&reads] {
        ++reads;
        return std::make_shared<const data::dataset>(std::vector<std::uint32_t>{1}, std::vector<float>{1, 2},
                                                     std::vector<float>{3, 4});
    };
    BOOST_TEST(cache.get(here, read).set->size() == 2U);
    BOOST_TEST(cache.get(here, read).set->size() == 2U);
    BOOST_TEST(reads == 1);
}

BOOST_AUTO_TEST_CASE(data_overrides_the_paths_of_the_plan) {
    const fedasio::test::scratch_directory folder;
    const auto file = folder.write("half.csv", table(4));
    BOOST_TEST(locate("/elsewhere/half.csv", folder.path()) == file);
    BOOST_TEST(locate("/elsewhere/other.csv", file) == file);
    BOOST_TEST(locate("/elsewhere/other.csv", std::nullopt) == "/elsewhere/other.csv");
    BOOST_CHECK_THROW(locate("", std::nullopt), data::error);
    BOOST_TEST(locate("", folder.path()) == folder.path());
}

BOOST_AUTO_TEST_CASE(what_cannot_be_read_says_why) {
    const fedasio::test::scratch_directory folder;
    sample_cache cache;
    wire::load what;
    what.source = data::idx_source{"/nowhere/images", "/nowhere/labels", "", ""};
    what.clients_total = 1;
    what.clients = {0};
    BOOST_CHECK_EXCEPTION(local_data(what, std::nullopt, cache), data::error, [](const data::error& e) {
        return std::string(e.what()).find("/nowhere/images") != std::string::npos;
    });
    BOOST_CHECK_THROW(local_data(what, folder.write("a.csv", table(1)), cache), data::error);
    what.source = data::csv_source{};
    BOOST_CHECK_THROW(local_data(what, std::nullopt, cache), data::error);
    wire::survey survey;
    survey.source = data::idx_source{};
    BOOST_CHECK_THROW(fedasio::worker::summarize(survey, std::nullopt), data::error);
}

BOOST_AUTO_TEST_SUITE_END()
