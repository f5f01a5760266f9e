#include <fedasio/text/json_text.hpp>
#include <fedasio/text/printable.hpp>

#include <boost/json/basic_parser_impl.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>
#include <boost/json/value_stack.hpp>

#include "json_fault.hpp"
#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <set>
#include <vector>

namespace fedasio::text {

namespace json = boost::json;

namespace {

/// The keys of one object while it is read. Most have few: those are compared one by one.
class known_keys {
public:
    /// False if it is there already.
    bool add(const std::string& key) {
        if (few_.size() < most_compared) {
            const bool is_new = std::ranges::find(few_, key) == few_.end();
            if (is_new) {
                few_.push_back(key);
            }
            return is_new;
        }
        if (all_.empty()) {
            all_.insert(few_.begin(), few_.end());
        }
        return all_.insert(key).second;
    }

private:
    static constexpr std::size_t most_compared = 16;

    std::vector<std::string> few_;
    std::set<std::string, std::less<>> all_;
};

// Builds the value as boost::json::parser does, but from the text of each double, and knows the keys of every
// open object.
class builder {
public:
    static constexpr std::size_t max_object_size = json::object::max_size();
    static constexpr std::size_t max_array_size = json::array::max_size();
    static constexpr std::size_t max_key_size = json::string::max_size();
    static constexpr std::size_t max_string_size = json::string::max_size();

    builder() { values_.reset(); }

    json::value release() { return values_.release(); }

    [[nodiscard]] const std::string& problem() const { return problem_; }

    bool on_document_begin(json::error_code& /*ec*/) { return true; }

    bool on_document_end(json::error_code& /*ec*/) { return true; }

    bool on_object_begin(json::error_code& /*ec*/) {
        keys_.emplace_back();
        return true;
    }

    bool on_object_end(std::size_t size, json::error_code& /*ec*/) {
        keys_.pop_back();
        values_.push_object(size);
        return true;
    }

    bool on_array_begin(json::error_code& /*ec*/) { return true; }

    bool on_array_end(std::size_t size, json::error_code& /*ec*/) {
        values_.push_array(size);
        return true;
    }

    bool on_key_part(json::string_view text, std::size_t /*size*/, json::error_code& /*ec*/) {
        key_.append(text.data(), text.size());
        values_.push_chars(text);
        return true;
    }

    bool on_key(json::string_view text, std::size_t /*size*/, json::error_code& ec) {
        key_.append(text.data(), text.size());
        if (!keys_.back().add(key_)) {
            problem_ = "the key `" + key_ + "` appears twice in one object; remove one of them";
            ec = json::error::syntax;
            return false;
        }
        key_.clear();
        values_.push_key(text);
        return true;
    }

    bool on_string_part(json::string_view text, std::size_t /*size*/, json::error_code& /*ec*/) {
        values_.push_chars(text);
        return true;
    }

    bool on_string(json::string_view text, std::size_t /*size*/, json::error_code& /*ec*/) {
        values_.push_string(text);
        return true;
    }

    bool on_number_part(json::string_view text, json::error_code& /*ec*/) {
        number_.append(text.data(), text.size());
        return true;
    }

    bool on_int64(std::int64_t number, json::string_view /*text*/, json::error_code& /*ec*/) {
        number_.clear();
        values_.push_int64(number);
        return true;
    }

    bool on_uint64(std::uint64_t number, json::string_view /*text*/, json::error_code& /*ec*/) {
        number_.clear();
        values_.push_uint64(number);
        return true;
    }

    bool on_double(double /*nearly*/, json::string_view text, json::error_code& ec) {
        number_.append(text.data(), text.size());
        double exact = 0;
        const auto parsed = std::from_chars(number_.data(), number_.data() + number_.size(), exact);
        if (parsed.ec != std::errc() || parsed.ptr != number_.data() + number_.size() ||
            !std::isfinite(exact)) {
            problem_ = "the number " + number_.substr(0, 40) + " does not fit a 64-bit float";
            ec = json::error::syntax;
            return false;
        }
        number_.clear();
        values_.push_double(exact);
        return true;
    }

    bool on_bool(bool value, json::error_code& /*ec*/) {
        values_.push_bool(value);
        return true;
    }

    bool on_null(json::error_code& /*ec*/) {
        values_.push_null();
        return true;
    }

    bool on_comment_part(json::string_view /*text*/, json::error_code& /*ec*/) { return true; }

    bool on_comment(json::string_view /*text*/, json::error_code& /*ec*/) { return true; }

private:
    json::value_stack values_;
    std::vector<known_keys> keys_;
    std::string key_;
    std::string number_;
    std::string problem_;
};

json_error error_at(std::string_view text, std::size_t offset, const std::string& problem) {
    const std::string_view before = text.substr(0, std::min(offset, text.size()));
    const auto line = static_cast<std::size_t>(std::ranges::count(before, '\n')) + 1;
    const std::size_t line_begin = before.rfind('\n') + 1;
    return {line, before.size() - line_begin + 1, problem};
}

void append(std::string& out, const json::value& value);

/// Most texts are keys and words, in which nothing needs an escape.
void append_text(std::string& out, json::string_view text) {
    const auto is_plain = [](char c) { return c >= ' ' && c <= '~' && c != '"' && c != '\\'; };
    if (!std::ranges::all_of(text, is_plain)) {
        out += json::serialize(text);
        return;
    }
    out.push_back('"');
    out.append(text.data(), text.size());
    out.push_back('"');
}

template <class Number>
void append_number(std::string& out, Number number) {
    std::array<char, 32> digits{};
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
    out.append(digits.data(), end);
}

void append(std::string& out, const json::array& items) {
    out.push_back('[');
    for (const json::value& item : items) {
        if (out.back() != '[') {
            out.push_back(',');
        }
        append(out, item);
    }
    out.push_back(']');
}

void append(std::string& out, const json::object& members) {
    out.push_back('{');
    bool first = true;
    for (const auto& member : members) {
        if (!first) {
            out.push_back(',');
        }
        first = false;
        append_text(out, member.key());
        out.push_back(':');
        append(out, member.value());
    }
    out.push_back('}');
}

void append(std::string& out, const json::value& value) {
    switch (value.kind()) {
    case json::kind::null:
        out += "null";
        break;
    case json::kind::bool_:
        out += value.get_bool() ? "true" : "false";
        break;
    case json::kind::int64:
        append_number(out, value.get_int64());
        break;
    case json::kind::uint64:
        append_number(out, value.get_uint64());
        break;
    case json::kind::double_:
        append_number(out, value.get_double());
        break;
    case json::kind::string:
        append_text(out, value.get_string());
        break;
    case json::kind::array:
        append(out, value.get_array());
        break;
    case json::kind::object:
        append(out, value.get_object());
        break;
    }
}

} // namespace

json_error::json_error(std::size_t line, std::size_t column, const std::string& problem)
    : std::runtime_error(std::to_string(line) + ":" + std::to_string(column) + ": " + problem), line_(line),
      column_(column) {}

json::value parse_json(std::string_view text, const json_limits& limits) {
    if (text.size() > limits.bytes) {
        throw json_error(1, 1,
                         "the text has " + std::to_string(text.size()) + " bytes; at most " +
                             std::to_string(limits.bytes) + " are allowed");
    }
    json::parse_options options;
    options.max_depth = limits.depth;
    options.allow_comments = limits.comments;
    options.allow_trailing_commas = limits.comments;
    json::basic_parser<builder> parser(options);
    json::error_code ec;
    const std::size_t used = parser.write_some(false, text.data(), text.size(), ec);
    if (!ec && used < text.size()) {
        ec = json::error::extra_data;
    }
    if (ec) {
        const std::string& problem = parser.handler().problem();
        if (!problem.empty()) {
            throw error_at(text, used, problem);
        }
        if (ec == json::error::too_deep) {
            throw error_at(text, used, "nested too deeply");
        }
        const auto fault = find_json_fault(text, limits.comments);
        throw fault ? error_at(text, fault->offset, fault->problem)
                    : error_at(text, used, "not valid JSON (" + ec.message() + ")");
    }
    return parser.handler().release();
}

std::string canonical_text(const json::value& value) {
    std::string out;
    append(out, value);
    return as_utf8(std::move(out));
}

} // namespace fedasio::text
