#include <fedasio/dashboard/command_json.hpp>
#include <fedasio/federation/json_text.hpp>
#include <fedasio/federation/model_store.hpp>

#include <boost/json/value.hpp>

#include "json_scalar.hpp"
#include <algorithm>
#include <array>

namespace fedasio::dashboard {
namespace {

namespace json = boost::json;
using kind = master::command::kind;

constexpr std::array kinds{kind::train, kind::pause, kind::resume, kind::stop, kind::save, kind::load};

json::value parse(std::string_view body) {
    try {
        return federation::parse_json(body, {.bytes = std::size_t{64} << 10, .depth = 8, .comments = false});
    } catch (const federation::json_error& problem) {
        throw command_error(std::string("the body is not JSON: ") + problem.what());
    }
}

kind parse_kind(const json::object& object) {
    const auto* const value = object.if_contains("command");
    if (value == nullptr || !value->is_string()) {
        throw command_error(R"("command" is missing; send for example {"command": "pause"})");
    }
    const std::string_view name = value->get_string();
    const auto* const found = std::ranges::find_if(kinds, [&](kind what) { return to_string(what) == name; });
    if (found == kinds.end()) {
        throw command_error("there is no such command; there are train, pause, resume, stop, save, load");
    }
    return *found;
}

std::uint32_t parse_rounds(const json::value& value) {
    json::error_code ec;
    const auto rounds = value.is_double() ? 0 : value.to_number<std::uint32_t>(ec);
    if (ec || rounds < 1 || rounds > most_rounds) {
        throw command_error("\"rounds\" must be a whole number from 1 to 1000000");
    }
    return rounds;
}

double parse_target(const json::value& value) {
    json::error_code ec;
    const auto target = value.to_number<double>(ec);
    const bool is_share = target > 0 && target <= 1;
    if (ec || !is_share) {
        throw command_error("\"target_accuracy\" must be a number over 0 and at most 1");
    }
    return target;
}

std::string parse_name(const json::value& value) {
    if (!value.is_string() || !federation::is_model_name(std::string_view(value.get_string()))) {
        throw command_error(
            "\"name\" must be 1 to 64 letters, digits, '.', '_' or '-', and not begin with '.'");
    }
    return std::string(std::string_view(value.get_string()));
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
    const bool trains = result.what == kind::train;
    const bool needs_name = result.what == kind::save || result.what == kind::load;
    for (const auto& member : *object) {
        const std::string_view key = member.key();
        if (key == "rounds" && trains) {
            result.rounds = parse_rounds(member.value());
        } else if (key == "target_accuracy" && trains) {
            result.target_accuracy = parse_target(member.value());
        } else if (key == "name" && needs_name) {
            result.name = parse_name(member.value());
        } else if (key != "command") {
            throw command_error("\"" + std::string(to_string(result.what)) + "\" does not know the key " +
                                federation::canonical_text(json::value(json_text(key))) +
                                (trains       ? "; it knows rounds and target_accuracy"
                                 : needs_name ? "; it knows name"
                                              : "; it knows no others"));
        }
    }
    if (needs_name && result.name.empty()) {
        throw command_error("\"name\" is missing; send for example {\"command\": \"" +
                            std::string(to_string(result.what)) + "\", \"name\": \"best\"}");
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
    }
    if (!what.name.empty()) {
        body["name"] = json_text(what.name);
    }
    return federation::canonical_text(body);
}

} // namespace fedasio::dashboard
