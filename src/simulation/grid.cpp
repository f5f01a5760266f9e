#include <fedasio/simulation/grid.hpp>
#include <fedasio/text/field_error.hpp>
#include <fedasio/text/json_text.hpp>

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
        return text::parse_json(text);
    } catch (const text::json_error& error) {
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
        throw text::field_error(where + ": is an array of " + std::to_string(items.size()) +
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

std::vector<std::uint64_t> parse_seeds(std::string_view text) {
    const auto number = [&](std::string_view part) {
        std::uint64_t seed = 0;
        const auto [end, problem] = std::from_chars(part.data(), part.data() + part.size(), seed);
        if (problem != std::errc() || end != part.data() + part.size()) {
            throw std::invalid_argument(
                "'" + std::string(part) +
                "' is no seed; write whole numbers from 0 to 2^64 - 1, such as 1,2,3 or 1-3");
        }
        return seed;
    };
    std::vector<std::uint64_t> seeds;
    for (const auto part : split_values(text)) {
        const auto dash = part.find('-');
        const auto first = number(part.substr(0, dash));
        const auto last = dash == std::string_view::npos ? first : number(part.substr(dash + 1));
        if (last < first) {
            throw std::invalid_argument("the range '" + std::string(part) + "' ends before it begins");
        }
        if (last - first >= most_combinations - seeds.size()) {
            throw std::invalid_argument("there are more than " + std::to_string(most_combinations) +
                                        " seeds; give fewer");
        }
        for (auto seed = first; seeds.push_back(seed), seed != last; ++seed) {
        }
    }
    auto sorted = seeds;
    std::ranges::sort(sorted);
    if (const auto twice = std::ranges::adjacent_find(sorted); twice != sorted.end()) {
        throw std::invalid_argument("the seed " + std::to_string(*twice) + " is given twice; give each once");
    }
    return seeds;
}

std::optional<json::value> value_at(const json::value& plan, std::string_view path) {
    const auto* place = &plan;
    for (bool last = false; !last;) {
        const auto dot = path.find('.');
        const auto key = path.substr(0, dot);
        last = dot == std::string_view::npos;
        path = last ? std::string_view() : path.substr(dot + 1);
        if (const auto* object = place->if_object()) {
            place = object->if_contains(json::string_view(key.data(), key.size()));
        } else if (const auto* items = place->if_array()) {
            std::size_t index = items->size();
            std::from_chars(key.data(), key.data() + key.size(), index);
            place = index < items->size() ? &(*items)[index] : nullptr;
        } else {
            place = nullptr;
        }
        if (place == nullptr) {
            return std::nullopt;
        }
    }
    return *place;
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
            throw text::field_error(where + ": is " + text::canonical_text(*place) + ", which has no \"" +
                                    std::string(key) + "\" inside; set " +
                                    where.substr(file_name.size() + 2) + " as a whole");
        }
        where += (first ? "" : ".") + std::string(key);
    }
    *place = what.value;
}

} // namespace fedasio::simulation
