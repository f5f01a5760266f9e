#include <fedasio/method/strategy.hpp>
#include <fedasio/plan/plan.hpp>
#include <fedasio/plan/spec_json.hpp>
#include <fedasio/text/json_keys.hpp>

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include "plan/descriptions.hpp"
#include "plan/foreign_words.hpp"
#include <algorithm>
#include <stdexcept>
#include <utility>

namespace fedasio::plan {

namespace json = boost::json;

namespace {

text::kinds kinds_with(std::function<method::strategy*()> current,
                       std::function<void(std::string_view)> become) {
    text::kinds result;
    result.tag = "type";
    for (const auto name : method::strategy_names()) {
        result.all.push_back({name, method::strategy_sentence(name)});
    }
    result.is_short = true;
    result.current = [current] {
        const auto names = method::strategy_names();
        return static_cast<std::size_t>(std::ranges::find(names, current()->name()) - names.begin());
    };
    result.become = [become = std::move(become)](std::size_t place) {
        become(method::strategy_names()[place]);
    };
    result.own = [current = std::move(current)](text::keys& keys) { current()->describe(keys); };
    return result;
}

} // namespace

text::kinds kinds_of(std::unique_ptr<method::strategy>& what) {
    return kinds_with([&what] { return what.get(); },
                      [&what](std::string_view name) { what = method::make_strategy(name); });
}

json::object to_json(const method::strategy& what) {
    // Writing is a pass that changes nothing, but a description may serve reading too.
    auto* const described =
        const_cast<method::strategy*>(&what); // NOLINT(cppcoreguidelines-pro-type-const-cast)
    return text::write_keys(kinds_with([described] { return described; }, [](std::string_view) {}));
}

std::shared_ptr<const method::strategy> strategy_from_json(const json::value& value, std::string_view where) {
    std::unique_ptr<method::strategy> result;
    text::read_keys(text::json_field(value, std::string(where), ".", &plan_words), kinds_of(result));
    return result;
}

} // namespace fedasio::plan
