#include "csv_words.hpp"

#include <fedasio/data/source_spec.hpp>

#include <algorithm>

namespace fedasio::data {

namespace {

constexpr std::string_view no_break_space = "\xc2\xa0";

char lower(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool is_same_word(std::string_view field, std::string_view lower_word) {
    return field.size() == lower_word.size() && std::ranges::equal(field, lower_word, {}, lower);
}

} // namespace

const std::vector<std::string>& default_missing_words() {
    static const std::vector<std::string> words{"NA",   "N/A",    "#N/A", "<NA>", "NaN", "NULL",
                                                "None", "#NULL!", "?",    "-",    "--",  "."};
    return words;
}

std::string_view trimmed(std::string_view text) {
    for (;;) {
        const auto before = text.size();
        text.remove_prefix(std::min(text.find_first_not_of(" \t"), text.size()));
        text.remove_suffix(text.size() - (text.find_last_not_of(" \t") + 1));
        if (text.starts_with(no_break_space)) {
            text.remove_prefix(no_break_space.size());
        }
        if (text.ends_with(no_break_space)) {
            text.remove_suffix(no_break_space.size());
        }
        if (text.size() == before) {
            return text;
        }
    }
}

std::string lower_case(std::string_view text) {
    std::string result(text);
    std::ranges::transform(result, result.begin(), lower);
    return result;
}

missing_words::missing_words(const std::vector<std::string>& words) {
    for (const std::string& word : words) {
        words_.push_back(lower_case(trimmed(word)));
        longest_ = std::max(longest_, words_.back().size());
    }
}

bool missing_words::contains(std::string_view field) const {
    if (field.empty()) {
        return true;
    }
    const auto first = field.front();
    if (first == ' ' || first == '\t' || first == '\xc2' || field.back() == ' ' || field.back() == '\t' ||
        field.back() == '\xa0') {
        field = trimmed(field);
    }
    return field.empty() || (field.size() <= longest_ && std::ranges::any_of(words_, [&](const auto& word) {
                                 return is_same_word(field, word);
                             }));
}

} // namespace fedasio::data
