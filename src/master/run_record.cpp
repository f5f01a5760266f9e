#include <fedasio/federation/json_text.hpp>
#include <fedasio/federation/messages.hpp>
#include <fedasio/master/report.hpp>
#include <fedasio/master/run_record.hpp>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <utility>

namespace fedasio::master {
namespace {

// Rounds, and owners and a schema of any size that messages allow.
constexpr std::size_t most_text = std::size_t{64} << 20;

boost::json::value number_or_null(const std::optional<double>& number) {
    return number ? boost::json::value(*number) : boost::json::value(nullptr);
}

std::optional<double> read_number(const boost::json::value& value) {
    return value.is_null() ? std::nullopt : std::optional(value.to_number<double>());
}

boost::json::object to_json(const planned_terms& terms) {
    return {{"rounds", terms.rounds},
            {"target_accuracy", number_or_null(terms.target_accuracy)},
            {"deadline", terms.deadline}};
}

planned_terms read_planned(const boost::json::object& json) {
    planned_terms terms;
    terms.rounds = json.at("rounds").to_number<std::uint32_t>();
    terms.target_accuracy = read_number(json.at("target_accuracy"));
    terms.deadline = json.at("deadline").to_number<double>();
    return terms;
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

} // namespace

void run_record::add(const round_result& result) {
    rounds_.push_back(federation::canonical_text(to_json(result)));
    bytes_ += rounds_.back().size();
    while (bytes_ > most_bytes && rounds_.size() > 1) {
        bytes_ -= rounds_.front().size();
        rounds_.pop_front();
    }
}

std::string run_record::text() const {
    std::string text = R"({"run":")" + run_ + R"(","rounds":[)";
    text.reserve(text.size() + bytes_ + rounds_.size() + 2);
    for (const auto& round : rounds_) {
        text += text.ends_with('[') ? "" : ",";
        text += round;
    }
    boost::json::object clients;
    for (const auto& [name, client] : owners) {
        clients[name] = client;
    }
    text += R"(],"owners":)" + federation::canonical_text(clients);
    text += R"(,"schema":)" + (schema ? federation::canonical_text(federation::to_json(*schema)) : "null");
    boost::json::array all_changes;
    for (const auto& change : changes) {
        all_changes.emplace_back(master::to_json(change));
    }
    text += R"(,"changes":)" + federation::canonical_text(all_changes);
    text += R"(,"planned":)" + federation::canonical_text(to_json(planned));
    text += R"(,"changed":)" + federation::canonical_text(to_json(changed));
    return text + "}";
}

kept_run read_run_record(std::string_view text, std::uint32_t round) {
    federation::json_limits limits;
    limits.bytes = most_text;
    const auto said = federation::parse_json(text, limits);
    kept_run result;
    result.resumed.run = said.at("run").as_string();
    result.resumed.round = round;
    result.record = run_record(result.resumed.run);
    for (const auto& one : said.at("rounds").as_array()) {
        result.resumed.rounds.push_back(read_round(one.as_object()));
        result.record.add(result.resumed.rounds.back());
    }
    for (const auto& owner : said.at("owners").as_object()) {
        result.record.owners[std::string(owner.key())] = owner.value().to_number<client_id>();
    }
    if (const auto* const schema = said.at("schema").if_object()) {
        result.record.schema = federation::read_schema(*schema);
    }
    // A checkpoint from before plans could be changed has none of these.
    if (said.as_object().contains("changed")) {
        for (const auto& change : said.at("changes").as_array()) {
            result.record.changes.push_back(read_change(change.as_object()));
        }
        result.record.planned = read_planned(said.at("planned").as_object());
        result.record.changed = read_changed(said.at("changed").as_object());
    }
    return result;
}

} // namespace fedasio::master
