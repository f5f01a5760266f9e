#pragma once

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace fedasio::text {

/// The numbers that a key takes; an open end is not among them.
struct interval {
    double low = 0;
    double high = 1;
    bool low_open = false;
    bool high_open = false;
};

class json_members;

/// What those mean who write a key or a word that is not known; each gives the end of a sentence, or nothing.
struct word_help {
    std::string (*for_key)(std::string_view key, std::span<const std::string_view> here);
    std::string (*for_choice)(std::string_view word, std::span<const std::string_view> choices);
};

/// A value that somebody wrote, together with the name of its place. Every reader below throws a field_error
/// that says where the value stands, what it must be and what it is.
class json_field {
public:
    /// `separator` stands between `where` and the names of members.
    /// `help` is asked about unknown words, here and below; null: nobody is.
    json_field(const boost::json::value& value, std::string where, std::string_view separator = ".",
               const word_help* help = nullptr)
        : value_(&value), where_(std::move(where)), separator_(separator), help_(help) {}

    [[nodiscard]] const boost::json::value& value() const { return *value_; }

    [[nodiscard]] const std::string& where() const { return where_; }

    [[nodiscard]] std::string where(std::string_view key) const {
        return where_ + separator_ + std::string(key);
    }

    [[nodiscard]] const word_help* help() const { return help_; }

    [[noreturn]] void fail(const std::string& problem) const;
    /// "must be EXPECTED, but is VALUE"
    [[noreturn]] void refuse(const std::string& expected) const;

    [[nodiscard]] std::uint64_t whole(std::uint64_t low, std::uint64_t high) const;
    [[nodiscard]] std::uint32_t whole32(std::uint32_t low, std::uint32_t high) const;
    [[nodiscard]] double real(const interval& range) const;
    /// The range holds for the float that results: what rounds out of it is refused.
    [[nodiscard]] float real32(const interval& range) const;
    [[nodiscard]] bool boolean() const;
    /// UTF-8 without control characters, at least one byte and at most `longest`.
    [[nodiscard]] std::string text(std::size_t longest) const;
    [[nodiscard]] std::vector<json_field> items(std::size_t fewest, std::size_t most) const;
    /// An object with no other keys than these.
    [[nodiscard]] json_members members(std::span<const std::string_view> known) const;

    [[nodiscard]] json_members members(std::initializer_list<std::string_view> known) const;

    /// A string that is one of these names.
    template <class Enum>
    [[nodiscard]] Enum choice(std::span<const std::pair<std::string_view, Enum>> names) const {
        std::vector<std::string_view> words;
        for (const auto& [word, value] : names) {
            words.push_back(word);
        }
        return names[choice_of(words)].second;
    }

    /// Likewise: its place among the words.
    [[nodiscard]] std::size_t choice_of(std::span<const std::string_view> words) const;
    /// The same of the member `tag` of an object, which says what other keys the object has.
    [[nodiscard]] std::size_t kind(std::string_view tag, std::span<const std::string_view> words) const;

private:
    const boost::json::value* value_;
    std::string where_;
    std::string separator_;
    const word_help* help_;
};

/// An object whose keys are all known.
class json_members {
public:
    [[nodiscard]] std::optional<json_field> find(std::string_view key) const;
    /// `remedy` ends the sentence "is missing: ...".
    [[nodiscard]] json_field require(std::string_view key, std::string_view remedy) const;

private:
    friend class json_field;

    explicit json_members(json_field owner) : owner_(std::move(owner)) {}

    json_field owner_;
};

} // namespace fedasio::text
