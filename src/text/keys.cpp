#include <fedasio/text/json_keys.hpp>
#include <fedasio/text/json_reader.hpp>
#include <fedasio/text/keys.hpp>
#include <fedasio/text/number_text.hpp>

#include <boost/json/array.hpp>

#include <charconv>

namespace fedasio::text {

namespace json = boost::json;

namespace {

json::object number_node(json::value value, const interval& range) {
    return {{"type", "number"},
            {"default", std::move(value)},
            {range.low_open ? "above" : "minimum", range.low},
            {range.high_open ? "below" : "maximum", range.high}};
}

json::object integer_node(json::value value, std::uint64_t low, std::uint64_t high) {
    return {{"type", "integer"}, {"default", std::move(value)}, {"minimum", low}, {"maximum", high}};
}

template <class T>
json::value or_null(const std::optional<T>& value) {
    return value ? json::value(*value) : json::value(nullptr);
}

} // namespace

json::value shortest(float number) {
    const auto digits = number_text(number);
    double same = 0;
    std::from_chars(digits.data(), digits.data() + digits.size(), same);
    return same;
}

void keys::real(std::string_view name, double& value, const interval& range, std::string_view sentence,
                written when) {
    key(name,
        {.read = [&](const json_field& from) { value = from.real(range); },
         .write = [&] { return json::value(value); },
         .outline = [&] { return number_node(value, range); },
         .says_nothing = [&] { return value == 0; }},
        sentence, when);
}

void keys::real(std::string_view name, float& value, const interval& range, std::string_view sentence,
                written when) {
    key(name,
        {.read = [&](const json_field& from) { value = from.real32(range); },
         .write = [&] { return shortest(value); },
         .outline = [&] { return number_node(shortest(value), range); },
         .says_nothing = [&] { return value == 0; }},
        sentence, when);
}

void keys::real(std::string_view name, std::optional<double>& value, const interval& range,
                std::string_view sentence, written when) {
    key(name,
        {.read =
             [&](const json_field& from) {
                 value.reset();
                 if (!from.value().is_null()) {
                     value = from.real(range);
                 }
             },
         .write = [&] { return or_null(value); },
         .outline = [&] { return number_node(or_null(value), range); },
         .says_nothing = [&] { return !value; }},
        sentence, when);
}

void keys::whole(std::string_view name, std::uint32_t& value, std::uint32_t low, std::uint32_t high,
                 std::string_view sentence, written when) {
    key(name,
        {.read = [&](const json_field& from) { value = from.whole32(low, high); },
         .write = [&] { return json::value(value); },
         .outline = [&] { return integer_node(value, low, high); },
         .says_nothing = [&] { return value == 0; }},
        sentence, when);
}

void keys::whole(std::string_view name, std::uint64_t& value, std::uint64_t low, std::uint64_t high,
                 std::string_view sentence, written when) {
    key(name,
        {.read = [&](const json_field& from) { value = from.whole(low, high); },
         .write = [&] { return json::value(value); },
         .outline = [&] { return integer_node(value, low, high); },
         .says_nothing = [&] { return value == 0; }},
        sentence, when);
}

void keys::whole(std::string_view name, std::optional<std::uint32_t>& value, std::uint32_t low,
                 std::uint32_t high, std::string_view sentence, written when) {
    key(name,
        {.read =
             [&](const json_field& from) {
                 value.reset();
                 if (!from.value().is_null()) {
                     value = from.whole32(low, high);
                 }
             },
         .write = [&] { return or_null(value); },
         .outline = [&] { return integer_node(or_null(value), low, high); },
         .says_nothing = [&] { return !value; }},
        sentence, when);
}

void keys::boolean(std::string_view name, bool& value, std::string_view sentence, written when) {
    key(name,
        {.read = [&](const json_field& from) { value = from.boolean(); },
         .write = [&] { return json::value(value); },
         .outline = [&] { return json::object{{"type", "boolean"}, {"default", value}}; },
         .says_nothing = [&] { return !value; }},
        sentence, when);
}

void keys::text(std::string_view name, std::string& value, std::size_t longest, std::string_view sentence,
                written when) {
    key(name,
        {.read = [&](const json_field& from) { value = from.text(longest); },
         .write = [&] { return json::value(value); },
         .outline =
             [&] {
                 json::object node{{"type", "string"}};
                 if (!value.empty()) {
                     node["default"] = value;
                 }
                 return node;
             },
         .says_nothing = [&] { return value.empty(); }},
        sentence, when);
}

void keys::texts(std::string_view name, std::vector<std::string>& value, std::size_t fewest, std::size_t most,
                 std::size_t longest, std::string_view sentence, written when) {
    key(name,
        {.read =
             [&](const json_field& from) {
                 value.clear();
                 for (const auto& item : from.items(fewest, most)) {
                     value.push_back(item.text(longest));
                 }
             },
         .write = [&] { return json::value(to_array(value)); },
         .outline =
             [&] {
                 json::object node{{"type", "array"},
                                   {"items", json::object{{"type", "string"}, {"text", "A text."}}}};
                 if (fewest <= value.size()) {
                     node["default"] = to_array(value);
                 }
                 return node;
             },
         .says_nothing = [&] { return value.empty(); }},
        sentence, when);
}

void keys::word(std::string_view name, std::size_t& place, std::span<const std::string_view> words,
                std::string_view sentence, written when) {
    key(name,
        {.read = [&](const json_field& from) { place = from.choice_of(words); },
         .write = [&] { return json::value(words[place]); },
         .outline =
             [&] {
                 json::array choices;
                 for (const auto one : words) {
                     choices.emplace_back(one);
                 }
                 return json::object{
                     {"type", "string"}, {"default", words[place]}, {"choices", std::move(choices)}};
             },
         .says_nothing = [&] { return place == 0; }},
        sentence, when);
}

void keys::object(std::string_view name, const description& value, std::string_view sentence) {
    key(name,
        {.read = [&](const json_field& from) { read_keys(from, value); },
         .write = [&] { return json::value(write_keys(value)); },
         .outline = [&] { return schema_of(value); },
         .says_nothing = [] { return false; }},
        sentence);
}

void keys::object(std::string_view name, const kinds& value, std::string_view sentence, written when) {
    key(name,
        {.read = [&](const json_field& from) { read_keys(from, value); },
         .write = [&] { return json::value(write_keys(value)); },
         .outline = [&] { return schema_of(value); },
         .says_nothing = [&] { return value.current() == 0; }},
        sentence, when);
}

} // namespace fedasio::text
