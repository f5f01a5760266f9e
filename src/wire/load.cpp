#include <fedasio/plan/limits.hpp>
#include <fedasio/plan/schema_json.hpp>
#include <fedasio/plan/spec_json.hpp>
#include <fedasio/text/json_reader.hpp>
#include <fedasio/wire/load.hpp>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include "wire/numbers.hpp"
#include <utility>

namespace fedasio::wire {

using boost::json::array;
using boost::json::object;
using reader = text::json_reader;

object to_meta(const load& what) {
    array clients;
    for (const auto client : what.clients) {
        clients.emplace_back(client);
    }
    object meta{{"seed", what.seed},
                {"source", plan::to_json(what.source)},
                {"partition", plan::to_json(what.partition)},
                {"holdout", what.holdout},
                {"clients_total", what.clients_total},
                {"clients", std::move(clients)}};
    if (what.schema) {
        meta["schema"] = plan::to_json(*what.schema);
    }
    if (what.label_counts) {
        meta["label_counts"] = true;
    }
    return meta;
}

load read_load(const object& meta) {
    const reader in(meta, "load");
    load what;
    what.seed = in.number("seed");
    what.source = plan::source_from_json(in.get("source").value(), "load.source");
    what.partition = plan::partition_from_json(in.get("partition").value(), "load.partition");
    if (const auto schema = in.find("schema")) {
        what.schema = plan::read_schema(text::as_object(*schema), schema->where());
    }
    what.holdout = in.real("holdout", text::interval{0, 1, false, true});
    what.clients_total = in.get("clients_total").whole32(1, plan::limits::clients);
    for (const auto& item : in.get("clients").items(0, plan::limits::clients)) {
        what.clients.push_back(item.whole32(0, what.clients_total - 1));
    }
    what.label_counts = in.find("label_counts") && in.get("label_counts").boolean();
    return what;
}

object to_meta(const loaded& what) {
    array clients;
    for (const auto& entry : what.clients) {
        object counts{{"client", entry.client}, {"samples", entry.samples}, {"held_out", entry.held_out}};
        if (!entry.labels.empty()) {
            counts["labels"] = array(entry.labels.begin(), entry.labels.end());
        }
        clients.emplace_back(std::move(counts));
    }
    object meta{{"clients", std::move(clients)}};
    if (!what.digest.empty()) {
        meta["digest"] = what.digest;
    }
    if (what.left_out != 0) {
        meta["left_out"] = what.left_out;
    }
    return meta;
}

loaded read_loaded(const object& meta) {
    const reader in(meta, "loaded");
    loaded what;
    what.left_out = in.find("left_out") ? in.number("left_out", plan::limits::samples) : 0;
    for (const auto& item : in.get("clients").items(0, plan::limits::clients)) {
        const reader entry(text::as_object(item), item.where());
        loaded::client_data client;
        client.client = entry.number32("client");
        client.samples = entry.number("samples", plan::limits::samples);
        client.held_out = entry.find("held_out") ? entry.number("held_out", plan::limits::samples) : 0;
        client.labels = read_counts(entry.find("labels"), plan::limits::shown_classes);
        what.clients.push_back(std::move(client));
    }
    what.digest = in.text_or_empty("digest", plan::limits::digest);
    return what;
}

} // namespace fedasio::wire
