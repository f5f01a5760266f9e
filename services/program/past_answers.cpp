#include "program/past_answers.hpp"

#include <fedasio/history/labels.hpp>
#include <fedasio/history/past_runs.hpp>
#include <fedasio/text/json_text.hpp>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <algorithm>
#include <iterator>

namespace fedasio::program {
namespace {

namespace json = boost::json;
using kind = dashboard::archive_question::kind;

constexpr std::size_t most_runs = 1000;

std::size_t plans_of(const dashboard::archive_question& what) {
    return what.with_plans ? history::most_plans : 0;
}

std::optional<std::string> answer_of_one(const std::filesystem::path& history,
                                         const dashboard::archive_question& what) {
    switch (what.what) {
    case kind::runs:
        return history::runs_text(history, most_runs, plans_of(what));
    case kind::run:
        return history::run_text(history, what.run);
    case kind::rounds:
        return history::rounds_text(history, what.run, what.before);
    case kind::clients:
        return history::clients_text(history, what.run, what.round);
    case kind::tests:
        return history::tests_text(history, what.run, what.round);
    case kind::spreads:
        return history::spreads_text(history, what.run);
    case kind::evaluation:
        return history::evaluation_text(history, what.run);
    case kind::lanes:
        return history::lanes_text(history, what.run);
    case kind::report:
        return history::report_text(history, what.run);
    case kind::label:
        return history::write_labels(history, what.run, what.labels) ? std::optional(what.labels)
                                                                     : std::nullopt;
    default:
        return std::nullopt;
    }
}

/// The latest of all, newest first.
std::string all_runs(std::span<const std::filesystem::path> histories, std::size_t plans) {
    json::array all;
    for (const auto& history : histories) {
        text::json_limits limits;
        const auto text = history::runs_text(history, most_runs, plans);
        limits.bytes = text.size();
        auto found = text::parse_json(text, limits);
        std::ranges::move(found.as_array(), std::back_inserter(all));
    }
    std::ranges::sort(all, [](const json::value& one, const json::value& other) {
        return one.at("started").to_number<double>() > other.at("started").to_number<double>();
    });
    all.resize(std::min(all.size(), most_runs));
    return text::canonical_text(all);
}

} // namespace

std::optional<std::string> answer_of_past(std::span<const std::filesystem::path> histories,
                                          const dashboard::archive_question& what) {
    if (what.what == kind::runs && histories.size() != 1) {
        return all_runs(histories, plans_of(what));
    }
    for (const auto& history : histories) {
        if (auto answer = answer_of_one(history, what)) {
            return answer;
        }
    }
    return std::nullopt;
}

} // namespace fedasio::program
