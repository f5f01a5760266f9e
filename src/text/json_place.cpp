#include "text/json_place.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>

#include <charconv>
#include <optional>
#include <string>

namespace fedasio::text {
namespace {

/// Walks over a text that has been parsed already.
class walker {
public:
    explicit walker(std::string_view text) : text_(text) { skip_space(); }

    [[nodiscard]] std::size_t place() const noexcept { return at_; }

    [[nodiscard]] char next() const noexcept { return at_ < text_.size() ? text_[at_] : '\0'; }

    /// Enters an object or an array; false when it is empty.
    bool enter() {
        step();
        return next() != '}' && next() != ']';
    }

    /// After a value: to the next one of the same object or array; false when there is none.
    bool go_on() {
        if (next() != ',') {
            return false;
        }
        step();
        return next() != '}' && next() != ']' && next() != '\0';
    }

    /// Reads a key and goes to its value.
    std::string key() {
        const auto begin = at_;
        skip_string();
        const auto name = boost::json::parse({text_.data() + begin, at_ - begin});
        skip_space();
        step();
        return std::string(name.as_string());
    }

    void skip_value() {
        if (next() == '"') {
            skip_string();
            skip_space();
            return;
        }
        if (next() != '{' && next() != '[') {
            at_ = std::min(text_.find_first_of(",]}/ \t\r\n", at_), text_.size());
            skip_space();
            return;
        }
        std::size_t depth = 0;
        do {
            const char c = next();
            depth += c == '{' || c == '[' ? 1 : 0;
            depth -= c == '}' || c == ']' ? 1 : 0;
            if (c == '"') {
                skip_string();
                skip_space();
            } else {
                step();
            }
        } while (depth > 0 && at_ < text_.size());
    }

private:
    void step() {
        ++at_;
        skip_space();
    }

    void skip_string() {
        for (++at_; at_ < text_.size() && text_[at_] != '"'; ++at_) {
            at_ += text_[at_] == '\\' ? 1 : 0;
        }
        at_ = std::min(at_ + 1, text_.size());
    }

    void skip_space() {
        for (;;) {
            at_ = std::min(text_.find_first_not_of(" \t\r\n", at_), text_.size());
            const auto rest = text_.substr(at_);
            if (rest.starts_with("//")) {
                at_ = std::min(text_.find('\n', at_), text_.size());
            } else if (rest.starts_with("/*")) {
                const auto end = text_.find("*/", at_ + 2);
                at_ = end == std::string_view::npos ? text_.size() : end + 2;
            } else {
                return;
            }
        }
    }

    std::string_view text_;
    std::size_t at_ = 0;
};

bool begins_with_step(std::string_view path, std::string_view name) {
    return path.starts_with(name) &&
           (path.size() == name.size() || path[name.size()] == '.' || path[name.size()] == '[');
}

/// Goes to the member that the path names next, the longest name of those that fit; gives the key's place.
std::optional<std::size_t> enter_object(walker& in, std::string_view& path) {
    path.remove_prefix(path.starts_with('.') ? 1 : 0);
    std::optional<std::size_t> found;
    std::optional<walker> value;
    std::size_t longest = 0;
    for (bool more = in.enter(); more; more = in.go_on()) {
        const auto place = in.place();
        const auto name = in.key();
        if (begins_with_step(path, name) && (!found || name.size() > longest)) {
            found = place;
            value = in;
            longest = name.size();
        }
        in.skip_value();
    }
    if (found) {
        in = *value;
        path.remove_prefix(longest);
    }
    return found;
}

std::optional<std::size_t> enter_array(walker& in, std::string_view& path) {
    std::size_t wanted = 0;
    const auto end = path.find(']');
    if (!path.starts_with('[') || end == std::string_view::npos ||
        std::from_chars(path.data() + 1, path.data() + end, wanted).ec != std::errc()) {
        return std::nullopt;
    }
    std::size_t number = 0;
    for (bool more = in.enter(); more; more = in.go_on(), ++number) {
        if (number == wanted) {
            path.remove_prefix(end + 1);
            return in.place();
        }
        in.skip_value();
    }
    return std::nullopt;
}

} // namespace

std::size_t json_place(std::string_view text, std::string_view path) {
    walker in(text);
    auto place = in.place();
    while (!path.empty() && (in.next() == '{' || in.next() == '[')) {
        const auto next = in.next() == '{' ? enter_object(in, path) : enter_array(in, path);
        if (!next) {
            break;
        }
        place = *next;
    }
    return place;
}

} // namespace fedasio::text
