#include <fedasio/random.hpp>
#include <fedasio/store/safetensors.hpp>

#include <boost/test/unit_test.hpp>

#include "scratch_directory.hpp"
#include <bit>
#include <cstring>
#include <limits>
#include <system_error>

using namespace fedasio::store;
using fedasio::test::read_bytes;
using fedasio::test::scratch_directory;
using fedasio::test::write_bytes;

namespace {

const std::vector<float> six{1, 2, 3, 4, 5, 6};
const std::vector<float> one{-0.5F};

std::string file_bytes(const std::string& header, std::size_t data_size) {
    const std::uint64_t length = header.size();
    std::string bytes(sizeof(length), '\0');
    std::memcpy(bytes.data(), &length, sizeof(length));
    return bytes + header + std::string(data_size, '\0');
}

std::string error_of(const std::string& bytes) {
    const scratch_directory dir;
    write_bytes(dir / "m", bytes);
    try {
        static_cast<void>(read_safetensors(dir / "m"));
    } catch (const model_file_error& error) {
        const std::string text = error.what();
        BOOST_TEST(text.starts_with((dir / "m").string() + ": "));
        return text;
    }
    return "no error";
}

std::string one_tensor(const std::string& dtype, const std::string& shape, const std::string& offsets) {
    return R"({"a":{"dtype":")" + dtype + R"(","shape":)" + shape + R"(,"data_offsets":)" + offsets + "}}";
}

void check_refused(const std::string& bytes, const std::string& part) {
    const std::string error = error_of(bytes);
    BOOST_TEST(error.find(part) != std::string::npos, "expected `" << part << "` in: " << error);
}

} // namespace

BOOST_AUTO_TEST_SUITE(safetensors)

BOOST_AUTO_TEST_CASE(what_is_written_is_read) {
    const scratch_directory dir;
    const std::vector<tensor_view> tensors{
        {"0.dense.kernel", {2, 3}, six}, {"scalar \"é\"", {}, one}, {"empty", {0, 5}, {}}};
    const std::map<std::string, std::string> metadata{{"round", "3"}, {"text", "a \"quote\"\n"}};
    write_safetensors(dir / "m", tensors, metadata);
    const model_file file = read_safetensors(dir / "m");
    BOOST_TEST((file.metadata == metadata));
    BOOST_REQUIRE(file.tensors.size() == 3U);
    BOOST_CHECK((file.tensors[0] == tensor{"0.dense.kernel", {2, 3}, six}));
    for (const tensor& read : file.tensors) {
        if (read.name == "empty") {
            BOOST_CHECK((read == tensor{"empty", {0, 5}, {}}));
        }
        if (read.name == "scalar \"é\"") {
            BOOST_CHECK((read == tensor{"scalar \"é\"", {}, one}));
        }
    }
}

// The format, byte by byte: whoever reads these files has only this to go by.
BOOST_AUTO_TEST_CASE(the_layout_is_that_of_the_format) {
    const scratch_directory dir;
    const std::vector<tensor_view> tensors{{"b", {2, 3}, six}, {"a", {1}, one}};
    write_safetensors(dir / "m", tensors, {{"k", "v"}});
    const std::string bytes = read_bytes(dir / "m");
    const std::string header =
        R"({"__metadata__":{"k":"v"},"b":{"dtype":"F32","shape":[2,3],"data_offsets":[0,24]},)"
        R"("a":{"dtype":"F32","shape":[1],"data_offsets":[24,28]}})";
    const std::size_t padded = (8 + header.size() + 63) / 64 * 64 - 8;
    BOOST_TEST(bytes.substr(0, 8) == std::string({static_cast<char>(padded), 0, 0, 0, 0, 0, 0, 0}));
    BOOST_TEST(bytes.substr(8, header.size()) == header);
    BOOST_TEST(bytes.substr(8 + header.size(), padded - header.size()) ==
               std::string(padded - header.size(), ' '));
    BOOST_REQUIRE(bytes.size() == 8 + padded + 28);
    BOOST_TEST(bytes.substr(8 + padded, 4) == std::string({0, 0, '\x80', '\x3f'}));
    BOOST_TEST(bytes.substr(8 + padded + 24) == std::string({0, 0, 0, '\xbf'}));
}

BOOST_AUTO_TEST_CASE(every_bit_pattern_comes_back) {
    const scratch_directory dir;
    const std::vector<float> odd{-0.0F, std::numeric_limits<float>::denorm_min(),
                                 std::bit_cast<float>(0x7fc12345U), -std::numeric_limits<float>::infinity()};
    const std::vector<tensor_view> tensors{{"a", {4}, odd}};
    write_safetensors(dir / "m", tensors);
    const auto read = read_safetensors(dir / "m").tensors.at(0).values;
    for (std::size_t i = 0; i < odd.size(); ++i) {
        BOOST_TEST(std::bit_cast<std::uint32_t>(read[i]) == std::bit_cast<std::uint32_t>(odd[i]));
    }
}

BOOST_AUTO_TEST_CASE(tensors_in_any_order_of_the_header) {
    const std::string header = R"({"b":{"dtype":"F32","shape":[1],"data_offsets":[4,8]},)"
                               R"("a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}   )";
    const scratch_directory dir;
    write_bytes(dir / "m", file_bytes(header, 8));
    BOOST_TEST(read_safetensors(dir / "m").tensors.at(0).name == "a");
}

BOOST_AUTO_TEST_CASE(what_cannot_be_written) {
    const scratch_directory dir;
    const std::vector<tensor_view> wrong_size{{"a", {2, 2}, six}};
    const std::vector<tensor_view> twice{{"a", {1}, one}, {"a", {1}, one}};
    const std::vector<tensor_view> reserved{{"__metadata__", {1}, one}};
    const std::vector<tensor_view> overflow{{"a", {std::size_t{1} << 63U, 2}, {}}};
    BOOST_CHECK_THROW(write_safetensors(dir / "m", wrong_size), std::invalid_argument);
    BOOST_CHECK_THROW(write_safetensors(dir / "m", twice), std::invalid_argument);
    BOOST_CHECK_THROW(write_safetensors(dir / "m", reserved), std::invalid_argument);
    BOOST_CHECK_THROW(write_safetensors(dir / "m", overflow), std::invalid_argument);
    BOOST_TEST(dir.entries() == 0U);
}

BOOST_AUTO_TEST_CASE(lies_are_refused) {
    check_refused("", "too few");
    check_refused("1234567", "too few");
    check_refused(std::string(8, '\xff') + "{}", "its header claims 18446744073709551615 bytes");
    check_refused(file_bytes("{}", 0).substr(0, 9), "its header claims 2 bytes");
    check_refused(file_bytes("", 0), "does not begin with '{'");
    check_refused(file_bytes(" {}", 0), "does not begin with '{'");
    check_refused(file_bytes("[]", 0), "does not begin with '{'");
    check_refused(file_bytes("{", 0), "header is damaged");
    check_refused(file_bytes(R"({"a":1,"a":1})", 0), "appears twice");
    check_refused(file_bytes("{}", 1), "1 bytes that belong to no tensor");
    check_refused(file_bytes(R"({"a":1})", 0), "needs the keys");
    check_refused(file_bytes(R"({"__metadata__":[]})", 0), "metadata is no JSON object");
    check_refused(file_bytes(R"({"__metadata__":{"a":1}})", 0), "other than strings");
    check_refused(file_bytes(one_tensor("F64", "[1]", "[0,8]"), 8), "only float32");
    check_refused(file_bytes(one_tensor("F32", "[1]", "[0,8]"), 8), "does not fit its 8 bytes");
    check_refused(file_bytes(one_tensor("F32", "[1]", "[0,5]"), 5), "does not fit its 5 bytes");
    check_refused(file_bytes(one_tensor("F32", "[1]", "[0,4]"), 3), "outside the file's 3 bytes");
    check_refused(file_bytes(one_tensor("F32", "[1]", "[4,0]"), 4), "outside the file's");
    check_refused(file_bytes(one_tensor("F32", "[1]", "[0]"), 4), "outside the file's");
    check_refused(file_bytes(one_tensor("F32", "[1]", "4"), 4), "no `data_offsets`");
    check_refused(file_bytes(one_tensor("F32", "[-1]", "[0,4]"), 4), "no whole number");
    check_refused(file_bytes(one_tensor("F32", "[1.5]", "[0,4]"), 4), "no whole number");
    check_refused(file_bytes(one_tensor("F32", "[1]", "[4,8]"), 8), "leaves a hole");
    check_refused(file_bytes(one_tensor("F32", "[1]", "[0,4]"), 8), "4 bytes that belong to no tensor");
    check_refused(file_bytes(one_tensor("F32", "[4611686018427387905,4]", "[0,16]"), 16), "does not fit");
    check_refused(file_bytes(R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},)"
                             R"("b":{"dtype":"F32","shape":[2],"data_offsets":[4,12]}})",
                             12),
                  "overlaps another's");
    check_refused(file_bytes(R"({"a":{"dtype":"F32","shape":[0],"data_offsets":[0,0],"x":1}})", 0),
                  "no others");
}

BOOST_AUTO_TEST_CASE(a_missing_file_is_named) {
    BOOST_CHECK_EXCEPTION((void)read_safetensors("/nonexistent/m"), std::system_error,
                          [](const std::system_error& error) {
                              return std::string(error.what()).starts_with("/nonexistent/m: cannot open") &&
                                     error.code() == std::errc::no_such_file_or_directory;
                          });
}

BOOST_AUTO_TEST_CASE(a_file_cut_off_anywhere_is_refused) {
    const scratch_directory dir;
    const std::vector<tensor_view> tensors{{"b", {2, 3}, six}, {"a", {1}, one}};
    write_safetensors(dir / "m", tensors, {{"k", "v"}});
    const std::string bytes = read_bytes(dir / "m");
    for (std::size_t size = 0; size < bytes.size(); ++size) {
        BOOST_REQUIRE(error_of(bytes.substr(0, size)) != "no error");
    }
}

// Under the sanitizers: no change of a few bytes makes the reader do anything but read or refuse.
BOOST_AUTO_TEST_CASE(damage_is_harmless) {
    const scratch_directory dir;
    const std::vector<tensor_view> tensors{{"b", {2, 3}, six}, {"a", {1}, one}};
    write_safetensors(dir / "m", tensors, {{"k", "v"}});
    const std::string bytes = read_bytes(dir / "m");
    fedasio::random_stream random(1, fedasio::purpose::shuffle);
    for (int i = 0; i < 2000; ++i) {
        std::string damaged = bytes;
        for (std::uint32_t hits = random.below(3); hits < 3; ++hits) {
            damaged[random.below(180)] = static_cast<char>(random.below(256));
        }
        static_cast<void>(error_of(damaged));
    }
}

BOOST_AUTO_TEST_SUITE_END()
