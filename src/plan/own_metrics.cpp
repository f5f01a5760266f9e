#include <fedasio/plan/own_metrics.hpp>
#include <fedasio/text/nearest.hpp>

#include <algorithm>
#include <array>

namespace fedasio::plan {
namespace {

constexpr std::string_view of_updates = "train_metrics.";
constexpr std::string_view of_test = "test_metrics.";

// Not those of <cctype>, which ask the locale.
bool is_letter_or_digit(char one) {
    return (one >= 'a' && one <= 'z') || (one >= 'A' && one <= 'Z') || (one >= '0' && one <= '9');
}

} // namespace

bool is_metric_name(std::string_view text) {
    constexpr std::string_view marks = "_.-+/@%";
    return !text.empty() && text.size() <= limits::metric_name && is_letter_or_digit(text.front()) &&
           std::ranges::all_of(
               text, [&](char one) { return is_letter_or_digit(one) || marks.find(one) != marks.npos; });
}

own_metric_path find_own_metric(std::string_view text) {
    for (const auto prefix : {of_updates, of_test}) {
        if (text.starts_with(prefix) && is_metric_name(text.substr(prefix.size()))) {
            return {prefix == of_test, text.substr(prefix.size())};
        }
    }
    return {};
}

std::string own_metric_meant_by(std::string_view text) {
    constexpr std::array groups{std::string_view("train_metrics"), std::string_view("test_metrics")};
    const auto dot = text.find('.');
    if (dot == std::string_view::npos || !is_metric_name(text.substr(dot + 1))) {
        return {};
    }
    const auto meant = text::nearest(text.substr(0, dot), groups);
    return meant.empty() ? std::string() : std::string(meant) + std::string(text.substr(dot));
}

} // namespace fedasio::plan
