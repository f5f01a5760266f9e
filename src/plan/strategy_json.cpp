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

text::kinds kinds_of(std::shared_ptr<const method::strategy>& what) {
    // Reading changes the one that it has just made; other passes change nothing.
    const auto described = [&what]() -> method::strategy& {
        return const_cast<method::strategy&>(*what); // NOLINT(cppcoreguidelines-pro-type-const-cast)
    };
    text::kinds result;
    result.tag = "type";
    for (const auto name : method::strategy_names()) {
        result.all.push_back({name, method::strategy_sentence(name)});
    }
    result.is_short = true;
    result.current = [&what] {
        const auto names = method::strategy_names();
        return static_cast<std::size_t>(std::ranges::find(names, what->name()) - names.begin());
    };
    result.become = [&what](std::size_t place) {
        what = method::make_strategy(method::strategy_names()[place]);
    };
    result.own = [described](text::keys& keys) { described().describe(keys); };
    return result;
}

json::object to_json(const method::strategy& what) {
    std::shared_ptr<const method::strategy> described(std::shared_ptr<void>(), &what);
    return text::write_keys(kinds_of(described));
}

std::shared_ptr<const method::strategy> strategy_from_json(const json::value& value, std::string_view where) {
    std::shared_ptr<const method::strategy> result;
    text::read_keys(text::json_field(value, std::string(where), ".", &plan_words), kinds_of(result));
    return result;
}

} // namespace fedasio::plan
