#include "run_numbers.hpp"

#include <fedasio/text/json_text.hpp>

#include <boost/json/array.hpp>
#include <boost/json/value.hpp>

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <utility>

namespace fedasio::steering {
namespace {

namespace json = boost::json;

/// `test_accuracy` becomes test/accuracy; empty: the key is no number of a curve.
std::string name_of(std::string_view key) {
    constexpr std::array<std::string_view, 3> groups{"train", "test", "personal"};
    for (const auto group : groups) {
        if (key.starts_with(group) && key.size() > group.size() && key[group.size()] == '_') {
            return std::string(group) + "/" + std::string(key.substr(group.size() + 1));
        }
    }
    if (key == "bytes_sent" || key == "bytes_received") {
        return "bytes/" + std::string(key.substr(6));
    }
    return {};
}

/// No folder is in it.
std::string plain(std::string_view name) {
    std::string text(name);
    std::ranges::replace_if(
        text,
        [](char c) {
            const bool is_letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
            const bool is_digit = c >= '0' && c <= '9';
            const bool is_plain = is_letter || is_digit || c == '_' || c == '-' || c == '.';
            return !is_plain;
        },
        '_');
    return text;
}

/// What trainers call numbers of their own, in any of the rounds.
std::map<std::string, std::string> own_names(const json::array& rounds, std::string_view kind) {
    std::set<std::string> names;
    for (const auto& round : rounds) {
        if (const auto* const told = round.as_object().if_contains(kind)) {
            for (const auto& own : told->as_object()) {
                names.emplace(own.key());
            }
        }
    }
    return distinct_names(names);
}

} // namespace

std::map<std::string, std::string> distinct_names(const std::set<std::string>& names) {
    std::map<std::string, std::string> called;
    std::set<std::string> taken;
    for (const auto& name : names) {
        if (plain(name) == name) {
            called.emplace(name, name);
            taken.insert(name);
        }
    }
    for (const auto& name : names) {
        if (called.contains(name)) {
            continue;
        }
        const auto wanted = plain(name);
        auto free = wanted;
        for (unsigned number = 2; !taken.insert(free).second; ++number) {
            free = wanted + "_" + std::to_string(number);
        }
        called.emplace(name, std::move(free));
    }
    return called;
}

std::vector<run_number> numbers_of(const json::object& report) {
    std::vector<run_number> all;
    const auto& rounds = report.at("rounds").as_array();
    // For names of files.
    const std::map<std::string_view, std::map<std::string, std::string>> kinds{
        {"train_metrics", own_names(rounds, "train_metrics")},
        {"test_metrics", own_names(rounds, "test_metrics")}};
    for (const auto& round : rounds) {
        const auto number = round.at("round").to_number<std::uint32_t>();
        const auto time = round.at("time").to_number<double>();
        const auto add = [&](std::string name, const json::value& value) {
            if (!name.empty() && value.is_number()) {
                all.push_back({std::move(name), value.to_number<double>(), number, time});
            }
        };
        for (const auto& member : round.as_object()) {
            add(name_of(member.key()), member.value());
        }
        for (const auto& [kind, names] : kinds) {
            if (const auto* const told = round.as_object().if_contains(kind)) {
                for (const auto& own : told->as_object()) {
                    add(std::string(kind) + "/" + names.at(own.key()), own.value());
                }
            }
        }
        for (const auto& phase : round.at("seconds").as_object()) {
            add("seconds/" + std::string(std::string_view(phase.key())), phase.value());
        }
        add("clients/dropped", json::value(round.at("dropped").as_array().size()));
    }
    return all;
}

void for_each_value(const json::value& plan, const std::string& path,
                    const std::function<void(const std::string&, const std::string&)>& take) {
    if (const auto* const object = plan.if_object()) {
        for (const auto& member : *object) {
            auto name = path.empty() ? std::string() : path + ".";
            name += std::string_view(member.key());
            for_each_value(member.value(), name, take);
        }
    } else if (const auto* const text = plan.if_string()) {
        take(path, std::string(std::string_view(*text)));
    } else {
        take(path, text::canonical_text(plan));
    }
}

} // namespace fedasio::steering
