#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace fedasio::data {

/// Without spaces and tabs, no-break ones too, at both ends.
std::string_view trimmed(std::string_view text);

/// With ASCII letters in lower case.
std::string lower_case(std::string_view text);

/// Words that stand for a missing value.
class missing_words {
public:
    explicit missing_words(const std::vector<std::string>& words);

    /// An empty field too.
    bool contains(std::string_view field) const;

private:
    std::vector<std::string> words_; ///< trimmed, in lower case
    std::size_t longest_ = 0;
};

} // namespace fedasio::data
