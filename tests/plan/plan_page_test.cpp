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
#include <string>

// docs/plan.md between "<!-- described: NAME -->" and "<!-- end -->" is what the descriptions of keys say.
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
    auto text = std::to_string(static_cast<std::uint64_t>(real));
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

std::string type(const json::object& key) {
    const auto& name = key.at("type").as_string();
    const auto limits = range(key);
    if (name == "integer") {
        return "whole number" + (limits.empty() ? "" : ", " + limits);
    }
    if (name == "array") {
        return "array of strings";
    }
    return std::string(name) + (limits.empty() ? "" : ", " + limits);
}

/// A row for each kind, and one for each of its keys below it.
std::string kinds_table(const json::object& node) {
    std::string text = "| `" + std::string(node.at("tag").as_string()) +
                       "` | key | type | default | meaning |\n| --- | --- | --- | --- | --- |\n";
    for (const auto& [kind, keys] : node.at("variants").as_object()) {
        text += "| `" + std::string(kind) + "` | | | | " +
                std::string(node.at("variant_texts").at(kind).as_string()) + " |\n";
        for (const auto& [name, child] : keys.as_object()) {
            const auto& key = child.as_object();
            const auto* const otherwise = key.if_contains("default");
            text += "| | `" + std::string(name) + "` | " + type(key) + " | " +
                    (otherwise == nullptr ? std::string("required")
                                          : "`" + fedasio::text::canonical_text(*otherwise) + "`") +
                    " | " + std::string(key.at("text").as_string()) + " |\n";
        }
    }
    return text;
}

} // namespace

BOOST_AUTO_TEST_SUITE(plan_pages)

BOOST_AUTO_TEST_CASE(the_page_says_what_the_descriptions_say) {
    const std::filesystem::path file = FEDASIO_SOURCE_DIR "/docs/plan.md";
    std::ifstream in(file);
    BOOST_REQUIRE(in.is_open());
    std::string page{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
    const auto schema = fedasio::text::parse_json(fedasio::plan::plan_schema());
    const auto table = kinds_table(schema.at("keys").at("strategy").as_object());
    const std::string begin = "<!-- described: strategy -->\n";
    const auto from = page.find(begin);
    BOOST_REQUIRE(from != std::string::npos);
    const auto to = page.find("<!-- end -->", from);
    BOOST_REQUIRE(to != std::string::npos);
    const auto at = from + begin.size();
    if (std::getenv("FEDASIO_WRITE_PAGES") != nullptr) { // NOLINT(concurrency-mt-unsafe)
        page.replace(at, to - at, table);
        std::ofstream(file) << page;
        return;
    }
    BOOST_TEST(page.substr(at, to - at) == table, "docs/plan.md#strategy must have the table\n" << table);
}

BOOST_AUTO_TEST_SUITE_END()
