#include <fedasio/plan/limits.hpp>
#include <fedasio/text/json_reader.hpp>
#include <fedasio/text/printable.hpp>
#include <fedasio/wire/hello.hpp>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

namespace fedasio::wire {

using boost::json::array;
using boost::json::object;
using reader = text::json_reader;

std::string problem_of_name(std::string_view name) {
    if (name.size() > plan::limits::worker_name || text::is_blank(name)) {
        return "a name has 1 to 64 bytes, and not only spaces";
    }
    return text::is_printable(name) ? std::string()
                                    : "a name has no control characters, and none that cannot be seen or "
                                      "change the direction of writing";
}

object to_meta(const hello& what) {
    object meta{{"name", what.name},
                {"clients", what.clients},
                {"threads", what.threads},
                {"version", what.version},
                {"instruction_set", what.instruction_set}};
    if (!what.strategies.empty()) {
        meta["strategies"] = text::to_array(what.strategies);
    }
    return meta;
}

hello read_hello(const object& meta) {
    const reader in(meta, "hello");
    hello what;
    what.name = in.text("name", plan::limits::worker_name);
    if (const auto problem = problem_of_name(what.name); !problem.empty()) {
        in.get("name").fail(problem);
    }
    what.clients = in.find("clients") ? in.get("clients").whole32(0, plan::limits::clients) : 0;
    what.threads = in.find("threads") ? in.get("threads").whole32(1, plan::limits::worker_threads) : 1;
    what.version = in.text_or_empty("version", plan::limits::worker_name);
    what.instruction_set = in.text_or_empty("instruction_set", plan::limits::worker_name);
    if (const auto strategies = in.find("strategies")) {
        for (const auto& item : strategies->items(0, plan::limits::strategies)) {
            what.strategies.push_back(item.text(plan::limits::strategy_name));
        }
    }
    return what;
}

object to_meta(const welcome& what) {
    return {{"worker", what.worker}, {"plan", what.plan}};
}

welcome read_welcome(const object& meta) {
    const reader in(meta, "welcome");
    welcome what;
    what.worker = in.number32("worker");
    what.plan = in.text_or_empty("plan", plan::limits::sentence);
    return what;
}

} // namespace fedasio::wire
