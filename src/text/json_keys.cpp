#include <fedasio/text/field_error.hpp>
#include <fedasio/text/json_keys.hpp>
#include <fedasio/text/json_reader.hpp>

#include <boost/json/array.hpp>

#include <array>
#include <charconv>
#include <limits>
#include <utility>

namespace fedasio::text {

namespace json = boost::json;

namespace {

json::value shortest(float number) {
    std::array<char, 32> digits{};
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
    double same = 0;
    std::from_chars(digits.data(), end, same);
    return same;
}

std::vector<std::string_view> words_of(const kinds& what) {
    std::vector<std::string_view> words;
    for (const auto& one : what.all) {
        words.push_back(one.word);
    }
    return words;
}

/// A pass that needs a key's name only.
class naming final : public keys {
public:
    std::vector<std::string_view> names;

    void required(std::string_view, std::string_view) override {}

    void real(std::string_view name, double&, const interval&, std::string_view, written) override {
        names.push_back(name);
    }

    void real(std::string_view name, float&, const interval&, std::string_view, written) override {
        names.push_back(name);
    }

    void whole(std::string_view name, std::uint32_t&, std::uint32_t, std::uint32_t, std::string_view,
               written) override {
        names.push_back(name);
    }

    void whole(std::string_view name, std::optional<std::uint32_t>&, std::uint32_t, std::uint32_t,
               std::string_view, written) override {
        names.push_back(name);
    }

    void boolean(std::string_view name, bool&, std::string_view, written) override { names.push_back(name); }

    void texts(std::string_view name, std::vector<std::string>&, std::size_t, std::size_t, std::size_t,
               std::string_view, written) override {
        names.push_back(name);
    }

    void object(std::string_view name, const description&, std::string_view) override {
        names.push_back(name);
    }

    void object(std::string_view name, const kinds&, std::string_view, written) override {
        names.push_back(name);
    }
};

class reading final : public keys {
public:
    explicit reading(const json_members& from) : from_(from) {}

    void required(std::string_view name, std::string_view remedy) override {
        (void)from_.require(name, remedy);
    }

    void real(std::string_view name, double& value, const interval& range, std::string_view,
              written) override {
        if (const auto field = from_.find(name)) {
            value = field->real(range);
        }
    }

    void real(std::string_view name, float& value, const interval& range, std::string_view,
              written) override {
        if (const auto field = from_.find(name)) {
            value = field->real32(range);
        }
    }

    void whole(std::string_view name, std::uint32_t& value, std::uint32_t low, std::uint32_t high,
               std::string_view, written) override {
        if (const auto field = from_.find(name)) {
            value = field->whole32(low, high);
        }
    }

    void whole(std::string_view name, std::optional<std::uint32_t>& value, std::uint32_t low,
               std::uint32_t high, std::string_view, written) override {
        if (const auto field = from_.find(name)) {
            value.reset();
            if (!field->value().is_null()) {
                value = field->whole32(low, high);
            }
        }
    }

    void boolean(std::string_view name, bool& value, std::string_view, written) override {
        if (const auto field = from_.find(name)) {
            value = field->boolean();
        }
    }

    void texts(std::string_view name, std::vector<std::string>& value, std::size_t fewest, std::size_t most,
               std::size_t longest, std::string_view, written) override {
        const auto field = fewest == 0 ? from_.find(name)
                                       : from_.require(name, "write a list of " + std::to_string(fewest) +
                                                                 " to " + std::to_string(most) + " texts");
        if (field) {
            value.clear();
            for (const auto& item : field->items(fewest, most)) {
                value.push_back(item.text(longest));
            }
        }
    }

    void object(std::string_view name, const description& value, std::string_view) override {
        if (const auto field = from_.find(name)) {
            read_keys(*field, value);
        }
    }

    void object(std::string_view name, const kinds& value, std::string_view, written) override {
        if (const auto field = from_.find(name)) {
            read_keys(*field, value);
        }
    }

private:
    const json_members& from_;
};

class writing final : public keys {
public:
    json::object into;

    void required(std::string_view, std::string_view) override {}

    void real(std::string_view name, double& value, const interval&, std::string_view,
              written when) override {
        put(name, value, when == written::when_changed && value == 0);
    }

    void real(std::string_view name, float& value, const interval&, std::string_view, written when) override {
        put(name, shortest(value), when == written::when_changed && value == 0);
    }

    void whole(std::string_view name, std::uint32_t& value, std::uint32_t, std::uint32_t, std::string_view,
               written when) override {
        put(name, value, when == written::when_changed && value == 0);
    }

    void whole(std::string_view name, std::optional<std::uint32_t>& value, std::uint32_t, std::uint32_t,
               std::string_view, written when) override {
        put(name, value ? json::value(*value) : json::value(nullptr),
            when == written::when_changed && !value);
    }

    void boolean(std::string_view name, bool& value, std::string_view, written when) override {
        put(name, value, when == written::when_changed && !value);
    }

    void texts(std::string_view name, std::vector<std::string>& value, std::size_t, std::size_t, std::size_t,
               std::string_view, written when) override {
        put(name, to_array(value), when == written::when_changed && value.empty());
    }

    void object(std::string_view name, const description& value, std::string_view) override {
        put(name, write_keys(value), false);
    }

    void object(std::string_view name, const kinds& value, std::string_view, written when) override {
        put(name, write_keys(value), when == written::when_changed && value.current() == 0);
    }

private:
    void put(std::string_view name, json::value value, bool is_left_out) {
        if (!is_left_out) {
            into[name] = std::move(value);
        }
    }
};

class outlining final : public keys {
public:
    json::object into; ///< by key
    std::vector<std::string_view> needed;

    void required(std::string_view name, std::string_view) override { needed.push_back(name); }

    void real(std::string_view name, double& value, const interval& range, std::string_view sentence,
              written) override {
        into[name] = number("number", value, range, sentence);
    }

    void real(std::string_view name, float& value, const interval& range, std::string_view sentence,
              written) override {
        into[name] = number("number", shortest(value), range, sentence);
    }

    void whole(std::string_view name, std::uint32_t& value, std::uint32_t low, std::uint32_t high,
               std::string_view sentence, written) override {
        into[name] = integer(value, low, high, sentence);
    }

    void whole(std::string_view name, std::optional<std::uint32_t>& value, std::uint32_t low,
               std::uint32_t high, std::string_view sentence, written) override {
        into[name] = integer(value ? json::value(*value) : json::value(nullptr), low, high, sentence);
    }

    void boolean(std::string_view name, bool& value, std::string_view sentence, written) override {
        into[name] = {{"type", "boolean"}, {"default", value}, {"text", sentence}};
    }

    void texts(std::string_view name, std::vector<std::string>& value, std::size_t fewest, std::size_t,
               std::size_t, std::string_view sentence, written) override {
        json::object node{{"type", "array"},
                          {"text", sentence},
                          {"items", json::object{{"type", "string"}, {"text", "A text."}}}};
        if (fewest > 0) {
            node["required"] = true;
        } else {
            node["default"] = to_array(value);
        }
        into[name] = std::move(node);
    }

    void object(std::string_view name, const description& value, std::string_view sentence) override {
        into[name] = schema_of(value, sentence);
    }

    void object(std::string_view name, const kinds& value, std::string_view sentence, written) override {
        into[name] = schema_of(value, sentence);
    }

private:
    static json::object integer(json::value value, std::uint32_t low, std::uint32_t high,
                                std::string_view sentence) {
        return {{"type", "integer"},
                {"default", std::move(value)},
                {"minimum", low},
                {"maximum", high},
                {"text", sentence}};
    }

    static json::object number(std::string_view type, json::value value, const interval& range,
                               std::string_view sentence) {
        return {{"type", type},
                {"default", std::move(value)},
                {range.low_open ? "above" : "minimum", range.low},
                {range.high_open ? "below" : "maximum", range.high},
                {"text", sentence}};
    }
};

json::object outline_of(const description& what) {
    outlining pass;
    what(pass);
    for (const auto name : pass.needed) {
        auto& node = pass.into[name].as_object();
        node.erase("default");
        node["required"] = true;
    }
    return std::move(pass.into);
}

std::vector<std::string_view> names_of(const description& what) {
    naming pass;
    what(pass);
    return std::move(pass.names);
}

} // namespace

void read_keys(const json_field& from, const description& what) {
    const auto members = from.members(names_of(what));
    reading pass(members);
    what(pass);
}

void read_keys(const json_field& from, const kinds& what) {
    if (what.is_short && from.value().is_string()) {
        what.become(from.choice_of(words_of(what)));
        return;
    }
    what.become(from.kind(what.tag, words_of(what)));
    auto names = names_of(what.own);
    for (const auto name : names_of(what.common)) {
        names.push_back(name);
    }
    names.insert(names.begin(), what.tag);
    const auto members = from.members(names);
    reading pass(members);
    what.own(pass);
    what.common(pass);
}

json::object write_keys(const description& what) {
    writing pass;
    what(pass);
    return std::move(pass.into);
}

json::object write_keys(const kinds& what) {
    writing pass;
    pass.into[what.tag] = what.all[what.current()].word;
    what.own(pass);
    what.common(pass);
    return std::move(pass.into);
}

json::object schema_of(const description& what, std::string_view sentence) {
    return {{"type", "object"}, {"text", sentence}, {"keys", outline_of(what)}};
}

json::object schema_of(const kinds& what, std::string_view sentence) {
    json::object sentences;
    json::object variants;
    for (std::size_t place = 0; place < what.all.size(); ++place) {
        what.become(place);
        sentences[what.all[place].word] = what.all[place].sentence;
        variants[what.all[place].word] = outline_of(what.own);
    }
    what.become(0);
    json::object node{{"type", "object"}, {"default", write_keys(what)}, {"tag", what.tag}};
    if (what.is_short) {
        node["short"] = true;
    }
    node["text"] = sentence;
    node["variant_texts"] = std::move(sentences);
    node["variants"] = std::move(variants);
    if (auto common = outline_of(what.common); !common.empty()) {
        node["keys"] = std::move(common);
    }
    return node;
}

} // namespace fedasio::text
