#include <fedasio/plan/spec_json.hpp>
#include <fedasio/text/json_keys.hpp>

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include "plan/descriptions.hpp"
#include "plan/foreign_words.hpp"
#include <limits>

namespace fedasio::plan {

namespace json = boost::json;

text::kinds kinds_of(data::partition_spec& what) {
    using scheme = data::partition_spec::scheme;
    text::kinds result;
    result.tag = "scheme";
    result.all = {{"iid", "Shuffled, equal parts."},
                  {"shards", "Sorted by class and dealt in shards, so that a client sees few classes."},
                  {"dirichlet", "Shares of each class drawn from Dirichlet(alpha)."},
                  {"local", "Each worker's data is one client's."}};
    result.current = [&what] { return static_cast<std::size_t>(what.type); };
    result.become = [&what](std::size_t place) {
        what = {};
        what.type = static_cast<scheme>(place);
    };
    result.own = [&what](text::keys& keys) {
        if (what.type == scheme::shards) {
            keys.whole("shards_per_client", what.shards_per_client, 1, 1'000'000,
                       "How many shards a client gets.");
        }
        if (what.type == scheme::dirichlet) {
            keys.real("alpha", what.alpha, {.low = 1e-3, .high = 1e6},
                      "The smaller, the more the clients differ.");
        }
    };
    result.common = [&what](text::keys& keys) {
        keys.whole("samples_per_client", what.samples_per_client, 0,
                   std::numeric_limits<std::uint32_t>::max(),
                   "At most so many samples a client; 0: all of its part.");
    };
    return result;
}

json::object to_json(const data::partition_spec& what) {
    auto copy = what;
    return text::write_keys(kinds_of(copy));
}

data::partition_spec partition_from_json(const json::value& value, std::string_view where) {
    data::partition_spec result;
    text::read_keys(text::json_field(value, std::string(where), ".", &plan_words), kinds_of(result));
    return result;
}

} // namespace fedasio::plan
