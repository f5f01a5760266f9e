#include <fedasio/text/cut.hpp>
#include <fedasio/text/field_error.hpp>
#include <fedasio/text/json_field.hpp>
#include <fedasio/text/json_text.hpp>
#include <fedasio/text/number_text.hpp>

#include <algorithm>
#include <cmath>

namespace fedasio::text {

namespace json = boost::json;

namespace {

// Text of a stranger that goes into a log line: bounded, and canonical_text has escaped control characters.
std::string shown(const json::value& value) {
    if (value.is_object()) {
        return "an object";
    }
    if (value.is_array()) {
        return "an array";
    }
    constexpr std::size_t longest = 60;
    return shortened(canonical_text(value), longest);
}

std::string described(const interval& range) {
    return std::string("a number ") + (range.low_open ? "greater than " : "of at least ") +
           number_text(range.low) + (range.high_open ? " and less than " : " and at most ") +
           number_text(range.high);
}

bool contains(const interval& range, double value) {
    return (range.low_open ? value > range.low : value >= range.low) &&
           (range.high_open ? value < range.high : value <= range.high);
}

std::string quoted_list(std::span<const std::string_view> words, char quote) {
    std::string text;
    for (const std::string_view word : words) {
        text += (text.empty() ? "" : ", ") + std::string(1, quote) + std::string(word) + quote;
    }
    return text;
}

} // namespace

void json_field::fail(const std::string& problem) const {
    throw field_error(where_, problem);
}

void json_field::refuse(const std::string& expected) const {
    fail("must be " + expected + ", but is " + shown(*value_));
}

std::uint64_t json_field::whole(std::uint64_t low, std::uint64_t high) const {
    std::uint64_t result = 0;
    bool is_whole = false;
    if (value_->is_uint64()) {
        result = value_->get_uint64();
        is_whole = true;
    } else if (value_->is_int64() && value_->get_int64() >= 0) {
        result = static_cast<std::uint64_t>(value_->get_int64());
        is_whole = true;
    } else if (value_->is_double()) {
        // 3.0 and 1e6 are whole; from 2^53 on a double no longer tells which whole number was meant.
        const double number = value_->get_double();
        is_whole = number >= 0 && number < 0x1p53 && number == std::trunc(number);
        result = is_whole ? static_cast<std::uint64_t>(number) : 0;
    }
    if (!is_whole || result < low || result > high) {
        refuse("a whole number from " + std::to_string(low) + " to " + std::to_string(high));
    }
    return result;
}

std::uint32_t json_field::whole32(std::uint32_t low, std::uint32_t high) const {
    return static_cast<std::uint32_t>(whole(low, high));
}

double json_field::real(const interval& range) const {
    double result = 0;
    if (value_->is_double()) {
        result = value_->get_double();
    } else if (value_->is_int64()) {
        result = static_cast<double>(value_->get_int64());
    } else if (value_->is_uint64()) {
        result = static_cast<double>(value_->get_uint64());
    } else {
        refuse(described(range));
    }
    if (!contains(range, result)) {
        refuse(described(range));
    }
    return result;
}

float json_field::real32(const interval& range) const {
    const auto result = static_cast<float>(real(range));
    if (!contains(range, result)) {
        refuse(described(range) + " as a 32-bit float");
    }
    return result;
}

bool json_field::boolean() const {
    if (!value_->is_bool()) {
        refuse("true or false");
    }
    return value_->get_bool();
}

std::string json_field::text(std::size_t longest) const {
    const json::string* string = value_->if_string();
    if (string == nullptr || string->empty() || string->size() > longest) {
        refuse("a string of 1 to " + std::to_string(longest) + " bytes");
    }
    if (std::ranges::any_of(*string,
                            [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; })) {
        refuse("a string without control characters");
    }
    return {string->data(), string->size()};
}

std::vector<json_field> json_field::items(std::size_t fewest, std::size_t most) const {
    const json::array* array = value_->if_array();
    const std::string expected =
        "an array of " + std::to_string(fewest) + " to " + std::to_string(most) + " items";
    if (array == nullptr) {
        refuse(expected);
    }
    if (array->size() < fewest || array->size() > most) {
        fail("must be " + expected + ", but has " + std::to_string(array->size()));
    }
    std::vector<json_field> result;
    result.reserve(array->size());
    for (const json::value& item : *array) {
        result.emplace_back(item, where_ + "[" + std::to_string(result.size()) + "]", ".", help_);
    }
    return result;
}

json_members json_field::members(std::span<const std::string_view> keys) const {
    const json::object* object = value_->if_object();
    if (object == nullptr) {
        refuse("an object with keys out of " + quoted_list(keys, '`'));
    }
    for (const auto& member : *object) {
        const std::string_view key(member.key().data(), member.key().size());
        if (std::ranges::find(keys, key) != keys.end()) {
            continue;
        }
        const auto remedy = help_ == nullptr ? std::string() : help_->for_key(key, keys);
        throw field_error(where_,
                          "unknown key " + shown(json::value(member.key())) +
                              (remedy.empty() ? "; the keys here are " + quoted_list(keys, '`') : remedy),
                          where(key));
    }
    return json_members(*this);
}

json_members json_field::members(std::initializer_list<std::string_view> known) const {
    return members(std::span(known.begin(), known.size()));
}

std::size_t json_field::choice_of(std::span<const std::string_view> words) const {
    const json::string* string = value_->if_string();
    const std::string expected = "one of " + quoted_list(words, '"');
    if (string == nullptr) {
        refuse(expected);
    }
    const std::string_view word(string->data(), string->size());
    const auto found = std::ranges::find(words, word);
    if (found == words.end()) {
        fail("must be " + expected + ", but is " + shown(*value_) +
             (help_ == nullptr ? std::string() : help_->for_choice(word, words)));
    }
    return static_cast<std::size_t>(found - words.begin());
}

std::size_t json_field::kind(std::string_view tag, std::span<const std::string_view> words) const {
    const json::object* object = value_->if_object();
    const json::value* word =
        object == nullptr ? nullptr : object->if_contains(json::string_view(tag.data(), tag.size()));
    if (object == nullptr) {
        refuse("an object with the key `" + std::string(tag) + "`: one of " + quoted_list(words, '"'));
    }
    if (word == nullptr) {
        fail("the key `" + std::string(tag) + "` is missing: write one of " + quoted_list(words, '"'));
    }
    return json_field(*word, where(tag), ".", help_).choice_of(words);
}

std::optional<json_field> json_members::find(std::string_view key) const {
    const json::value* value =
        owner_.value().get_object().if_contains(json::string_view(key.data(), key.size()));
    if (value == nullptr) {
        return std::nullopt;
    }
    return json_field(*value, owner_.where(key), ".", owner_.help());
}

json_field json_members::require(std::string_view key, std::string_view remedy) const {
    auto field = find(key);
    if (!field) {
        throw field_error(owner_.where(key), "is missing: " + std::string(remedy));
    }
    return *std::move(field);
}

} // namespace fedasio::text
