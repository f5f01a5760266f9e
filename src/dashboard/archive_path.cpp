#include "archive_path.hpp"

#include <fedasio/store/model_store.hpp>

#include <charconv>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

namespace fedasio::dashboard {
namespace {

using kind = archive_question::kind;
using parts = std::vector<std::string_view>;

constexpr std::size_t most_parts = 6;

parts split(std::string_view path) {
    parts result;
    while (result.size() < most_parts) {
        const auto end = path.find('/');
        result.push_back(path.substr(0, end));
        if (end == std::string_view::npos) {
            break;
        }
        path.remove_prefix(end + 1);
    }
    return result;
}

std::optional<std::uint32_t> parse_number(std::string_view digits) {
    std::uint32_t number = 0;
    const auto* const begin = digits.data();
    const auto* const end = begin + digits.size();
    const auto [stopped, ec] = std::from_chars(begin, end, number);
    return ec == std::errc() && stopped == end ? std::optional(number) : std::nullopt;
}

std::optional<archive_question> parse_run(const parts& path) {
    const std::string run(path[1]);
    if (run.empty() || run.find_first_not_of("0123456789abcdef") != std::string::npos) {
        return std::nullopt;
    }
    if (path.size() == 2) {
        return archive_question{kind::run, run};
    }
    if (path.size() == 3 && path[2] == "rounds") {
        return archive_question{kind::rounds, run};
    }
    if (path.size() == 3 && path[2] == "report") {
        return archive_question{kind::report, run};
    }
    const auto round = path.size() == 5 ? parse_number(path[3]) : std::nullopt;
    if (round && path[2] == "rounds" && path[4] == "clients") {
        return archive_question{kind::clients, run, *round};
    }
    if (round && path[2] == "rounds" && path[4] == "tests") {
        return archive_question{kind::tests, run, *round};
    }
    return std::nullopt;
}

} // namespace

std::optional<archive_question> parse_archive_path(std::string_view path, std::string_view present) {
    const auto words = split(path);
    if (words[0] == "runs") {
        return words.size() == 1 ? std::optional(archive_question{}) : parse_run(words);
    }
    if (path == "report") {
        return archive_question{kind::report, std::string(present)};
    }
    if (path == "model") {
        return archive_question{kind::model};
    }
    archive_question result;
    if (words.size() == 2 && words[0] == "models" && store::is_model_name(words[1])) {
        result.what = kind::saved_model;
        result.name = words[1];
        return result;
    }
    const auto index = words.size() == 2 && words[0] == "samples" ? parse_number(words[1]) : std::nullopt;
    if (index) {
        result.what = kind::sample;
        result.index = *index;
        return result;
    }
    return std::nullopt;
}

} // namespace fedasio::dashboard
