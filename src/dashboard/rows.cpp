#include <fedasio/dashboard/rows.hpp>
#include <fedasio/master/report.hpp>

#include <boost/json/array.hpp>

#include "json_scalar.hpp"
#include <string>

namespace fedasio::dashboard {

namespace json = boost::json;

worker_row joined_worker(const master::worker_joined& who, double time) {
    worker_row row;
    row.worker = who.worker;
    row.name = who.name;
    row.address = who.address;
    row.joined = time;
    row.threads = who.threads;
    row.capacity = who.capacity;
    row.version = who.version;
    row.instruction_set = who.instruction_set;
    return row;
}

json::object worker_json(const worker_row& row) {
    json::object result;
    result["worker"] = row.worker;
    result["name"] = json_text(row.name);
    result["address"] = json_text(row.address);
    result["state"] = to_string(row.state);
    result["joined"] = json_number(row.joined);
    result["threads"] = row.threads;
    result["capacity"] = row.capacity;
    result["version"] = json_text(row.version);
    result["instruction_set"] = json_text(row.instruction_set);
    result["clients"] = json::array(row.clients.begin(), row.clients.end());
    result["samples"] = row.samples;
    result["cpu_percent"] = json_number(row.cpu_percent);
    result["memory_bytes"] = json_number(row.memory_bytes);
    result["round_trip_ms"] = json_number(row.round_trip_ms);
    result["bytes_sent"] = row.bytes_sent;
    result["bytes_received"] = row.bytes_received;
    result["queued_bytes"] = row.queued_bytes;
    result["round"] = json_number(row.round);
    result["loss"] = json_number(row.loss);
    result["accuracy"] = json_number(row.accuracy);
    result["seconds"] = json_number(row.seconds);
    result["standing"] = to_string(row.standing);
    result["reason"] = json_text(row.reason);
    return result;
}

json::object client_json(const client_row& row) {
    json::object result;
    result["client"] = row.client;
    result["worker"] = json_number(row.worker);
    result["samples"] = row.samples;
    result["round"] = json_number(row.round);
    result["loss"] = json_number(row.loss);
    result["accuracy"] = json_number(row.accuracy);
    result["seconds"] = json_number(row.seconds);
    result["reason"] = json_text(row.reason);
    result["labels"] = labels_json(row.labels);
    result["distance"] = json_number(row.distance);
    result["cosine"] = json_number(row.cosine);
    result["test_round"] = json_number(row.test_round);
    for (const auto& member : master::to_json(row.test)) {
        if (member.key() != "client") {
            result["test_" + std::string(member.key())] = member.value();
        }
    }
    return result;
}

json::value labels_json(const std::vector<std::uint64_t>& labels) {
    return labels.empty() ? json::value(nullptr) : json::value(json::array(labels.begin(), labels.end()));
}

} // namespace fedasio::dashboard
