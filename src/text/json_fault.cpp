#include "json_fault.hpp"

#include <fedasio/text/printable.hpp>

#include <algorithm>
#include <cctype>
#include <vector>

namespace fedasio::text {

namespace {

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

bool is_of_word(char c) {
    return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

std::string lower(std::string_view word) {
    std::string text(word);
    std::ranges::transform(text, text.begin(), [](char c) {
        return static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    });
    return text;
}

/// In backticks, and not too much of it.
std::string quoted(std::string_view text) {
    constexpr std::size_t most_shown = 30;
    const bool cut = text.size() > most_shown;
    return "`" + printable(text.substr(0, most_shown)) + (cut ? "..." : "") + "`";
}

/// What should have been written where a word stands that JSON does not know.
std::string remedy_for(std::string_view word) {
    const auto plain = lower(word);
    if (plain == "true" || plain == "false" || plain == "null") {
        return "; write " + plain;
    }
    if (plain == "none" || plain == "nil" || plain == "undefined" || plain == "na") {
        return "; write null";
    }
    if (plain == "nan" || plain == "inf" || plain == "infinity") {
        return "; JSON has no such number";
    }
    return "; text stands in double quotes: \"" + printable(word.substr(0, 30)) + "\"";
}

/// Reads the tokens one after the other, and knows which may come next.
class grammar {
public:
    grammar(std::string_view text, bool comments) : text_(text), comments_(comments) {}

    std::optional<json_fault> find() {
        while (!fault_) {
            skip_space();
            if (fault_ || (at_ == text_.size() && expects_ == expected::nothing)) {
                break;
            }
            if (at_ == text_.size()) {
                end_too_early();
            } else {
                take_token();
            }
        }
        return fault_;
    }

private:
    enum class expected { value, value_or_end, key, key_or_end, colon, comma_or_end, nothing };

    struct bracket {
        char open = '{';
        std::size_t offset = 0;

        [[nodiscard]] char close() const { return open == '{' ? '}' : ']'; }
    };

    void take_token() {
        const char c = text_[at_];
        switch (expects_) {
        case expected::value:
        case expected::value_or_end:
            take_value();
            break;
        case expected::key:
        case expected::key_or_end:
            take_key();
            break;
        case expected::colon:
            if (c == ':') {
                go_on(expected::value);
            } else {
                expect("`:` after the key " + quoted(key_));
            }
            break;
        case expected::comma_or_end:
            take_comma_or_end();
            break;
        case expected::nothing:
            fail(at_, "more text after the end of the JSON value: expected nothing, but found " + found());
            break;
        }
    }

    void take_value() {
        const char c = text_[at_];
        if (c == '"') {
            static_cast<void>(take_string());
            value_ends();
        } else if (c == '{' || c == '[') {
            open_.push_back({c, at_});
            go_on(c == '{' ? expected::key_or_end : expected::value_or_end);
        } else if (is_digit(c) || c == '-') {
            take_number();
        } else if (const auto word = word_here(); word == "true" || word == "false" || word == "null") {
            at_ += word.size();
            value_ends();
        } else if (c == ']' && expects_ == expected::value_or_end) {
            close();
        } else if (c == ']' && after_comma_) {
            if (comments_) {
                close();
            } else {
                expect("another value after the comma", "; remove the comma");
            }
        } else if (!word.empty()) {
            expect("a value", remedy_for(word));
        } else if (c == '\'') {
            expect("a value", "; text stands in double quotes");
        } else if (c == '+' || c == '.') {
            expect("a value", "; a number begins with a digit or with -");
        } else {
            expect("a value");
        }
    }

    void take_key() {
        const char c = text_[at_];
        if (c == '"') {
            key_ = take_string();
            expects_ = expected::colon;
        } else if (c == '}' && (expects_ == expected::key_or_end || comments_)) {
            close();
        } else if (c == '}') {
            expect("another key after the comma", "; remove the comma");
        } else {
            const auto word = word_here();
            expect("a key in double quotes", word.empty() ? "" : "; write \"" + printable(word) + "\"");
        }
    }

    void take_comma_or_end() {
        const char c = text_[at_];
        const bracket& in = open_.back();
        if (c == ',') {
            go_on(in.open == '{' ? expected::key : expected::value);
            after_comma_ = true;
        } else if (c == in.close()) {
            close();
        } else {
            const bool next_begins = c == '"' || c == '{' || c == '[';
            expect("`,` or the `" + std::string(1, in.close()) + "` for the `" + std::string(1, in.open) +
                       "` of line " + std::to_string(line_of(in.offset)),
                   next_begins ? "; is a comma missing before it?" : "");
        }
    }

    void take_number() {
        std::size_t end = at_ + (text_[at_] == '-' ? 1 : 0);
        const auto digits = [&] {
            const auto begin = end;
            while (end < text_.size() && is_digit(text_[end])) {
                ++end;
            }
            return end - begin;
        };
        const auto first = end;
        const auto whole = digits();
        const auto leads = [&](char one, char other) {
            return end < text_.size() && (text_[end] == one || text_[end] == other);
        };
        if (whole == 0) {
            at_ = end;
            expect("a digit", remedy_of_minus());
            return;
        }
        if (whole > 1 && text_[first] == '0') {
            fail(at_, "not valid JSON: a number has no zeros in front; remove them");
            return;
        }
        for (const auto [one, other] : {std::pair('.', '.'), std::pair('e', 'E')}) {
            if (!leads(one, other)) {
                continue;
            }
            const bool signs = one == 'e';
            ++end;
            if (signs && leads('+', '-')) {
                ++end;
            }
            if (digits() == 0) {
                at_ = end;
                expect(one == '.' ? "a digit after the point" : "a digit of the exponent");
                return;
            }
        }
        at_ = end;
        value_ends();
    }

    [[nodiscard]] std::string remedy_of_minus() const {
        const auto word = lower(word_here());
        return word == "inf" || word == "infinity" || word == "nan" ? "; JSON has no such number" : "";
    }

    /// What stands between the quotes, as written.
    std::string take_string() {
        const auto begin = at_;
        for (++at_; at_ < text_.size() && text_[at_] != '"'; ++at_) {
            const char c = text_[at_];
            if (c == '\n' || c == '\r') {
                fail(begin, "not valid JSON: expected a closing quote in the same line as this one");
                return {};
            }
            if (static_cast<unsigned char>(c) < 0x20) {
                fail(at_, "not valid JSON: a control character in a string; write it as \\t or \\u00XX");
                return {};
            }
            if (c == '\\' && !take_escape()) {
                return {};
            }
        }
        if (at_ == text_.size()) {
            fail(begin, "the text ends too early: expected a closing quote for this one");
            return {};
        }
        ++at_;
        return std::string(text_.substr(begin + 1, at_ - begin - 2));
    }

    bool take_escape() {
        const auto begin = at_;
        ++at_;
        constexpr std::string_view known = "\"\\/bfnrt";
        if (at_ == text_.size()) {
            fail(begin, "the text ends too early: expected a closing quote after this");
            return false;
        }
        const char c = text_[at_];
        if (known.find(c) != std::string_view::npos) {
            return true;
        }
        const auto digits = c == 'u' ? text_.substr(at_ + 1, 4) : std::string_view();
        if (digits.size() == 4 && std::ranges::all_of(digits, [](char d) {
                return is_digit(d) || (d >= 'a' && d <= 'f') || (d >= 'A' && d <= 'F');
            })) {
            at_ += 4;
            return true;
        }
        fail(begin, c == 'u' ? "not valid JSON: expected four hexadecimal digits after \\u"
                             : "not valid JSON: a backslash in a string; write it twice");
        return false;
    }

    void close() {
        open_.pop_back();
        ++at_;
        value_ends();
    }

    void value_ends() {
        after_comma_ = false;
        expects_ = open_.empty() ? expected::nothing : expected::comma_or_end;
    }

    void go_on(expected next) {
        ++at_;
        after_comma_ = false;
        expects_ = next;
    }

    void skip_space() {
        for (;;) {
            at_ = std::min(text_.find_first_not_of(" \t\r\n", at_), text_.size());
            const auto rest = text_.substr(at_);
            if (!rest.starts_with("//") && !rest.starts_with("/*")) {
                return;
            }
            if (!comments_) {
                fail(at_, "not valid JSON: comments are not allowed here; remove it");
                return;
            }
            const auto end = rest[1] == '/' ? text_.find('\n', at_) : text_.find("*/", at_ + 2);
            if (end == std::string_view::npos && rest[1] == '*') {
                fail(at_, "the text ends too early: expected */ at the end of this comment");
                return;
            }
            at_ = std::min(end, text_.size());
            at_ += rest[1] == '*' ? 2 : 0;
        }
    }

    void end_too_early() {
        std::string text = "the text ends too early: expected ";
        if (open_.empty()) {
            fail(at_, text + "a value");
            return;
        }
        const bracket& in = open_.back();
        text += expects_ == expected::colon                    ? "`:` after the key " + quoted(key_) + " and "
                : expects_ == expected::value && !after_comma_ ? "a value and "
                                                               : "";
        fail(at_, text + "`" + std::string(1, in.close()) + "` for the `" + std::string(1, in.open) +
                      "` of line " + std::to_string(line_of(in.offset)));
    }

    [[nodiscard]] std::size_t line_of(std::size_t offset) const {
        return static_cast<std::size_t>(std::ranges::count(text_.substr(0, offset), '\n')) + 1;
    }

    [[nodiscard]] std::string_view word_here() const {
        auto end = at_;
        while (end < text_.size() && is_of_word(text_[end])) {
            ++end;
        }
        return text_.substr(at_, end - at_);
    }

    /// The token at this place, for people.
    [[nodiscard]] std::string found() const {
        if (at_ == text_.size()) {
            return "the end of the text";
        }
        if (text_[at_] == '"' || text_[at_] == '\'') {
            const auto end = text_.find(text_[at_], at_ + 1);
            return quoted(text_.substr(at_, end == std::string_view::npos ? end : end + 1 - at_));
        }
        const auto word = word_here();
        // A character of more than one byte is shown whole.
        auto bytes = std::size_t{1};
        while (word.empty() && at_ + bytes < text_.size() &&
               (static_cast<unsigned char>(text_[at_ + bytes]) & 0xC0U) == 0x80U) {
            ++bytes;
        }
        return quoted(word.empty() ? text_.substr(at_, bytes) : word);
    }

    void expect(const std::string& what, const std::string& remedy = {}) {
        fail(at_, "not valid JSON: expected " + what + ", but found " + found() + remedy);
    }

    void fail(std::size_t offset, std::string problem) {
        if (!fault_) {
            fault_ = json_fault{offset, std::move(problem)};
        }
    }

    std::string_view text_;
    bool comments_;
    std::size_t at_ = 0;
    expected expects_ = expected::value;
    bool after_comma_ = false;
    std::string key_;
    std::vector<bracket> open_;
    std::optional<json_fault> fault_;
};

} // namespace

std::optional<json_fault> find_json_fault(std::string_view text, bool comments) {
    return grammar(text, comments).find();
}

} // namespace fedasio::text
