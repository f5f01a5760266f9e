#include <fedasio/master/report.hpp>
#include <fedasio/master/run_record.hpp>
#include <fedasio/plan/arrays_json.hpp>
#include <fedasio/plan/schema_json.hpp>
#include <fedasio/text/json_text.hpp>

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <utility>

namespace fedasio::master {
namespace {

// Owners and a schema of any size that messages allow, and what older versions put beside them.
constexpr std::size_t most_text = std::size_t{64} << 20;

boost::json::value number_or_null(const std::optional<double>& number) {
    return number ? boost::json::value(*number) : boost::json::value(nullptr);
}

std::optional<double> read_number(const boost::json::value& value) {
    return value.is_null() ? std::nullopt : std::optional(value.to_number<double>());
}

boost::json::object to_json(const terms& planned) {
    return {{"rounds", planned.last_round},
            {"target_accuracy", number_or_null(planned.target_accuracy)},
            {"deadline", planned.deadline}};
}

terms read_planned(const boost::json::object& json) {
    terms planned;
    planned.last_round = json.at("rounds").to_number<std::uint32_t>();
    planned.target_accuracy = read_number(json.at("target_accuracy"));
    planned.deadline = json.at("deadline").to_number<double>();
    return planned;
}

boost::json::object to_json(const changed_terms& terms) {
    boost::json::object json;
    if (terms.rounds) {
        json["rounds"] = *terms.rounds;
    }
    if (terms.target_changed) {
        json["target_accuracy"] = number_or_null(terms.target_accuracy);
    }
    if (terms.deadline) {
        json["deadline"] = *terms.deadline;
    }
    if (terms.fraction) {
        json["fraction"] = *terms.fraction;
    }
    return json;
}

changed_terms read_changed(const boost::json::object& json) {
    changed_terms terms;
    if (const auto* const rounds = json.if_contains("rounds")) {
        terms.rounds = rounds->to_number<std::uint32_t>();
    }
    if (const auto* const target = json.if_contains("target_accuracy")) {
        terms.target_changed = true;
        terms.target_accuracy = read_number(*target);
    }
    if (const auto* const deadline = json.if_contains("deadline")) {
        terms.deadline = deadline->to_number<double>();
    }
    if (const auto* const fraction = json.if_contains("fraction")) {
        terms.fraction = fraction->to_number<double>();
    }
    return terms;
}

boost::json::value to_json(const std::optional<ordered_terms>& order) {
    if (!order) {
        return nullptr;
    }
    return {{"last_round", order->last_round},
            {"target_accuracy", number_or_null(order->target_accuracy)},
            {"after", order->after}};
}

/// An order of an older version does not say after which round it was given.
ordered_terms read_order(const boost::json::object& json) {
    ordered_terms order;
    order.last_round = json.at("last_round").to_number<std::uint32_t>();
    order.target_accuracy = read_number(json.at("target_accuracy"));
    if (const auto* const after = json.if_contains("after")) {
        order.after = after->to_number<std::uint32_t>();
    }
    return order;
}

store::journal_place read_place(const boost::json::object& json) {
    store::journal_place place;
    place.lines = json.at("lines").to_number<std::uint64_t>();
    place.bytes = json.at("bytes").to_number<std::uint64_t>();
    place.chain = json.at("chain").as_string();
    return place;
}

void read_lines(kept_run& into, const std::filesystem::path& file, const store::journal_place& place) {
    auto& resumed = into.resumed;
    text::json_limits limits;
    limits.bytes = most_text;
    // A change is told with the round that it is made for, which may be the next one.
    const auto take = [&](std::string_view line) {
        const auto one = text::parse_json(line, limits);
        if (const auto* const found = one.as_object().if_contains("change")) {
            auto change = read_change(found->as_object());
            if (change.round > resumed.round + 1) {
                return false;
            }
            resumed.changes.push_back(std::move(change));
            return true;
        }
        auto result = read_round(one.as_object());
        if (result.round > resumed.round) {
            return false;
        }
        resumed.rounds.push_back(std::move(result));
        return true;
    };
    auto content = store::read_journal(file, resumed.run, place, take);
    into.record = run_record(resumed.run, store::journal(std::move(content.end)));
    into.problem = std::move(content.problem);
}

} // namespace

void run_record::add(const round_result& result) {
    journal.add(text::canonical_text(to_json(result)));
}

void run_record::add(const plan_changed& change) {
    journal.add(text::canonical_text(boost::json::object{{"change", to_json(change)}}));
}

std::string run_record::text() const {
    boost::json::object clients;
    for (const auto& [name, client] : owners) {
        clients[name] = client;
    }
    const auto& end = journal.end();
    boost::json::object content{
        {"run", run_},
        {"journal", {{"lines", end.lines}, {"bytes", end.bytes}, {"chain", end.chain}}},
        {"owners", std::move(clients)},
        {"schema", schema ? boost::json::value(plan::to_json(*schema)) : boost::json::value(nullptr)},
        {"tested", master::to_json(tested)},
        {"planned", to_json(asked.planned)},
        {"changed", to_json(asked.changed)},
        {"ordered", to_json(asked.ordered)}};
    if (!states.empty()) {
        boost::json::array rounds;
        for (const auto& [client, round] : states) {
            rounds.emplace_back(boost::json::array{client, round});
        }
        content["states"] = std::move(rounds);
    }
    if (arrays) {
        content["arrays"] = plan::to_json(*arrays);
    }
    if (untested) {
        content["untested"] = to_json(*untested);
    }
    return text::canonical_text(content);
}

kept_run read_run_record(std::string_view text, std::uint32_t round,
                         const std::function<std::filesystem::path(const std::string& run)>& find_journal) {
    text::json_limits limits;
    limits.bytes = most_text;
    const auto said = text::parse_json(text, limits);
    kept_run result;
    auto& resumed = result.resumed;
    resumed.run = said.at("run").as_string();
    const auto* const untested = said.as_object().if_contains("untested");
    resumed.round = untested != nullptr ? round - 1 : round;
    if (const auto* const place = said.as_object().if_contains("journal")) {
        read_lines(result, find_journal(resumed.run), read_place(place->as_object()));
    } else {
        result.record = run_record(resumed.run);
        for (const auto& one : said.at("rounds").as_array()) {
            resumed.rounds.push_back(read_round(one.as_object()));
            result.record.add(resumed.rounds.back());
        }
    }
    for (const auto& owner : said.at("owners").as_object()) {
        result.record.owners[std::string(owner.key())] = owner.value().to_number<client_id>();
    }
    if (const auto* const states = said.as_object().if_contains("states")) {
        for (const auto& one : states->as_array()) {
            result.record.states[one.at(0).to_number<client_id>()] = one.at(1).to_number<std::uint32_t>();
        }
    }
    if (const auto* const schema = said.at("schema").if_object()) {
        result.record.schema = plan::read_schema(*schema);
    }
    if (const auto* const arrays = said.as_object().if_contains("arrays")) {
        result.record.arrays = plan::arrays_from_json(*arrays);
    }
    // A checkpoint from before plans could be changed has none of these.
    if (said.as_object().contains("changed")) {
        result.record.asked.planned = read_planned(said.at("planned").as_object());
        result.record.asked.changed = read_changed(said.at("changed").as_object());
    }
    if (untested != nullptr) {
        result.record.untested = read_round(untested->as_object());
    }
    const auto* const ordered = said.as_object().if_contains("ordered");
    if (ordered != nullptr && ordered->is_object()) {
        result.record.asked.ordered = read_order(ordered->as_object());
    }
    if (const auto* const tested = said.as_object().if_contains("tested")) {
        for (const auto& client : tested->as_array()) {
            result.record.tested.clients.push_back(read_client_test(client.as_object()));
            result.record.tested.round = client.at("round").to_number<std::uint32_t>();
        }
    }
    if (const auto* const changes = said.as_object().if_contains("changes")) {
        for (const auto& change : changes->as_array()) {
            resumed.changes.push_back(read_change(change.as_object()));
            result.record.add(resumed.changes.back());
        }
    }
    return result;
}

} // namespace fedasio::master
