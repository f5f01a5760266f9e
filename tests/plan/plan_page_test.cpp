#include <fedasio/plan/plan_check.hpp>
#include <fedasio/text/json_text.hpp>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <boost/test/unit_test.hpp>

#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <string>
#include <string_view>

// docs/plan.md between "<!-- described: PATH -->" and "<!-- end -->" is what the descriptions of keys say.
// `FEDASIO_WRITE_PAGES=1 build/release/tests/plan/test_plan -t plan_pages` writes it anew.

namespace {

namespace json = boost::json;

std::string number(const json::value& value) {
    const auto real = value.to_number<double>();
    if (real == 1e9) {
        return "10^9";
    }
    if (real != std::floor(real) || real < 1000) {
        return fedasio::text::canonical_text(value);
    }
    auto text = std::to_string(value.to_number<std::uint64_t>());
    for (auto place = static_cast<std::ptrdiff_t>(text.size()) - 3; place > 0; place -= 3) {
        text.insert(static_cast<std::size_t>(place), ",");
    }
    return text;
}

std::string range(const json::object& key) {
    const auto* const low = key.if_contains("minimum");
    const auto* const above = key.if_contains("above");
    const auto* const high = key.if_contains("maximum");
    const auto* const below = key.if_contains("below");
    if (low != nullptr && high != nullptr) {
        return number(*low) + " to " + number(*high);
    }
    std::string text;
    if (above != nullptr) {
        text = "above " + number(*above);
    } else if (low != nullptr) {
        text = "at least " + number(*low);
    }
    if (high != nullptr) {
        text += ", at most " + number(*high);
    } else if (below != nullptr) {
        text += ", less than " + number(*below);
    }
    return text;
}

std::string in_code(const json::value& value) {
    return "`" + fedasio::text::canonical_text(value) + "`";
}

std::string type(const json::object& key) {
    if (const auto* choices = key.if_contains("choices")) {
        std::string text;
        for (const auto& choice : choices->as_array()) {
            text += (text.empty() ? "" : ", ") + in_code(choice);
        }
        return text;
    }
    const auto& name = key.at("type").as_string();
    const auto limits = range(key);
    if (name == "integer") {
        return "whole number" + (limits.empty() ? "" : ", " + limits);
    }
    if (name == "array") {
        const auto& item = key.at("items").at("type").as_string();
        return "array of " + (item == "integer" ? "whole number" : std::string(item)) + "s";
    }
    return (key.contains("short") ? "string or " : "") + std::string(name) +
           (limits.empty() ? "" : ", " + limits);
}

/// What counts where the key is left out: of an object of several kinds, which one.
std::string otherwise(const json::object& key) {
    const auto* const value = key.if_contains("default");
    if (value == nullptr) {
        return key.contains("required") ? " required " : " ";
    }
    if (const auto* tag = key.if_contains("tag")) {
        const auto& word = value->at(tag->as_string()).as_string();
        return " " + in_code(json::object{{tag->as_string(), word}}) + " ";
    }
    return " " + in_code(*value) + " ";
}

/// A row for each key; `first` stands before it.
std::string rows(const json::object& keys, const std::string& first) {
    std::string text;
    for (const auto& [name, child] : keys) {
        const auto& key = child.as_object();
        text += first + "| `" + std::string(name) + "` | " + type(key) + " |" + otherwise(key) + "| " +
                std::string(key.at("text").as_string()) + " |\n";
    }
    return text;
}

/// For an object of several kinds a row for each, and one for each of its keys below it.
std::string table(const json::object& node) {
    const auto* const tag = node.if_contains("tag");
    const auto* const keys = node.if_contains("keys");
    if (tag == nullptr) {
        return "| key | type | default | meaning |\n| --- | --- | --- | --- |\n" +
               rows(keys->as_object(), "");
    }
    std::string text = "| `" + std::string(tag->as_string()) +
                       "` | key | type | default | meaning |\n| --- | --- | --- | --- | --- |\n";
    for (const auto& [kind, own] : node.at("variants").as_object()) {
        text += "| `" + std::string(kind) + "` | | | | " +
                std::string(node.at("variant_texts").at(kind).as_string()) + " |\n" +
                rows(own.as_object(), "| ");
    }
    return keys == nullptr ? text : text + rows(keys->as_object(), "| all ");
}

/// The tables of all objects below, by path.
void collect(const json::object& node, const std::string& path, std::map<std::string, std::string>& into) {
    const auto below = [&](const json::object& keys) {
        for (const auto& [name, child] : keys) {
            collect(child.as_object(), (path == "plan" ? "" : path + ".") + std::string(name), into);
        }
    };
    for (const auto* const inner : {"items", "values"}) {
        if (const auto* one = node.if_contains(inner)) {
            collect(one->as_object(), path, into);
        }
    }
    if (const auto* variants = node.if_contains("variants")) {
        for (const auto& [kind, own] : variants->as_object()) {
            below(own.as_object());
        }
    }
    if (const auto* keys = node.if_contains("keys")) {
        below(keys->as_object());
    }
    if (node.contains("keys") || node.contains("variants")) {
        into[path] = table(node);
    }
}

} // namespace

BOOST_AUTO_TEST_SUITE(plan_pages)

BOOST_AUTO_TEST_CASE(the_page_says_what_the_descriptions_say) {
    const std::filesystem::path file = FEDASIO_SOURCE_DIR "/docs/plan.md";
    std::ifstream in(file);
    BOOST_REQUIRE(in.is_open());
    std::string page{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
    std::map<std::string, std::string> tables;
    collect(fedasio::text::parse_json(fedasio::plan::plan_schema()).as_object(), "plan", tables);
    const bool writes = std::getenv("FEDASIO_WRITE_PAGES") != nullptr; // NOLINT(concurrency-mt-unsafe)
    for (const auto& [path, wanted] : tables) {
        const auto begin = "<!-- described: " + path + " -->\n";
        const auto from = page.find(begin);
        BOOST_TEST_REQUIRE((from != std::string::npos), "docs/plan.md has no place for " << path);
        const auto at = from + begin.size();
        const auto to = page.find("<!-- end -->", at);
        BOOST_TEST_REQUIRE((to != std::string::npos));
        BOOST_TEST((writes || page.substr(at, to - at) == wanted), "docs/plan.md must have at " << path
                                                                                                << "\n"
                                                                                                << wanted);
        page.replace(at, to - at, wanted);
    }
    if (writes) {
        std::ofstream(file) << page;
    }
}

BOOST_AUTO_TEST_SUITE_END()
