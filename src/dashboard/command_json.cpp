#include <fedasio/dashboard/command_json.hpp>
#include <fedasio/plan/deadline_limits.hpp>
#include <fedasio/plan/limits.hpp>
#include <fedasio/store/model_store.hpp>
#include <fedasio/text/json_text.hpp>
#include <fedasio/wire/hello.hpp>

#include <boost/json/value.hpp>

#include "json_scalar.hpp"
#include <algorithm>
#include <fmt/format.h>
#include <span>
#include <vector>

namespace fedasio::dashboard {
namespace {

namespace json = boost::json;
using kind = master::command::kind;

/// The keys of a command beside `command`; those of the second list must be there.
struct form {
    std::vector<std::string_view> keys;
    std::string_view needed;
    std::string_view example; ///< of the needed one
};

form form_of(kind what) {
    switch (what) {
    case kind::train:
        return {{"rounds", "target_accuracy"}, {}, {}};
    case kind::stop:
        return {{"now"}, {}, {}};
    case kind::save:
    case kind::load:
        return {{"name"}, "name", "\"best\""};
    case kind::evict:
        return {{"worker"}, "worker", "\"ward-3\""};
    case kind::change:
        return {{"rounds", "target_accuracy", "deadline", "fraction"}, {}, {}};
    case kind::start:
        return {{"plan"}, "plan", "\"the text of a plan\""};
    case kind::pause:
    case kind::resume:
        break;
    }
    return {};
}

std::string list_of(std::span<const std::string_view> words) {
    std::string text;
    for (const auto word : words) {
        text += (text.empty() ? "" : ", ") + std::string(word);
    }
    return text;
}

json::value parse(std::string_view body) {
    try {
        return text::parse_json(body, {.bytes = plan::limits::command_bytes, .depth = 8});
    } catch (const text::json_error& problem) {
        throw command_error(std::string("the body is not JSON: ") + problem.what());
    }
}

kind parse_kind(const json::object& object) {
    const auto* const value = object.if_contains("command");
    if (value == nullptr || !value->is_string()) {
        throw command_error(R"("command" is missing; send for example {"command": "pause"})");
    }
    const std::string_view name = value->get_string();
    const auto* const found = std::ranges::find(master::command_names, name);
    if (found == master::command_names.end()) {
        throw command_error("there is no such command; there are " + list_of(master::command_names));
    }
    return static_cast<kind>(found - master::command_names.begin());
}

std::uint32_t parse_rounds(const json::value& value) {
    json::error_code ec;
    const auto rounds = value.is_double() ? 0 : value.to_number<std::uint32_t>(ec);
    if (ec || rounds < 1 || rounds > plan::limits::rounds) {
        throw command_error("\"rounds\" must be a whole number from 1 to " +
                            std::to_string(plan::limits::rounds));
    }
    return rounds;
}

double parse_share(const json::value& value, std::string_view key) {
    json::error_code ec;
    const auto share = value.to_number<double>(ec);
    const bool is_share = share > 0 && share <= 1;
    if (ec || !is_share) {
        throw command_error("\"" + std::string(key) + "\" must be a number over 0 and at most 1");
    }
    return share;
}

double parse_deadline(const json::value& value) {
    json::error_code ec;
    const auto seconds = value.to_number<double>(ec);
    const bool is_sound =
        seconds >= plan::limits::shortest_deadline && seconds <= plan::limits::longest_deadline;
    if (ec || !is_sound) {
        throw command_error(fmt::format("\"deadline\" must be a number of seconds from {} to {:.0f}",
                                        plan::limits::shortest_deadline, plan::limits::longest_deadline));
    }
    return seconds;
}

void read_worker(master::command& into, const json::value& value) {
    if (const auto* const name = value.if_string()) {
        into.name = std::string(std::string_view(*name));
        if (!wire::problem_of_name(into.name).empty()) {
            throw command_error("\"worker\" must be the name or the number of a worker");
        }
        return;
    }
    json::error_code ec;
    into.worker = value.is_double() ? 0 : value.to_number<std::uint32_t>(ec);
    if (ec || into.worker == 0) {
        throw command_error("\"worker\" must be the name or the number of a worker");
    }
}

std::string parse_name(const json::value& value) {
    if (!value.is_string() || !store::is_model_name(std::string_view(value.get_string()))) {
        throw command_error(
            "\"name\" must be 1 to 64 letters, digits, '.', '_' or '-', and not begin with '.'");
    }
    return std::string(std::string_view(value.get_string()));
}

void read_key(master::command& into, std::string_view key, const json::value& value) {
    if (key == "rounds") {
        into.rounds = parse_rounds(value);
    } else if (key == "target_accuracy" && into.what == kind::change && value.is_null()) {
        into.no_target = true;
    } else if (key == "target_accuracy") {
        into.target_accuracy = parse_share(value, key);
    } else if (key == "fraction") {
        into.fraction = parse_share(value, key);
    } else if (key == "deadline") {
        into.deadline = parse_deadline(value);
    } else if (key == "now") {
        if (!value.is_bool()) {
            throw command_error("\"now\" must be true or false");
        }
        into.now = value.get_bool();
    } else if (key == "worker") {
        read_worker(into, value);
    } else if (key == "plan") {
        if (!value.is_string()) {
            throw command_error("\"plan\" must be a string, the text of a plan");
        }
        into.plan = std::string(std::string_view(value.get_string()));
    } else {
        into.name = parse_name(value);
    }
}

} // namespace

master::command parse_command(std::string_view body) {
    const auto value = parse(body);
    const auto* const object = value.if_object();
    if (object == nullptr) {
        throw command_error(R"(the body must be an object, for example {"command": "pause"})");
    }
    master::command result;
    result.what = parse_kind(*object);
    const auto [keys, needed, example] = form_of(result.what);
    for (const auto& member : *object) {
        const std::string_view key = member.key();
        if (std::ranges::find(keys, key) != keys.end()) {
            read_key(result, key, member.value());
        } else if (key != "command") {
            throw command_error("\"" + std::string(to_string(result.what)) + "\" does not know the key " +
                                text::canonical_text(json::value(json_text(key))) +
                                (keys.empty() ? "; it knows no others" : "; it knows " + list_of(keys)));
        }
    }
    if (!needed.empty() && !object->contains(needed)) {
        throw command_error("\"" + std::string(needed) + "\" is missing; send for example {\"command\": \"" +
                            std::string(to_string(result.what)) + "\", \"" + std::string(needed) +
                            "\": " + std::string(example) + "}");
    }
    return result;
}

std::string command_text(const master::command& what) {
    json::object body;
    body["command"] = to_string(what.what);
    if (what.rounds) {
        body["rounds"] = *what.rounds;
    }
    if (what.target_accuracy) {
        body["target_accuracy"] = *what.target_accuracy;
    } else if (what.no_target) {
        body["target_accuracy"] = nullptr;
    }
    if (what.deadline) {
        body["deadline"] = *what.deadline;
    }
    if (what.fraction) {
        body["fraction"] = *what.fraction;
    }
    if (what.now) {
        body["now"] = true;
    }
    if (what.worker != 0) {
        body["worker"] = what.worker;
    }
    if (what.what == kind::start) {
        body["plan"] = json_text(what.plan);
    }
    if (!what.name.empty()) {
        body[what.what == kind::evict ? "worker" : "name"] = json_text(what.name);
    }
    return text::canonical_text(body);
}

} // namespace fedasio::dashboard
