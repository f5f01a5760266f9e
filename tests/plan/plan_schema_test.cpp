#include <fedasio/plan/plan_check.hpp>
#include <fedasio/text/json_text.hpp>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <boost/test/unit_test.hpp>

#include <optional>
#include <set>
#include <string>
#include <vector>

namespace {

namespace json = boost::json;
using fedasio::text::canonical_text;
using fedasio::text::parse_json;
using path = std::vector<std::string>;

json::value example(const json::object& node);

/// The object with what it must have, and this choice of its tag.
json::object example_of(const json::object& node, std::string_view choice) {
    json::object result;
    const auto take = [&](const json::object& keys) {
        for (const auto& [name, child] : keys) {
            if (child.as_object().contains("required")) {
                result[name] = example(child.as_object());
            }
        }
    };
    if (!choice.empty()) {
        result[node.at("tag").as_string()] = choice;
        if (choice == "csv") {
            result["train"] = "x"; // needed with the partition of these plans
        }
        take(node.at("variants").at(choice).as_object());
    }
    if (const auto* keys = node.if_contains("keys")) {
        take(keys->as_object());
    }
    return result;
}

json::value example(const json::object& node) {
    const auto& type = node.at("type").as_string();
    if (type == "integer") {
        return 1;
    }
    if (type == "number") {
        return 0.5;
    }
    if (type == "boolean") {
        return true;
    }
    if (type == "string") {
        return node.contains("choices") ? node.at("choices").at(0) : json::value("x");
    }
    if (type == "array") {
        return json::array{example(node.at("items").as_object())};
    }
    const bool is_tagged = node.contains("tag");
    return example_of(node, is_tagged ? std::string_view(node.at("variants").as_object().begin()->key())
                                      : std::string_view());
}

/// An array stands for its first item.
json::value& at(json::value& root, const path& where) {
    auto* value = &root;
    for (const auto& step : where) {
        value = step == "[0]" ? &value->as_array().at(0) : &value->as_object()[step];
    }
    return *value;
}

/// What the reader says of a plan; empty if it is one. Whether the layers fit together is another matter.
std::string objection(const json::value& plan) {
    try {
        (void)fedasio::plan::plan_from_json(plan, "plan");
        return {};
    } catch (const fedasio::text::field_error& e) {
        return e.what();
    }
}

std::optional<json::value> canonical(const json::value& plan) {
    if (!objection(plan).empty()) {
        return std::nullopt;
    }
    return to_json(fedasio::plan::plan_from_json(plan, "plan"));
}

std::set<std::string> words_in(const std::string& text, char quote) {
    std::set<std::string> words;
    auto begin = text.find(quote);
    while (begin != std::string::npos) {
        const auto end = text.find(quote, begin + 1);
        words.insert(text.substr(begin + 1, end - begin - 1));
        begin = text.find(quote, end + 1);
    }
    return words;
}

/// Asks the reader about each node of the schema, in a plan that has everything needed around it.
class asker {
public:
    int asked = 0;

    void object(const json::value& plan, const path& where, const json::object& node) {
        if (!node.contains("tag")) {
            keys_of(plan, where, {}, node.at("keys").as_object(), {});
            return;
        }
        const std::string tag(node.at("tag").as_string());
        const auto& variants = node.at("variants").as_object();
        auto unknown = plan;
        at(unknown, where).as_object()[tag] = "zzzzzzzzzzzz";
        std::set<std::string> choices;
        for (const auto& [choice, keys] : variants) {
            choices.emplace(choice);
        }
        auto said = objection(unknown);
        said.resize(said.find(", but is"));
        BOOST_TEST(words_in(said, '"') == choices, boost::test_tools::per_element());
        for (const auto& [choice, keys] : variants) {
            auto with = plan;
            at(with, where) = example_of(node, choice);
            BOOST_TEST(!node.at("variant_texts").at(choice).as_string().empty(), choice);
            if (choice == "trainer") {
                continue; // its keys are for somebody else to know
            }
            const auto* common = node.if_contains("keys");
            keys_of(with, where, tag, keys.as_object(),
                    common == nullptr ? json::object() : common->as_object());
            auto shortened = plan;
            at(shortened, where) = choice;
            BOOST_TEST(objection(shortened).empty() == node.contains("short"));
        }
    }

private:
    void keys_of(const json::value& plan, const path& where, const std::string& tag, json::object keys,
                 const json::object& common) {
        for (const auto& [name, child] : common) {
            keys[name] = child;
        }
        std::set<std::string> names;
        for (const auto& [name, child] : keys) {
            names.emplace(name);
        }
        if (!tag.empty()) {
            names.insert(tag);
        }
        auto unknown = plan;
        at(unknown, where).as_object()["zzzzzzzzzzzz"] = 1;
        BOOST_TEST(words_in(objection(unknown), '`') == names, boost::test_tools::per_element());
        for (const auto& [name, child] : keys) {
            auto place = where;
            place.emplace_back(name);
            BOOST_TEST_CONTEXT("at " << name) {
                key(plan, place, child.as_object());
            }
        }
    }

    void key(const json::value& plan, const path& where, const json::object& node) {
        ++asked;
        BOOST_TEST(!node.at("text").as_string().empty());
        auto without = plan;
        auto owner = where;
        owner.pop_back();
        at(without, owner).as_object().erase(where.back());
        const bool is_missed = objection(without).ends_with("is missing") ||
                               objection(without).find("is missing: ") != std::string::npos;
        // With a table that is not local, the reader asks for its file.
        if (where.back() != "train" && where.back() != "clients") {
            BOOST_TEST(is_missed == node.contains("required"), objection(without));
        }
        if (const auto* value = node.if_contains("default")) {
            auto with = without;
            at(with, where) = *value;
            BOOST_TEST(objection(with) == objection(without));
            BOOST_TEST((canonical(with) == canonical(without)), "its default is another than " << *value);
        }
        if (const auto* choices = node.if_contains("choices")) {
            auto wrong = plan;
            at(wrong, where) = "zzzzzzzzzzzz";
            auto said = objection(wrong);
            said.resize(said.find(", but is"));
            std::set<std::string> words;
            for (const auto& choice : choices->as_array()) {
                words.emplace(choice.as_string());
            }
            BOOST_TEST(words_in(said, '"') == words, boost::test_tools::per_element());
        }
        range(plan, where, node);
        if (node.at("type") == "object" && (node.contains("keys") || node.contains("tag"))) {
            auto with = plan;
            if (!at(with, where).is_object()) {
                at(with, where) = example(node);
            }
            object(with, where, node);
        }
        if (node.at("type") == "array" && node.at("items").at("type") == "object") {
            auto item = where;
            item.emplace_back("[0]");
            object(plan, item, node.at("items").as_object());
        }
    }

    void range(const json::value& plan, const path& where, const json::object& node) {
        const auto& type = node.at("type").as_string();
        if (type != "integer" && type != "number") {
            auto wrong = plan;
            at(wrong, where) = nullptr;
            // Where null stands for none.
            BOOST_TEST(objection(wrong).empty() == (where.back() == "early_stopping"));
            return;
        }
        const double step = type == "integer" ? 1 : 1e-4;
        const auto fits = [&](const json::value& number) {
            auto with = plan;
            at(with, where) = number;
            const auto said = objection(with);
            return said.find("must be a whole number") == std::string::npos &&
                   said.find("must be a number") == std::string::npos;
        };
        const auto number = [&](double value) {
            return type == "integer" ? json::value(static_cast<std::int64_t>(value)) : json::value(value);
        };
        if (const auto* low = node.if_contains("minimum")) {
            BOOST_TEST(fits(*low));
            BOOST_TEST(!fits(number(low->to_number<double>() - step)));
        }
        if (const auto* low = node.if_contains("above")) {
            BOOST_TEST(!fits(*low));
            BOOST_TEST(fits(number(low->to_number<double>() + step)));
        }
        if (const auto* high = node.if_contains("maximum");
            high != nullptr && high->to_number<double>() < 1e18) {
            BOOST_TEST(fits(*high));
            BOOST_TEST(!fits(number(high->to_number<double>() + step)));
        }
        if (const auto* high = node.if_contains("below")) {
            BOOST_TEST(!fits(*high));
            BOOST_TEST(fits(number(high->to_number<double>() - step)));
        }
        BOOST_TEST(!fits("1"));
        if (type == "integer") {
            BOOST_TEST(!fits(1.5));
        }
    }
};

} // namespace

BOOST_AUTO_TEST_SUITE(plan_schemas)

BOOST_AUTO_TEST_CASE(the_reader_of_plans_agrees) {
    const auto schema = parse_json(fedasio::plan::plan_schema()).as_object();
    const auto plan = parse_json(R"({"model": {"input": [4], "layers": [{"type": "dense", "units": 2}]},
        "data": {"source": {"type": "csv", "train": "a", "label": "b"}}, "clients": 50, "rounds": 1, "local": {}})");
    BOOST_TEST_REQUIRE(objection(plan) == "");
    asker ask;
    ask.object(plan, {}, schema);
    BOOST_TEST(ask.asked > 50);
}

BOOST_AUTO_TEST_SUITE_END()
