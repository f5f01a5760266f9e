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
    return result;
}

} // namespace fedasio::master
