#include <fedasio/federation/json_text.hpp>
#include <fedasio/federation/plan_error.hpp>
#include <fedasio/simulation/grid.hpp>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include <algorithm>
#include <charconv>
#include <optional>
#include <stdexcept>
#include <utility>

namespace fedasio::simulation {

namespace json = boost::json;

namespace {

constexpr std::size_t most_combinations = 100'000;

bool is_bare_word(std::string_view text) {
    const char first = text.empty() ? ' ' : text.front();
    const bool letter = (first >= 'a' && first <= 'z') || (first >= 'A' && first <= 'Z');
    return letter || first == '/' || first == '.' || first == '_';
}

json::value parse_value(std::string_view path, std::string_view text) {
    const bool keyword = text == "true" || text == "false" || text == "null";
    if (is_bare_word(text) && !keyword) {
        return json::string(text);
    }
    try {
        return federation::parse_json(text);
    } catch (const federation::json_error& error) {
        throw std::invalid_argument("the value '" + std::string(text) + "' for " + std::string(path) +
                                    " is not JSON (" + error.what() +
                                    "); write a number, a word, or JSON in single quotes");
    }
}

std::pair<std::string_view, std::string_view> split_at_equals(std::string_view text, const char* example) {
    const auto equals = text.find('=');
    if (equals == std::string_view::npos || equals == 0) {
        throw std::invalid_argument("'" + std::string(text) + "' has no KEY= in front; write it like " +
                                    example);
    }
    const auto path = text.substr(0, equals);
    if (path.front() == '.' || path.back() == '.' || path.find("..") != std::string_view::npos) {
        throw std::invalid_argument("'" + std::string(path) + "' has an empty key between its dots");
    }
    return {path, text.substr(equals + 1)};
}

std::vector<std::string_view> split_values(std::string_view text) {
    std::vector<std::string_view> parts;
    std::size_t begin = 0;
    int depth = 0;
    bool quoted = false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (quoted) {
            i += c == '\\' ? 1 : 0;
            quoted = c != '"';
        } else if (c == '"') {
            quoted = true;
        } else if (c == '[' || c == '{') {
            ++depth;
        } else if (c == ']' || c == '}') {
            --depth;
        } else if (c == ',' && depth == 0) {
            parts.push_back(text.substr(begin, i - begin));
            begin = i + 1;
        }
    }
    parts.push_back(text.substr(begin));
    return parts;
}

json::value& item_of(json::array& items, std::string_view key, const std::string& where) {
    std::size_t index = 0;
    const auto [end, problem] = std::from_chars(key.data(), key.data() + key.size(), index);
    if (problem != std::errc() || end != key.data() + key.size() || index >= items.size()) {
        throw federation::plan_error(where + ": is an array of " + std::to_string(items.size()) +
                                     " items, counted from 0; it has no item \"" + std::string(key) + "\"");
    }
    return items[index];
}

} // namespace

setting parse_setting(std::string_view text) {
    const auto [path, value] = split_at_equals(text, "local.epochs=5");
    return {std::string(path), parse_value(path, value)};
}

axis parse_axis(std::string_view text) {
    const auto [path, values] = split_at_equals(text, "local.epochs=1,5,20");
    axis result{std::string(path), {}};
    for (const auto value : split_values(values)) {
        result.values.push_back(parse_value(path, value));
    }
    return result;
}

std::vector<std::vector<setting>> combinations(std::span<const axis> axes) {
    std::vector<std::vector<setting>> all{{}};
    for (std::size_t i = 0; i < axes.size(); ++i) {
        const auto& [path, values] = axes[i];
        if (values.empty()) {
            throw std::invalid_argument("the grid gives no values for " + path);
        }
        if (std::ranges::count(axes.first(i), path, &axis::path) != 0) {
            throw std::invalid_argument("the grid names " + path + " twice; give all its values in one list");
        }
        if (all.size() * values.size() > most_combinations) {
            throw std::invalid_argument("the grid has more than " + std::to_string(most_combinations) +
                                        " combinations; give fewer values");
        }
        std::vector<std::vector<setting>> longer;
        for (const auto& combination : all) {
            for (const auto& value : values) {
                longer.push_back(combination);
                longer.back().push_back({path, value});
            }
        }
        all = std::move(longer);
    }
    return all;
}

void apply(const setting& what, json::value& plan, const std::string& file_name) {
    json::value* place = &plan;
    std::string where = file_name + ": ";
    std::string_view rest = what.path;
    bool last = false;
    for (bool first = true; !last; first = false) {
        const auto dot = rest.find('.');
        const auto key = rest.substr(0, dot);
        last = dot == std::string_view::npos;
        rest = last ? std::string_view() : rest.substr(dot + 1);
        if (place->is_array()) {
            place = &item_of(place->get_array(), key, where);
        } else if (place->is_object()) {
            place = &place->get_object()[key];
            if (!last && place->is_null()) {
                place->emplace_object();
            }
        } else {
            throw federation::plan_error(where + ": is " + federation::canonical_text(*place) +
                                         ", which has no \"" + std::string(key) + "\" inside; set " +
                                         where.substr(file_name.size() + 2) + " as a whole");
        }
        where += (first ? "" : ".") + std::string(key);
    }
    *place = what.value;
}

} // namespace fedasio::simulation
