#include <fedasio/text/field_error.hpp>
#include <fedasio/text/json_keys.hpp>

#include <utility>

namespace fedasio::text {

namespace json = boost::json;

namespace {

std::vector<std::string_view> words_of(const kinds& what) {
    std::vector<std::string_view> words;
    words.reserve(what.all.size());
    for (const auto& one : what.all) {
        words.push_back(one.word);
    }
    return words;
}

class naming final : public keys {
public:
    std::vector<std::string_view> names;

    void required(std::string_view /*name*/, std::string_view /*remedy*/) override {}

    void key(std::string_view name, const form& /*value*/, std::string_view /*sentence*/,
             written /*when*/) override {
        names.push_back(name);
    }

    void check(const std::function<std::optional<fault>()>& /*problem*/) override {}
};

class reading final : public keys {
public:
    reading(const json_field& object, std::span<const std::string_view> known)
        : object_(object), from_(object.members(known)) {}

    void required(std::string_view name, std::string_view remedy) override {
        (void)from_.require(name, remedy);
    }

    void key(std::string_view name, const form& value, std::string_view /*sentence*/,
             written /*when*/) override {
        if (const auto field = from_.find(name)) {
            value.read(*field);
        }
    }

    void check(const std::function<std::optional<fault>()>& problem) override {
        if (const auto found = problem()) {
            throw field_error(found->key.empty() ? object_.where() : object_.where(found->key),
                              found->problem);
        }
    }

private:
    const json_field& object_;
    const json_members from_;
};

class writing final : public keys {
public:
    json::object into;

    void required(std::string_view /*name*/, std::string_view /*remedy*/) override {}

    void key(std::string_view name, const form& value, std::string_view /*sentence*/, written when) override {
        if (when == written::always || !value.says_nothing()) {
            into[name] = value.write();
        }
    }

    void check(const std::function<std::optional<fault>()>& /*problem*/) override {}
};

class outlining final : public keys {
public:
    json::object into; ///< by key

    void required(std::string_view name, std::string_view /*remedy*/) override { needed_ = name; }

    void key(std::string_view name, const form& value, std::string_view sentence, written /*when*/) override {
        auto node = value.outline();
        node["text"] = sentence;
        if (name == needed_) {
            node.erase("default");
            node["required"] = true;
        }
        into[name] = std::move(node);
    }

    void check(const std::function<std::optional<fault>()>& /*problem*/) override {}

private:
    std::string_view needed_;
};

json::object outline_of(const description& what) {
    outlining pass;
    what(pass);
    return std::move(pass.into);
}

} // namespace

void read_keys(const json_field& from, const description& what) {
    naming first;
    what(first);
    reading pass(from, first.names);
    what(pass);
}

void read_keys(const json_field& from, const kinds& what) {
    if (what.is_short && from.value().is_string()) {
        what.become(from.choice_of(words_of(what)));
        return;
    }
    what.become(from.kind(what.tag, words_of(what)));
    naming first;
    first.names.push_back(what.tag);
    what.own(first);
    what.common(first);
    reading pass(from, first.names);
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

json::object schema_of(const description& what) {
    return {{"type", "object"}, {"keys", outline_of(what)}};
}

json::object schema_of(const kinds& what) {
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
    node["variant_texts"] = std::move(sentences);
    node["variants"] = std::move(variants);
    if (auto common = outline_of(what.common); !common.empty()) {
        node["keys"] = std::move(common);
    }
    return node;
}

} // namespace fedasio::text
