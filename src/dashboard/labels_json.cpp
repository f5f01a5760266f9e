#include "labels_json.hpp"

#include <fedasio/plan/limits.hpp>
#include <fedasio/text/json_field.hpp>
#include <fedasio/text/json_text.hpp>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include <algorithm>

namespace fedasio::dashboard {
namespace {

namespace json = boost::json;

constexpr std::size_t longest_name = 100;
constexpr std::size_t longest_note = 2000;
constexpr std::size_t longest_tag = 40;
constexpr std::size_t most_tags = 20;

/// A string that may be empty, and may have lines.
std::string lines(const text::json_field& from, std::size_t longest) {
    const auto* const whole = from.value().if_string();
    if (whole == nullptr || whole->empty()) {
        return whole == nullptr ? from.text(longest) : std::string();
    }
    json::string one_line = *whole;
    std::ranges::replace(one_line, '\n', ' ');
    const json::value checked(std::move(one_line));
    static_cast<void>(text::json_field(checked, from.where()).text(longest));
    return {whole->begin(), whole->end()};
}

} // namespace

std::string labels_text(std::string_view body) {
    const auto parsed = text::parse_json(body, {.bytes = plan::limits::command_bytes, .depth = 4});
    const auto members = text::json_field(parsed, "labels").members({"name", "note", "tags", "pinned"});
    json::object labels{{"name", ""}, {"note", ""}, {"tags", json::array()}, {"pinned", false}};
    if (const auto name = members.find("name")) {
        labels["name"] = lines(*name, longest_name);
    }
    if (const auto note = members.find("note")) {
        labels["note"] = lines(*note, longest_note);
    }
    if (const auto tags = members.find("tags")) {
        json::array all;
        for (const auto& tag : tags->items(0, most_tags)) {
            all.emplace_back(tag.text(longest_tag));
        }
        labels["tags"] = std::move(all);
    }
    if (const auto pinned = members.find("pinned")) {
        labels["pinned"] = pinned->boolean();
    }
    return text::canonical_text(labels);
}

} // namespace fedasio::dashboard
